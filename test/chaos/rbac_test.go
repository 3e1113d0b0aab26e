// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"errors"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func userOf(name string) rbacv1.Subject {
	return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name}
}

func groupOf(name string) rbacv1.Subject {
	return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: name}
}

func serviceAccount(namespace, name string) rbacv1.Subject {
	return rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: name}
}

func clusterRoleRef(name string) rbacv1.RoleRef {
	return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name}
}

func roleRef(name string) rbacv1.RoleRef {
	return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name}
}

// getNamespaces is the rule that makes namespaces visible: those with the names, or all.
func getNamespaces(names ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"namespaces"}, ResourceNames: names}
}

// createNamespaces is a rule that makes nothing visible, and that those who create Spaces need.
func createNamespaces() rbacv1.PolicyRule {
	return rbacv1.PolicyRule{Verbs: []string{"create"}, APIGroups: []string{""}, Resources: []string{"namespaces"}}
}

// getPods is a rule that makes nothing visible.
func getPods() rbacv1.PolicyRule {
	return rbacv1.PolicyRule{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"pods"}}
}

func namespaceOf(name string, labels map[string]string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
}

func roleBinding(name string, ref rbacv1.RoleRef, subjects ...rbacv1.Subject) *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name}, RoleRef: ref, Subjects: subjects}
}

func clusterRoleBinding(name string, ref rbacv1.RoleRef, subjects ...rbacv1.Subject) *rbacv1.ClusterRoleBinding {
	return &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name}, RoleRef: ref, Subjects: subjects}
}

// writer is the client of one kind.
type writer[T any] interface {
	Create(context.Context, T, metav1.CreateOptions) (T, error)
	Update(context.Context, T, metav1.UpdateOptions) (T, error)
	Delete(context.Context, string, metav1.DeleteOptions) error
}

func create[T any](client writer[T], object T) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := client.Create(ctx, object, metav1.CreateOptions{})
		return err
	}
}

func update[T any](client writer[T], object T) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := client.Update(ctx, object, metav1.UpdateOptions{})
		return err
	}
}

// put creates the object, or updates it if it is there.
func put[T any](client writer[T], object T) func(context.Context) error {
	return func(ctx context.Context) error {
		err := update(client, object)(ctx)
		if apierrors.IsNotFound(err) {
			err = create(client, object)(ctx)
		}
		return err
	}
}

// remove deletes the object; if it is not there, all the better.
func remove[T any](client writer[T], name string) func(context.Context) error {
	return func(ctx context.Context) error {
		err := client.Delete(ctx, name, metav1.DeleteOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return err
	}
}

// definite tells whether the error is an answer which says that nothing was changed. After any other, nobody knows.
func definite(err error) bool {
	for _, is := range []func(error) bool{
		apierrors.IsNotFound, apierrors.IsAlreadyExists, apierrors.IsConflict, apierrors.IsForbidden, apierrors.IsInvalid,
		apierrors.IsBadRequest,
	} {
		if is(err) {
			return true
		}
	}
	var status apierrors.APIStatus
	return errors.As(err, &status) && status.Status().Reason == metav1.StatusReasonMethodNotAllowed
}
