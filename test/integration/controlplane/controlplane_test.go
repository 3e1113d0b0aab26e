// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package controlplane tests the control plane that other tests rely on.
package controlplane

import (
	"context"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"tenancy.example.io/spaces/test/controlplane"
)

// start returns a control plane that the test stops, or its end.
func start(t *testing.T, dir string) *controlplane.ControlPlane {
	t.Helper()
	c, err := controlplane.Start(t.Context(), controlplane.Options{Dir: dir, Out: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, c) })
	return c
}

func stop(t *testing.T, c *controlplane.ControlPlane) {
	t.Helper()
	if err := c.Stop(); err != nil {
		t.Error(err)
	}
}

func clientset(t *testing.T, config *rest.Config) *kubernetes.Clientset {
	t.Helper()
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// discover asks for our API.
func discover(ctx context.Context, t *testing.T, config *rest.Config) error {
	t.Helper()
	_, err := clientset(t, config).Discovery().ServerResourcesForGroupVersionWithContext(ctx, "spaces.tenancy.example.io/v1alpha1")
	return err
}

func mustDiscover(t *testing.T, config *rest.Config) {
	t.Helper()
	if err := discover(t.Context(), t, config); err != nil {
		t.Error(err)
	}
}

func TestStateOutlivesTheControlPlane(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), t.TempDir()
	first := start(t, dir)
	namespaces := clientset(t, first.AdminConfig()).CoreV1().Namespaces()
	kept := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "kept"}}
	if _, err := namespaces.Create(ctx, kept, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	stop(t, first)
	second := start(t, dir)
	namespaces = clientset(t, second.AdminConfig()).CoreV1().Namespaces()
	if _, err := namespaces.Get(ctx, "kept", metav1.GetOptions{}); err != nil {
		t.Errorf("After a restart: %v", err)
	}
}

func TestUsersAreWhoTheyAre(t *testing.T) {
	t.Parallel()
	ctx, c := t.Context(), start(t, "")
	stranger, err := c.UserConfig("carol", "guests")
	if err != nil {
		t.Fatal(err)
	}
	_, err = clientset(t, stranger).CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
	if !apierrors.IsForbidden(err) {
		t.Errorf("Carol's list of namespaces ended with %v, want Forbidden", err)
	}
	if _, err = clientset(t, c.AdminConfig()).CoreV1().Namespaces().List(ctx, metav1.ListOptions{}); err != nil {
		t.Error(err)
	}
}

func TestReplicasAndRestarts(t *testing.T) {
	t.Parallel()
	ctx, c := t.Context(), start(t, "")
	bin, err := controlplane.BuildProduct(ctx, t.Output(), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.InstallSpaces(ctx); err != nil {
		t.Fatal(err)
	}
	var servers []*controlplane.Process
	for range 2 {
		server, err := c.StartSpaces(ctx, filepath.Join(bin, "spaces-apiserver"))
		if err != nil {
			t.Fatal(err)
		}
		mustDiscover(t, c.DirectConfig(c.AdminConfig(), server))
		servers = append(servers, server)
	}
	mustDiscover(t, c.AdminConfig())

	if err := servers[0].Stop(); err != nil {
		t.Fatal(err)
	}
	if err := c.RegisterSpaces(ctx, servers[1]); err != nil {
		t.Fatal(err)
	}
	mustDiscover(t, c.AdminConfig())

	for _, p := range []*controlplane.Process{servers[1], c.KubeAPIServer(), c.ControllerManager(), c.Etcd()} {
		if err := p.Restart(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.AwaitAvailable(ctx); err != nil {
		t.Error(err)
	}
}
