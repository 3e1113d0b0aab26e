// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package cluster is a control plane with our server registered in it, for tests.
package cluster

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	spacesclient "tenancy.example.io/spaces/pkg/generated/clientset/versioned"
	"tenancy.example.io/spaces/test/controlplane"
)

// Cluster is a control plane, our server, and what builds them. Its methods are safe for concurrent use, but for those
// of ControlPlane.
type Cluster struct {
	*controlplane.ControlPlane
	// Server is the one that the APIService names.
	Server *controlplane.Process
	// Bin has our programs, and kubectl.
	Bin string
}

// Start starts a throwaway Cluster on free ports, of the version that KUBERNETES_VERSION in the environment names, or of
// the default one. Arguments are for our server. Stop ends it.
func Start(ctx context.Context, out io.Writer, args ...string) (*Cluster, error) {
	return StartWith(ctx, controlplane.Options{Out: out}, args...)
}

// StartWith is Start for a control plane with options of its own.
func StartWith(ctx context.Context, options controlplane.Options, args ...string) (*Cluster, error) {
	options.Version = cmp.Or(options.Version, os.Getenv("KUBERNETES_VERSION"))
	bin, err := controlplane.BuildProduct(ctx, options.Out, "")
	if err != nil {
		return nil, err
	}
	plane, err := controlplane.Start(ctx, options)
	if err != nil {
		return nil, err
	}
	c := &Cluster{ControlPlane: plane, Bin: bin}
	if err := c.startServer(ctx, args); err != nil {
		return nil, errors.Join(err, plane.Stop())
	}
	return c, nil
}

func (c *Cluster) startServer(ctx context.Context, args []string) (err error) {
	if err = c.InstallSpaces(ctx); err != nil {
		return err
	}
	if c.Server, err = c.StartSpaces(ctx, filepath.Join(c.Bin, "spaces-apiserver"), args...); err != nil {
		return err
	}
	return c.AwaitAvailable(ctx)
}

// Clients are what one user talks to the cluster by.
type Clients struct {
	Config *rest.Config
	Kube   kubernetes.Interface
	Spaces spacesclient.Interface
}

// As returns the Clients of a user with these groups, who authenticates by a certificate.
func (c *Cluster) As(tb testing.TB, name string, groups ...string) Clients {
	tb.Helper()
	config, err := c.UserConfig(name, groups...)
	if err != nil {
		tb.Fatal(err)
	}
	return ClientsFor(tb, config)
}

// Admin returns the Clients of the cluster's administrator.
func (c *Cluster) Admin(tb testing.TB) Clients {
	tb.Helper()
	return ClientsFor(tb, c.AdminConfig())
}

// ClientsFor returns Clients that ask as often as they like.
func ClientsFor(tb testing.TB, config *rest.Config) Clients {
	tb.Helper()
	config = rest.CopyConfig(config)
	config.QPS = -1
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		tb.Fatal(err)
	}
	spaces, err := spacesclient.NewForConfig(config)
	if err != nil {
		tb.Fatal(err)
	}
	return Clients{Config: config, Kube: kube, Spaces: spaces}
}

// Run runs kubectl as one of the users that have a kubeconfig, and returns what it wrote. Our plugins are in its PATH.
func (c *Cluster) Run(ctx context.Context, user string, args ...string) (stdout, stderr string, err error) {
	var out, errOut bytes.Buffer
	command := exec.CommandContext(ctx, c.Kubectl(), args...)
	command.Env = append(command.Environ(), "KUBECONFIG="+c.Kubeconfig(user), fmt.Sprintf("PATH=%s:/usr/bin:/bin", c.Bin))
	command.Stdout, command.Stderr = &out, &errOut
	err = command.Run()
	return out.String(), errOut.String(), err
}
