// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"cmp"
	"context"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/provisioning"
	"tenancy.example.io/spaces/pkg/registry/space"
)

// issuer makes kubeconfigs from tokens. It is safe for concurrent use.
type issuer struct {
	accounts    coreclient.ServiceAccountsGetter
	provisioner *provisioning.Provisioner
	// server is the URL of the kube-apiserver for who names no other, and ca what it is trusted by, in PEM.
	server string
	ca     []byte
}

var _ space.Issuer = issuer{}

// newIssuer returns an issuer for the kube-apiserver that the configuration reaches, whose URL may be another one outside.
func newIssuer(accounts coreclient.ServiceAccountsGetter, provisioner *provisioning.Provisioner, config *rest.Config, server string) (issuer, error) {
	config = rest.CopyConfig(config)
	if err := rest.LoadTLSFiles(config); err != nil {
		return issuer{}, fmt.Errorf("read the CA of the kube-apiserver: %w", err)
	}
	return issuer{accounts: accounts, provisioner: provisioner, server: cmp.Or(server, config.Host), ca: config.CAData}, nil
}

// Kubeconfig implements space.Issuer.
func (i issuer) Kubeconfig(ctx context.Context, space *spacesapi.Space, server string, seconds int64) (string, metav1.Time, error) {
	if err := i.provisioner.EnsureKubeconfig(ctx, space); err != nil {
		return "", metav1.Time{}, err
	}
	namespace := space.Name
	token, err := i.accounts.ServiceAccounts(namespace).CreateToken(ctx, spacesapi.KubeconfigServiceAccount,
		&authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}, metav1.CreateOptions{})
	if err != nil {
		return "", metav1.Time{}, fmt.Errorf("get a token for Space %q: %w", namespace, err)
	}
	config := clientcmdapi.NewConfig()
	config.Clusters[namespace] = &clientcmdapi.Cluster{Server: cmp.Or(server, i.server), CertificateAuthorityData: i.ca}
	config.AuthInfos[namespace] = &clientcmdapi.AuthInfo{Token: token.Status.Token}
	config.Contexts[namespace] = &clientcmdapi.Context{Cluster: namespace, AuthInfo: namespace, Namespace: namespace}
	config.CurrentContext = namespace
	file, err := clientcmd.Write(*config)
	if err != nil {
		return "", metav1.Time{}, fmt.Errorf("write a kubeconfig: %w", err)
	}
	return string(file), token.Status.ExpirationTimestamp, nil
}
