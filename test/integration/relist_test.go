// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

// Our server may miss that a namespace went and came again. What it remembers of the old one must not hold for the new.
func TestRelistFindsAnotherNamespaceOfTheName(t *testing.T) {
	t.Parallel()
	c := cluster.ForTest(t)
	admin, alice := c.Admin(t), c.As(t, "alice")
	const name = "again"
	createNamespace(t, admin, name, nil)
	bind(t, admin, name, "sight", clusterRole("view"), user("alice"))
	hold(t, admin, name)
	awaitSight(t, alice, name)
	namespaces := admin.Kube.CoreV1().Namespaces()
	check(t, namespaces.Delete(t.Context(), name, metav1.DeleteOptions{}))
	eventually(t, "our server knows", func(ctx context.Context) error {
		space, err := spacesOf(alice).Get(ctx, name, metav1.GetOptions{})
		if err == nil && space.Status.Phase != v1alpha1.SpaceTerminating {
			err = errors.New("it does not")
		}
		return err
	})

	check(t, c.Server.Signal(syscall.SIGSTOP))
	check(t, c.KubeAPIServer().Restart(t.Context()))
	namespace := must(namespaces.Get(t.Context(), name, metav1.GetOptions{}))(t)
	namespace.Spec.Finalizers = nil
	must(namespaces.Finalize(t.Context(), namespace, metav1.UpdateOptions{}))(t)
	awaitGone(t, admin, name)
	createNamespace(t, admin, name, nil)
	check(t, c.KubeAPIServer().Restart(t.Context()))
	check(t, c.Server.Signal(syscall.SIGCONT))

	eventually(t, "our server knows the new one", func(ctx context.Context) error {
		space, err := spacesOf(admin).Get(ctx, name, metav1.GetOptions{})
		if err == nil && space.Status.Phase == v1alpha1.SpaceTerminating {
			err = errors.New("it does not")
		}
		return err
	})
	_ = admin.Kube.RbacV1().RoleBindings(name).Delete(t.Context(), "sight", metav1.DeleteOptions{})
	within(t, 15*time.Second, "alice does not see it", func(ctx context.Context) error {
		list, err := spacesOf(alice).List(ctx, metav1.ListOptions{})
		if err == nil && len(list.Items) > 0 {
			err = errors.New("it is shown")
		}
		return err
	})
}
