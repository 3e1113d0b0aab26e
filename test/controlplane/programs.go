// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"context"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"k8s.io/client-go/rest"
)

// Programs end in the reverse of the order in which they start.
const (
	etcdOrder = iota
	kubeAPIServerOrder
	controllerManagerOrder
	spacesOrder
)

// The control plane's own programs are not worth waiting for: what they would finish, nobody reads any more.
const controlPlaneGrace = 3 * time.Second

func (c *ControlPlane) etcdCommand() (command, error) {
	ca, server, client := c.credentials.files("etcd-ca"), c.credentials.files(etcdProgram), c.credentials.files("etcd-client")
	url, peer := "https://"+address(c.ports.base+etcdPort), "https://"+address(c.ports.base+etcdPeerPort)
	ready, err := probe(url+"/health", rest.TLSClientConfig{
		CAFile: ca.Certificate, CertFile: client.Certificate, KeyFile: client.Key,
	})
	return c.command(etcdProgram, etcdOrder, ready, []int{etcdPort, etcdPeerPort},
		"--name=local",
		"--data-dir="+filepath.Join(c.dir, "etcd"),
		"--unsafe-no-fsync",
		"--log-level=warn",
		"--listen-client-urls="+url,
		"--advertise-client-urls="+url,
		"--listen-peer-urls="+peer,
		"--initial-advertise-peer-urls="+peer,
		"--initial-cluster=local="+peer,
		"--client-cert-auth",
		"--trusted-ca-file="+ca.Certificate,
		"--cert-file="+server.Certificate,
		"--key-file="+server.Key,
		"--peer-client-cert-auth",
		"--peer-trusted-ca-file="+ca.Certificate,
		"--peer-cert-file="+server.Certificate,
		"--peer-key-file="+server.Key,
	), err
}

func (c *ControlPlane) kubeAPIServerCommand() (command, error) {
	ready, err := probe(c.url()+"/readyz", c.AdminConfig().TLSClientConfig)
	args := slices.Concat(c.kubeAPIServerServing(), c.kubeAPIServerTrust(), c.kubeAPIServerArgs)
	program := c.command(kubeAPIServerProgram, kubeAPIServerOrder, ready, []int{kubeAPIServerPort}, args...)
	program.env = c.kubeAPIServerEnv
	return program, err
}

func (c *ControlPlane) kubeAPIServerServing() []string {
	etcd, server := c.credentials.files("etcd-client"), c.credentials.files(kubeAPIServerProgram)
	return []string{
		"--bind-address=" + loopback,
		"--secure-port=" + strconv.Itoa(c.ports.base+kubeAPIServerPort),
		"--advertise-address=" + loopback,
		// Nobody here reaches the API server through the Service, which may not have a loopback address.
		"--endpoint-reconciler-type=none",
		"--service-cluster-ip-range=10.0.0.0/24",
		"--allow-privileged",
		"--tls-cert-file=" + server.Certificate,
		"--tls-private-key-file=" + server.Key,
		"--etcd-servers=https://" + address(c.ports.base+etcdPort),
		"--etcd-cafile=" + c.credentials.files("etcd-ca").Certificate,
		"--etcd-certfile=" + etcd.Certificate,
		"--etcd-keyfile=" + etcd.Key,
	}
}

func (c *ControlPlane) kubeAPIServerTrust() []string {
	proxy := c.credentials.files(frontProxyName)
	return []string{
		"--authorization-mode=Node,RBAC",
		"--client-ca-file=" + c.credentials.files("cluster-ca").Certificate,
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + c.credentials.serviceAccountKey(),
		"--service-account-signing-key-file=" + c.credentials.serviceAccountKey(),
		"--requestheader-client-ca-file=" + c.credentials.files("front-proxy-ca").Certificate,
		"--requestheader-allowed-names=" + frontProxyName,
		"--requestheader-username-headers=X-Remote-User",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + proxy.Certificate,
		"--proxy-client-key-file=" + proxy.Key,
		"--enable-aggregator-routing=false",
	}
}

func (c *ControlPlane) controllerManagerCommand() (command, error) {
	ca, server := c.credentials.files("cluster-ca"), c.credentials.files(controllerManagerProgram)
	kubeconfig := kubeconfigFile(c.dir, controllerManagerUser)
	url := "https://" + address(c.ports.base+controllerManagerPort) + "/healthz"
	ready, err := probe(url, rest.TLSClientConfig{CAFile: ca.Certificate})
	return c.command(controllerManagerProgram, controllerManagerOrder, ready, []int{controllerManagerPort},
		"--bind-address="+loopback,
		"--secure-port="+strconv.Itoa(c.ports.base+controllerManagerPort),
		"--tls-cert-file="+server.Certificate,
		"--tls-private-key-file="+server.Key,
		"--kubeconfig="+kubeconfig,
		"--authentication-kubeconfig="+kubeconfig,
		"--authorization-kubeconfig="+kubeconfig,
		"--leader-elect=false",
		"--use-service-account-credentials",
		"--root-ca-file="+ca.Certificate,
		"--service-account-private-key-file="+c.credentials.serviceAccountKey(),
		// At this level it says when its garbage collector and its quota controller take up our kinds.
		"-v=2",
	), err
}

// command takes ports as places in the block.
func (c *ControlPlane) command(name string, order int, ready func(context.Context) error, ports []int, args ...string) command {
	result := command{
		name:    name,
		program: filepath.Join(c.binaries, name),
		args:    args,
		order:   order,
		grace:   controlPlaneGrace,
		ready:   ready,
	}
	for _, port := range ports {
		result.ports = append(result.ports, c.ports.base+port)
	}
	return result
}
