// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package bare makes what a Space contains without Spaces, as parallel as they do.
package bare

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// Objects are what a Space contains, but for the names of namespaces.
type Objects struct {
	Namespace corev1.Namespace
	Policies  []networkingv1.NetworkPolicy
	Bindings  []rbacv1.RoleBinding
}

// Maker makes them again in other namespaces, asks nobody whether it may, and waits for nothing. It is safe for
// concurrent use.
type Maker struct {
	kube    kubernetes.Interface
	objects Objects
}

// NewMaker returns a Maker by this configuration, as fast as it can.
func NewMaker(config *rest.Config, objects Objects) (*Maker, error) {
	config = rest.CopyConfig(config)
	config.QPS = -1
	config.ContentType = "application/vnd.kubernetes.protobuf"
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return &Maker{kube, objects}, nil
}

// Read returns what the Space contains that is there. That it contains nothing is an error.
func Read(ctx context.Context, config *rest.Config, space string) (Objects, error) {
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		return Objects{}, err
	}
	namespace, errNamespace := kube.CoreV1().Namespaces().Get(ctx, space, metav1.GetOptions{})
	policies, errPolicies := kube.NetworkingV1().NetworkPolicies(space).List(ctx, metav1.ListOptions{})
	bindings, errBindings := kube.RbacV1().RoleBindings(space).List(ctx, metav1.ListOptions{})
	if err := errors.Join(errNamespace, errPolicies, errBindings); err != nil {
		return Objects{}, fmt.Errorf("reading a Space: %w", err)
	}
	if len(policies.Items) == 0 || len(bindings.Items) == 0 {
		return Objects{}, fmt.Errorf("the Space %q contains nothing", space)
	}
	return Objects{*namespace, policies.Items, bindings.Items}, nil
}

// again is the metadata of an object like that one.
func again(name string, of metav1.ObjectMeta) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Labels: of.Labels}
}

// Make makes first the namespace, then all that guards it at the same time, and then who is let in. It returns the
// namespace as it was created.
func (m *Maker) Make(ctx context.Context, name string) (*corev1.Namespace, error) {
	namespace, err := m.kube.CoreV1().Namespaces().Create(ctx,
		&corev1.Namespace{ObjectMeta: again(name, m.objects.Namespace.ObjectMeta)}, metav1.CreateOptions{})
	if err != nil {
		return nil, err
	}
	guards := []func() error{func() error { return m.account(ctx, name) }}
	for _, policy := range m.objects.Policies {
		guards = append(guards, func() error { return m.policy(ctx, name, policy) })
	}
	if err := Together(guards...); err != nil {
		return nil, err
	}
	var access []func() error
	for _, binding := range m.objects.Bindings {
		access = append(access, func() error { return m.binding(ctx, name, binding) })
	}
	return namespace, Together(access...)
}

func (m *Maker) account(ctx context.Context, namespace string) error {
	_, err := m.kube.CoreV1().ServiceAccounts(namespace).Create(ctx,
		&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}, metav1.CreateOptions{})
	return err
}

func (m *Maker) policy(ctx context.Context, namespace string, of networkingv1.NetworkPolicy) error {
	_, err := m.kube.NetworkingV1().NetworkPolicies(namespace).Create(ctx,
		&networkingv1.NetworkPolicy{ObjectMeta: again(of.Name, of.ObjectMeta), Spec: of.Spec}, metav1.CreateOptions{})
	return err
}

func (m *Maker) binding(ctx context.Context, namespace string, of rbacv1.RoleBinding) error {
	_, err := m.kube.RbacV1().RoleBindings(namespace).Create(ctx,
		&rbacv1.RoleBinding{ObjectMeta: again(of.Name, of.ObjectMeta), RoleRef: of.RoleRef, Subjects: of.Subjects}, metav1.CreateOptions{})
	return err
}

// admissionPoll and admissionTimeout are how often and how long Admitted asks.
const (
	admissionPoll    = 2 * time.Millisecond
	admissionTimeout = 10 * time.Second
)

// Admitted returns when the kube-apiserver lets the user into the namespace.
func (m *Maker) Admitted(ctx context.Context, user, namespace string) error {
	return wait.PollUntilContextTimeout(ctx, admissionPoll, admissionTimeout, true, func(ctx context.Context) (bool, error) {
		return m.Sees(ctx, user, namespace)
	})
}

// Sees asks the kube-apiserver whether the user may get the namespace.
func (m *Maker) Sees(ctx context.Context, user, namespace string) (bool, error) {
	answer, err := m.kube.AuthorizationV1().SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{
			User:               user,
			ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "get", Resource: "namespaces", Namespace: namespace, Name: namespace},
		},
	}, metav1.CreateOptions{})
	return err == nil && answer.Status.Allowed, err
}

// Complete writes the namespace once more, which Make has returned.
func (m *Maker) Complete(ctx context.Context, namespace *corev1.Namespace) error {
	patch := fmt.Sprintf(`{"metadata":{"uid":%q,"resourceVersion":%q,"annotations":{"bench":"complete"}}}`, namespace.UID, namespace.ResourceVersion)
	_, err := m.kube.CoreV1().Namespaces().Patch(ctx, namespace.Name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	return err
}

// Together runs the tasks at the same time.
func Together(tasks ...func() error) error {
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
