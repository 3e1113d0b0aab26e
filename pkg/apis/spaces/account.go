// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spaces

import (
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// Account says who may have Spaces, and what those are like. It is a view of its home, which is the namespace of its
// name behind AccountHomePrefix.
type Account struct {
	metav1.TypeMeta
	metav1.ObjectMeta

	Spec   AccountSpec
	Status AccountStatus
}

// AccountSpec is what an administrator says of an account.
type AccountSpec struct {
	// Subjects may charge Spaces to the account, and work in all of them.
	Subjects []rbacv1.Subject
	// Quota is the budget of the account: what all its Spaces may be charged together. Nil means that nothing is limited.
	Quota *Quota
	// Space is what Spaces of the account are like, where it differs from that of the ClusterQuota.
	Space SpacePolicy
}

// AccountStatus is what the platform says about an account. Only the platform sets it.
type AccountStatus struct {
	// CreatedBy is the name of the user who created the account.
	CreatedBy string
	// Spaces is how many Spaces are charged to the account.
	Spaces int32
	// Quota is the budget, and what is charged. Nil means that it is not known.
	Quota *QuotaStatus
	// Conditions are keyed by their type.
	Conditions []metav1.Condition
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// AccountList is a list of accounts.
type AccountList struct {
	metav1.TypeMeta
	metav1.ListMeta

	Items []Account
}
