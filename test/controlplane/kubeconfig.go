// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"fmt"
	"path/filepath"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"tenancy.example.io/spaces/test/controlplane/certificates"
)

// Kubeconfig is the path of the kubeconfig of Admin, Alice, Bob or Eve.
func (c *ControlPlane) Kubeconfig(user string) string {
	return kubeconfigFile(c.dir, user)
}

// AdminConfig is for a client that may do everything, as fast as it can.
func (c *ControlPlane) AdminConfig() *rest.Config {
	return c.config(c.credentials.clients[Admin])
}

// UserConfig is for a client that is any user in any groups. Each call makes a new certificate.
func (c *ControlPlane) UserConfig(name string, groups ...string) (*rest.Config, error) {
	pair, err := c.credentials.cluster.Issue(certificates.Request{CommonName: name, Organizations: groups})
	if err != nil {
		return nil, err
	}
	return c.config(pair), nil
}

func (c *ControlPlane) config(client certificates.Pair) *rest.Config {
	return &rest.Config{
		Host: c.url(),
		TLSClientConfig: rest.TLSClientConfig{
			CAData:   c.credentials.cluster.CertificatePEM(),
			CertData: client.Certificate,
			KeyData:  client.Key,
		},
		QPS: -1,
	}
}

func (c *ControlPlane) writeKubeconfigs() error {
	for user, pair := range c.credentials.clients {
		file := kubeconfigFile(c.dir, user)
		if err := clientcmd.WriteToFile(*c.kubeconfig(user, pair), file); err != nil {
			return fmt.Errorf("writing %s: %w", file, err)
		}
	}
	return nil
}

func (c *ControlPlane) kubeconfig(user string, pair certificates.Pair) *clientcmdapi.Config {
	const cluster = "spaces"
	config := clientcmdapi.NewConfig()
	config.Clusters[cluster] = &clientcmdapi.Cluster{
		Server:                   c.url(),
		CertificateAuthorityData: c.credentials.cluster.CertificatePEM(),
	}
	config.AuthInfos[user] = &clientcmdapi.AuthInfo{
		ClientCertificateData: pair.Certificate,
		ClientKeyData:         pair.Key,
	}
	config.Contexts[user] = &clientcmdapi.Context{Cluster: cluster, AuthInfo: user}
	config.CurrentContext = user
	return config
}

func (c *ControlPlane) url() string {
	return "https://" + address(c.ports.base+kubeAPIServerPort)
}

func kubeconfigFile(dir, user string) string {
	return filepath.Join(dir, user+".kubeconfig")
}
