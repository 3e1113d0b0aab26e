// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package creation

import (
	"context"
	"errors"
	"fmt"
	"sync"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// bare makes what a Space contains, as parallel as we do: first the namespace, then all that guards it at the same time,
// and then who is let in. It may do everything, asks nobody, and waits for nothing.
type bare struct {
	kube kubernetes.Interface
	// sample is what it makes, but for the names of namespaces.
	sample sample
	// user asks for nothing through the aggregator, as the creator of a Space.
	user rest.Interface
}

// sample is what a Space contains.
type sample struct {
	namespace corev1.Namespace
	policies  []networkingv1.NetworkPolicy
	bindings  []rbacv1.RoleBinding
}

// newBare makes what the Space contains that is there.
func newBare(ctx context.Context, admin *rest.Config, user rest.Interface, space string) (bare, error) {
	kube, err := kubernetes.NewForConfig(clientConfig(admin))
	if err != nil {
		return bare{}, err
	}
	namespace, errNamespace := kube.CoreV1().Namespaces().Get(ctx, space, metav1.GetOptions{})
	policies, errPolicies := kube.NetworkingV1().NetworkPolicies(space).List(ctx, metav1.ListOptions{})
	bindings, errBindings := kube.RbacV1().RoleBindings(space).List(ctx, metav1.ListOptions{})
	if err := errors.Join(errNamespace, errPolicies, errBindings); err != nil {
		return bare{}, fmt.Errorf("reading a Space: %w", err)
	}
	if len(policies.Items) == 0 || len(bindings.Items) == 0 {
		return bare{}, fmt.Errorf("the Space %q contains nothing", space)
	}
	return bare{kube, sample{*namespace, policies.Items, bindings.Items}, user}, nil
}

// again is the metadata of an object like that one.
func again(name string, of metav1.ObjectMeta) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Labels: of.Labels}
}

func (b bare) make(ctx context.Context, name string) error {
	_, err := b.fill(ctx, name)
	return err
}

func (b bare) fill(ctx context.Context, name string) (*corev1.Namespace, error) {
	namespace, err := b.kube.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: again(name, b.sample.namespace.ObjectMeta)}, metav1.CreateOptions{})
	if err != nil {
		return nil, err
	}
	guards := []func() error{func() error { return b.account(ctx, name) }}
	for _, policy := range b.sample.policies {
		guards = append(guards, func() error { return b.policy(ctx, name, policy) })
	}
	if err := together(guards...); err != nil {
		return nil, err
	}
	var access []func() error
	for _, binding := range b.sample.bindings {
		access = append(access, func() error { return b.binding(ctx, name, binding) })
	}
	return namespace, together(access...)
}

func (b bare) account(ctx context.Context, namespace string) error {
	_, err := b.kube.CoreV1().ServiceAccounts(namespace).Create(ctx,
		&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}, metav1.CreateOptions{})
	return err
}

func (b bare) policy(ctx context.Context, namespace string, of networkingv1.NetworkPolicy) error {
	_, err := b.kube.NetworkingV1().NetworkPolicies(namespace).Create(ctx,
		&networkingv1.NetworkPolicy{ObjectMeta: again(of.Name, of.ObjectMeta), Spec: of.Spec}, metav1.CreateOptions{})
	return err
}

func (b bare) binding(ctx context.Context, namespace string, of rbacv1.RoleBinding) error {
	_, err := b.kube.RbacV1().RoleBindings(namespace).Create(ctx,
		&rbacv1.RoleBinding{ObjectMeta: again(of.Name, of.ObjectMeta), RoleRef: of.RoleRef, Subjects: of.Subjects}, metav1.CreateOptions{})
	return err
}

// makeWhole also does what an aggregated API cannot do without: a request that is passed on, a question before whether its
// creator may, one behind whether it is let in, and meanwhile the second write that says that the Space is complete.
func (b bare) makeWhole(ctx context.Context, name string) error {
	if _, err := b.user.Get().AbsPath("/apis/" + v1alpha1.SchemeGroupVersion.String()).DoRaw(ctx); err != nil {
		return fmt.Errorf("asking through the aggregator: %w", err)
	}
	if err := b.review(ctx, "use", "accounts", "account-"+account); err != nil {
		return err
	}
	namespace, err := b.fill(ctx, name)
	if err != nil {
		return err
	}
	return together(
		func() error { return b.review(ctx, "get", "namespaces", name) },
		func() error { return b.annotate(ctx, namespace) },
	)
}

func (b bare) review(ctx context.Context, verb, resource, namespace string) error {
	_, err := b.kube.AuthorizationV1().SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{User: creator, Groups: []string{group}, ResourceAttributes: &authorizationv1.ResourceAttributes{
			Verb: verb, Resource: resource, Namespace: namespace, Name: namespace,
		}},
	}, metav1.CreateOptions{})
	return err
}

func (b bare) annotate(ctx context.Context, namespace *corev1.Namespace) error {
	patch := fmt.Sprintf(`{"metadata":{"uid":%q,"resourceVersion":%q,"annotations":{"bench":"complete"}}}`, namespace.UID, namespace.ResourceVersion)
	_, err := b.kube.CoreV1().Namespaces().Patch(ctx, namespace.Name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	return err
}

// together runs the tasks at the same time.
func together(tasks ...func() error) error {
	errs := make([]error, len(tasks))
	var running sync.WaitGroup
	for i, task := range tasks {
		running.Go(func() { errs[i] = task() })
	}
	running.Wait()
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("filling a namespace: %w", err)
	}
	return nil
}
