// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	applycorev1 "k8s.io/client-go/applyconfigurations/core/v1"
	applynetworkingv1 "k8s.io/client-go/applyconfigurations/networking/v1"
	applyrbacv1 "k8s.io/client-go/applyconfigurations/rbac/v1"
	"k8s.io/client-go/kubernetes"
)

type (
	quotaClient   = client[*corev1.ResourceQuota, *corev1.ResourceQuotaList, *applycorev1.ResourceQuotaApplyConfiguration]
	limitClient   = client[*corev1.LimitRange, *corev1.LimitRangeList, *applycorev1.LimitRangeApplyConfiguration]
	policyClient  = client[*networkingv1.NetworkPolicy, *networkingv1.NetworkPolicyList, *applynetworkingv1.NetworkPolicyApplyConfiguration]
	bindingClient = client[*rbacv1.RoleBinding, *rbacv1.RoleBindingList, *applyrbacv1.RoleBindingApplyConfiguration]

	quotaKind   = kind[*corev1.ResourceQuota, *corev1.ResourceQuotaList, *applycorev1.ResourceQuotaApplyConfiguration]
	limitKind   = kind[*corev1.LimitRange, *corev1.LimitRangeList, *applycorev1.LimitRangeApplyConfiguration]
	policyKind  = kind[*networkingv1.NetworkPolicy, *networkingv1.NetworkPolicyList, *applynetworkingv1.NetworkPolicyApplyConfiguration]
	bindingKind = kind[*rbacv1.RoleBinding, *rbacv1.RoleBindingList, *applyrbacv1.RoleBindingApplyConfiguration]
)

// kinds write what is put into a Space.
type kinds struct {
	quotas   quotaKind
	limits   limitKind
	policies policyKind
	bindings bindingKind
	// enforcers write the statuses of ResourceQuotas, and accounts what is not looked after.
	enforcers func(namespace string) enforcer
	accounts  func(namespace string) accountCreator
}

// accountCreator is what is used of the typed client of ServiceAccounts.
type accountCreator interface {
	Create(ctx context.Context, account *corev1.ServiceAccount, opts metav1.CreateOptions) (*corev1.ServiceAccount, error)
}

func newKinds(kube kubernetes.Interface) kinds {
	return kinds{
		quotas:    quotas(kube),
		limits:    limits(kube),
		policies:  policies(kube),
		bindings:  bindings(kube),
		enforcers: func(namespace string) enforcer { return kube.CoreV1().ResourceQuotas(namespace) },
		accounts:  func(namespace string) accountCreator { return kube.CoreV1().ServiceAccounts(namespace) },
	}
}

func quotas(kube kubernetes.Interface) quotaKind {
	return quotaKind{
		name:  "ResourceQuota",
		in:    func(namespace string) quotaClient { return kube.CoreV1().ResourceQuotas(namespace) },
		empty: func() *corev1.ResourceQuota { return &corev1.ResourceQuota{} },
		equal: func(a, b *corev1.ResourceQuota) bool { return equality.Semantic.DeepEqual(a.Spec, b.Spec) },
		fixed: func(a, b *corev1.ResourceQuota) bool {
			return equality.Semantic.DeepEqual(a.Spec.Scopes, b.Spec.Scopes) &&
				equality.Semantic.DeepEqual(a.Spec.ScopeSelector, b.Spec.ScopeSelector)
		},
		assign: func(to, from *corev1.ResourceQuota) { to.Spec = from.Spec },
	}
}

func limits(kube kubernetes.Interface) limitKind {
	return limitKind{
		name:   "LimitRange",
		in:     func(namespace string) limitClient { return kube.CoreV1().LimitRanges(namespace) },
		empty:  func() *corev1.LimitRange { return &corev1.LimitRange{} },
		equal:  func(a, b *corev1.LimitRange) bool { return equality.Semantic.DeepEqual(a.Spec, b.Spec) },
		fixed:  func(_, _ *corev1.LimitRange) bool { return true },
		assign: func(to, from *corev1.LimitRange) { to.Spec = from.Spec },
	}
}

func policies(kube kubernetes.Interface) policyKind {
	return policyKind{
		name:   "NetworkPolicy",
		in:     func(namespace string) policyClient { return kube.NetworkingV1().NetworkPolicies(namespace) },
		empty:  func() *networkingv1.NetworkPolicy { return &networkingv1.NetworkPolicy{} },
		equal:  func(a, b *networkingv1.NetworkPolicy) bool { return equality.Semantic.DeepEqual(a.Spec, b.Spec) },
		fixed:  func(_, _ *networkingv1.NetworkPolicy) bool { return true },
		assign: func(to, from *networkingv1.NetworkPolicy) { to.Spec = from.Spec },
	}
}

func bindings(kube kubernetes.Interface) bindingKind {
	return bindingKind{
		name:  "RoleBinding",
		in:    func(namespace string) bindingClient { return kube.RbacV1().RoleBindings(namespace) },
		empty: func() *rbacv1.RoleBinding { return &rbacv1.RoleBinding{} },
		equal: func(a, b *rbacv1.RoleBinding) bool {
			return a.RoleRef == b.RoleRef && equality.Semantic.DeepEqual(a.Subjects, b.Subjects)
		},
		fixed:  func(a, b *rbacv1.RoleBinding) bool { return a.RoleRef == b.RoleRef },
		assign: func(to, from *rbacv1.RoleBinding) { to.Subjects = from.Subjects },
	}
}
