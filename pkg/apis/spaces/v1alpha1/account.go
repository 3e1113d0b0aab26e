// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// +genclient
// +genclient:nonNamespaced
// +genclient:noStatus
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// Account says who may have Spaces, and what those are like. It has a namespace, its home, which is called "account-"
// and the name of the account: who may use the account, is who may "use accounts" there.
type Account struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata. The name is a DNS label of at most 55 characters. Labels and annotations
	// are yours, but for keys that start with "spaces.tenancy.example.io/". Of those, you may set the annotation
	// "spaces.tenancy.example.io/contact", which says whom to ask for more. Finalizers and ownerReferences cannot be set.
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the account is like.
	// +optional
	Spec AccountSpec `json:"spec,omitempty"`

	// status is what the platform says about the account. Only the platform sets it; what you send here is ignored.
	// +optional
	Status AccountStatus `json:"status,omitempty"`
}

// AccountSpec is what an account is like.
type AccountSpec struct {
	// subjects may charge Spaces to the account, and have its clusterRole in all of them. They are users, groups and
	// ServiceAccounts; a ServiceAccount without a namespace is one of the home.
	// +optional
	// +k8s:optional
	// +listType=atomic
	// +k8s:listType=atomic
	// +k8s:eachVal=+k8s:opaqueType
	Subjects []rbacv1.Subject `json:"subjects,omitempty"`

	// quota is the budget of the account: how much its Spaces may be charged together. Each is charged what its own quota
	// says, whether or not that is used, and one of the resource spaces. Every other resource that is named here has to
	// be named in the quota of each Space, or to have a default. Without a quota, nothing is limited.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	Quota *Quota `json:"quota,omitempty"`

	// space is what Spaces of the account are like. What it does not say, the ClusterQuota says.
	// +optional
	Space SpacePolicy `json:"space,omitempty"`
}

// AccountStatus is what the platform says about an account.
type AccountStatus struct {
	// createdBy is the name of the user who created the account. Set by the platform, once.
	// +optional
	// +k8s:optional
	CreatedBy string `json:"createdBy,omitempty"`

	// spaces is how many Spaces are charged to the account, those included that are being deleted. Set by the platform.
	// +optional
	// +k8s:optional
	Spaces int32 `json:"spaces,omitempty"`

	// quota is the budget, and how much of it is charged. Set by the platform.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	Quota *QuotaStatus `json:"quota,omitempty"`

	// conditions say how the account is. Ready is True once its subjects are let in. Set by the platform.
	// +optional
	// +k8s:optional
	// +patchMergeKey=type
	// +patchStrategy=merge
	// +listType=map
	// +listMapKey=type
	// +k8s:listType=map
	// +k8s:listMapKey=type
	// +k8s:eachVal=+k8s:opaqueType
	Conditions []metav1.Condition `json:"conditions,omitempty" patchStrategy:"merge" patchMergeKey:"type"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// AccountList is a list of accounts.
type AccountList struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard list metadata. Its resourceVersion is where a watch can go on.
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`

	// items are the accounts that you may see.
	Items []Account `json:"items"`
}
