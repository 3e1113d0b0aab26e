// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"fmt"
	"path/filepath"

	"tenancy.example.io/spaces/test/controlplane/certificates"
)

const (
	certificateDirectory = "certificates"

	serviceNamespace = "spaces-system"
	serviceName      = "spaces-apiserver"

	frontProxyName = "front-proxy-client"
)

// The users that have a kubeconfig in the state directory.
const (
	// Admin may do everything.
	Admin = "admin"
	// Alice is in the group devs.
	Alice = "alice"
	// Bob is in the group ops.
	Bob = "bob"
	// Eve is in no group.
	Eve = "eve"

	controllerManagerUser = "kube-controller-manager"
	spacesUser            = "spaces-apiserver"
)

// clients are the identities behind the kubeconfigs. Our server's is that of its ServiceAccount in a cluster, so that
// it runs here with exactly the permissions that its manifests give it.
var clients = map[string]certificates.Request{
	Admin:                 {CommonName: "admin", Organizations: []string{"system:masters"}},
	Alice:                 {CommonName: "alice", Organizations: []string{"devs"}},
	Bob:                   {CommonName: "bob", Organizations: []string{"ops"}},
	Eve:                   {CommonName: "eve"},
	controllerManagerUser: {CommonName: "system:kube-controller-manager"},
	spacesUser: {
		CommonName:    "system:serviceaccount:" + serviceNamespace + ":" + serviceName,
		Organizations: []string{"system:serviceaccounts", "system:serviceaccounts:" + serviceNamespace},
	},
}

// authorities are independent of each other, so that no certificate opens a door it was not made for.
type authorities struct {
	cluster, frontProxy, etcd, spaces *certificates.Authority
}

// credentials are all certificates and keys of one control plane.
type credentials struct {
	dir string
	authorities
	clients map[string]certificates.Pair
}

// ensureCredentials makes what is missing in dir.
func ensureCredentials(dir string) (*credentials, error) {
	c := &credentials{dir: filepath.Join(dir, certificateDirectory), clients: map[string]certificates.Pair{}}
	if err := c.ensureAuthorities(); err != nil {
		return nil, fmt.Errorf("making a certificate authority: %w", err)
	}
	if err := c.ensureServers(); err != nil {
		return nil, fmt.Errorf("making the certificates of servers: %w", err)
	}
	if err := c.ensureClients(); err != nil {
		return nil, fmt.Errorf("making the certificates of clients: %w", err)
	}
	return c, certificates.EnsureKey(c.serviceAccountKey())
}

func (c *credentials) ensureAuthorities() error {
	for name, authority := range map[string]**certificates.Authority{
		"cluster-ca":     &c.cluster,
		"front-proxy-ca": &c.frontProxy,
		"etcd-ca":        &c.etcd,
		"spaces-ca":      &c.spaces,
	} {
		var err error
		if *authority, err = certificates.EnsureAuthority(c.files(name), name); err != nil {
			return err
		}
	}
	return nil
}

func (c *credentials) ensureServers() error {
	local := []string{"localhost", loopback}
	for name, server := range map[string]struct {
		authority *certificates.Authority
		hosts     []string
	}{
		etcdProgram:              {c.etcd, local},
		controllerManagerProgram: {c.cluster, local},
		kubeAPIServerProgram: {c.cluster, append([]string{
			"kubernetes", "kubernetes.default", "kubernetes.default.svc", "10.0.0.1",
		}, local...)},
		serviceName: {c.spaces, append([]string{serviceName + "." + serviceNamespace + ".svc"}, local...)},
	} {
		request := certificates.Request{CommonName: name, Hosts: server.hosts}
		if _, err := server.authority.Ensure(c.files(name), request); err != nil {
			return err
		}
	}
	return nil
}

func (c *credentials) ensureClients() error {
	for name, request := range clients {
		pair, err := c.cluster.Ensure(c.files("client-"+name), request)
		if err != nil {
			return err
		}
		c.clients[name] = pair
	}
	if _, err := c.etcd.Ensure(c.files("etcd-client"), certificates.Request{CommonName: "etcd-client"}); err != nil {
		return err
	}
	_, err := c.frontProxy.Ensure(c.files(frontProxyName), certificates.Request{CommonName: frontProxyName})
	return err
}

func (c *credentials) files(name string) certificates.Files {
	return certificates.FilesIn(c.dir, name)
}

func (c *credentials) serviceAccountKey() string {
	return filepath.Join(c.dir, "service-account.key")
}
