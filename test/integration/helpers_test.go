// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/wait"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	spacesclient "tenancy.example.io/spaces/pkg/generated/clientset/versioned/typed/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

const (
	// patience is how long a test waits for what comes much sooner, unless something is wrong. It is longer than the
	// namespace controller takes to come to a namespace when all other tests delete theirs, which is minutes on a busy machine.
	patience = 5 * time.Minute
	// interval is how often it looks.
	interval = 20 * time.Millisecond
)

// unique returns a name that begins with the prefix, and that no other test uses, nor another run of this one.
func unique(prefix string) string {
	return prefix + "-" + rand.String(6)
}

// eventually returns when the condition has no error any more. It fails the test if that takes too long.
func eventually(t *testing.T, what string, condition func(context.Context) error) {
	t.Helper()
	within(t, patience, what, condition)
}

// within is eventually, with a limit that is promised.
func within(t *testing.T, limit time.Duration, what string, condition func(context.Context) error) {
	t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(t.Context(), interval, limit, true, func(ctx context.Context) (bool, error) {
		err := condition(ctx)
		// That the time is over says nothing; what was wrong before does.
		if err == nil || ctx.Err() == nil {
			last = err
		}
		return err == nil, nil
	})
	if err != nil {
		t.Fatalf("Waited in vain until %s, for %s: %v", what, limit, last)
	}
}

// until returns when the moment has come.
func until(t *testing.T, moment time.Time) {
	t.Helper()
	select {
	case <-time.After(time.Until(moment)):
	case <-t.Context().Done():
		t.Fatal(context.Cause(t.Context()))
	}
}

// must returns the result of a call that is not expected to fail.
func must[T any](result T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// spacesOf returns what the user works on Spaces by.
func spacesOf(user cluster.Clients) spacesclient.SpaceInterface {
	return user.Spaces.SpacesV1alpha1().Spaces()
}

// newSpace returns a Space to be created. Edits are made to it.
func newSpace(name string, edits ...func(*v1alpha1.Space)) *v1alpha1.Space {
	space := &v1alpha1.Space{ObjectMeta: metav1.ObjectMeta{Name: name}}
	for _, edit := range edits {
		edit(space)
	}
	return space
}

func withTTL(ttl v1alpha1.Duration) func(*v1alpha1.Space) {
	return func(space *v1alpha1.Space) { space.Spec.TTL = &ttl }
}

func withLabel(key, value string) func(*v1alpha1.Space) {
	return func(space *v1alpha1.Space) { metav1.SetMetaDataLabel(&space.ObjectMeta, key, value) }
}

// createSpace creates a Space, and deletes it when the test has ended.
func createSpace(t *testing.T, user cluster.Clients, space *v1alpha1.Space) *v1alpha1.Space {
	t.Helper()
	created := must(spacesOf(user).Create(t.Context(), space, metav1.CreateOptions{}))(t)
	deleteLater(t, user, created.Name)
	return created
}

// createNamespace creates a namespace that is not managed, and deletes it when the test has ended.
func createNamespace(t *testing.T, admin cluster.Clients, name string, labels map[string]string) *corev1.Namespace {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
	created := must(admin.Kube.CoreV1().Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{}))(t)
	deleteLater(t, admin, name)
	return created
}

// deleteLater deletes the namespace when the test has ended, if it is still there and the user may.
func deleteLater(t *testing.T, user cluster.Clients, name string) {
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		_ = user.Kube.CoreV1().Namespaces().Delete(ctx, name, metav1.DeleteOptions{})
	})
}

// patchNamespace merges the patch into the namespace.
func patchNamespace(t *testing.T, admin cluster.Clients, name, patch string) *corev1.Namespace {
	t.Helper()
	return must(admin.Kube.CoreV1().Namespaces().
		Patch(t.Context(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{}))(t)
}

// hold keeps the namespace from going, once it is deleted, until release is called.
func hold(t *testing.T, admin cluster.Clients, namespace string) (release func()) {
	t.Helper()
	configMaps := admin.Kube.CoreV1().ConfigMaps(namespace)
	held := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "held", Finalizers: []string{"example.com/held"}}}
	must(configMaps.Create(t.Context(), held, metav1.CreateOptions{}))(t)
	release = func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		_, err := configMaps.Patch(ctx, "held", types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			t.Error("Letting the namespace go:", err)
		}
	}
	t.Cleanup(release)
	return release
}

func user(name string) rbacv1.Subject {
	return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name}
}

func group(name string) rbacv1.Subject {
	return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: name}
}

func clusterRole(name string) rbacv1.RoleRef {
	return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name}
}

func role(name string) rbacv1.RoleRef {
	return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name}
}

// getNamespaces is the rule that makes namespaces visible: those with the names, or all.
func getNamespaces(names ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"namespaces"}, ResourceNames: names}
}

// bind creates a RoleBinding.
//
//nolint:revive // A struct of these would say the same at greater length.
func bind(t *testing.T, admin cluster.Clients, namespace, name string, ref rbacv1.RoleRef, subjects ...rbacv1.Subject) {
	t.Helper()
	binding := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name}, RoleRef: ref, Subjects: subjects}
	must(admin.Kube.RbacV1().RoleBindings(namespace).Create(t.Context(), binding, metav1.CreateOptions{}))(t)
}

// bindEverywhere creates a ClusterRole of these rules and binds it in the whole cluster.
func bindEverywhere(t *testing.T, admin cluster.Clients, name string, subject rbacv1.Subject, rules ...rbacv1.PolicyRule) {
	t.Helper()
	setClusterRole(t, admin, name, rules...)
	binding := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name}, RoleRef: clusterRole(name), Subjects: []rbacv1.Subject{subject}}
	must(admin.Kube.RbacV1().ClusterRoleBindings().Create(t.Context(), binding, metav1.CreateOptions{}))(t)
}

// unbind deletes a RoleBinding.
func unbind(t *testing.T, admin cluster.Clients, namespace, name string) {
	t.Helper()
	check(t, admin.Kube.RbacV1().RoleBindings(namespace).Delete(t.Context(), name, metav1.DeleteOptions{}))
}

// writer is the client of one kind.
type writer[T any] interface {
	Create(context.Context, T, metav1.CreateOptions) (T, error)
	Update(context.Context, T, metav1.UpdateOptions) (T, error)
	Delete(context.Context, string, metav1.DeleteOptions) error
}

// put creates the object, or updates it if it is there. What cannot be updated to it is created anew.
func put[T metav1.Object](ctx context.Context, client writer[T], object T) error {
	_, err := client.Update(ctx, object, metav1.UpdateOptions{})
	if apierrors.IsInvalid(err) {
		err = client.Delete(ctx, object.GetName(), metav1.DeleteOptions{})
		if err == nil || apierrors.IsNotFound(err) {
			err = apierrors.NewNotFound(schema.GroupResource{}, object.GetName())
		}
	}
	if apierrors.IsNotFound(err) {
		_, err = client.Create(ctx, object, metav1.CreateOptions{})
	}
	return err
}

// awaitGone returns when the namespace is not there any more.
func awaitGone(t *testing.T, admin cluster.Clients, name string) {
	t.Helper()
	eventually(t, "the namespace "+name+" is gone", func(ctx context.Context) error {
		namespace, err := admin.Kube.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		return fmt.Errorf("it is %s since %v: %v", namespace.Status.Phase, namespace.DeletionTimestamp, namespace.Status.Conditions)
	})
}

// awaitSight returns when the user is shown the Spaces in a list, which comes from the caches alone. They know a moment
// later than the kube-apiserver what the user was granted.
func awaitSight(t *testing.T, user cluster.Clients, names ...string) {
	t.Helper()
	eventually(t, "the Spaces are listed", func(ctx context.Context) error {
		list, err := spacesOf(user).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		if missing := sets.New(names...).Difference(namesOf(list.Items)); len(missing) > 0 {
			return fmt.Errorf("%v are missing", sets.List(missing))
		}
		return nil
	})
}

func namesOf(items []v1alpha1.Space) sets.Set[string] {
	names := sets.New[string]()
	for i := range items {
		names.Insert(items[i].Name)
	}
	return names
}
