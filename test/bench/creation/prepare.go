// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package creation

import (
	"context"
	"errors"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	spacesclient "tenancy.example.io/spaces/pkg/generated/clientset/versioned/typed/spaces/v1alpha1"
)

const (
	group   = "bench-creators"
	creator = "bench-creator"
)

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
