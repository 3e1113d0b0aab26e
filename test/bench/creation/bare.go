// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package creation

import (
	"context"
	"errors"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	spacesclient "tenancy.example.io/spaces/pkg/generated/clientset/versioned/typed/spaces/v1alpha1"
)

const group = "bench-creators"

// prepare makes the account, and lets its users ask for Spaces.
func prepare(ctx context.Context, admin *rest.Config) error {
	kube, errKube := kubernetes.NewForConfig(admin)
	spaces, errSpaces := spacesclient.NewForConfig(admin)
	if err := errors.Join(errKube, errSpaces); err != nil {
		return err
	}
	subjects := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: group}}
	_, err := kube.RbacV1().ClusterRoleBindings().Create(ctx, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: group},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "spaces:user"},
		Subjects:   subjects,
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	_, err = spaces.Accounts().Create(ctx, &v1alpha1.Account{
		ObjectMeta: metav1.ObjectMeta{Name: account},
		Spec:       v1alpha1.AccountSpec{Subjects: subjects},
	}, metav1.CreateOptions{})
	return err
}

func newSpace(name string) *v1alpha1.Space {
	return &v1alpha1.Space{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.SpaceSpec{Account: account}}
}

// bare makes what a Space contains, as parallel as we do: first the namespace, then all that guards it at the same time,
// and then who is let in. It may do everything, asks nobody, and waits for nothing.
type bare struct {
	kube kubernetes.Interface
}

func newBare(admin *rest.Config) (bare, error) {
	kube, err := kubernetes.NewForConfig(clientConfig(admin))
	return bare{kube}, err
}

func (b bare) make(ctx context.Context, name string) error {
	_, err := b.kube.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name:   name,
		Labels: map[string]string{"app.kubernetes.io/managed-by": "bench", "pod-security.kubernetes.io/enforce": "baseline"},
	}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	err = together(
		func() error { return b.account(ctx, name) },
		func() error { return b.policy(ctx, name, "deny") },
		func() error { return b.policy(ctx, name, "allow-within") },
		func() error { return b.policy(ctx, name, "allow-dns") },
		func() error { return b.policy(ctx, name, "allow-internet") },
	)
	if err != nil {
		return err
	}
	return b.binding(ctx, name)
}

func (b bare) account(ctx context.Context, namespace string) error {
	_, err := b.kube.CoreV1().ServiceAccounts(namespace).Create(ctx,
		&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}, metav1.CreateOptions{})
	return err
}

func (b bare) policy(ctx context.Context, namespace, name string) error {
	block := &networkingv1.IPBlock{CIDR: "0.0.0.0/0", Except: []string{"10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"}}
	_, err := b.kube.NetworkingV1().NetworkPolicies(namespace).Create(ctx, &networkingv1.NetworkPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: networkingv1.NetworkPolicySpec{
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeEgress},
			Egress: []networkingv1.NetworkPolicyEgressRule{{
				To:    []networkingv1.NetworkPolicyPeer{{IPBlock: block}},
				Ports: []networkingv1.NetworkPolicyPort{{Protocol: new(corev1.ProtocolTCP)}},
			}},
		},
	}, metav1.CreateOptions{})
	return err
}

func (b bare) binding(ctx context.Context, namespace string) error {
	_, err := b.kube.RbacV1().RoleBindings(namespace).Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "owner"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "spaces:owner"},
		Subjects: []rbacv1.Subject{
			{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: group},
			{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "bench-creator"},
		},
	}, metav1.CreateOptions{})
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
