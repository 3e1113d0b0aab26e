// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spaces

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ClusterQuotaName is the name of the only ClusterQuota.
const ClusterQuotaName = "cluster"

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ClusterQuota is what holds for all Spaces of the cluster. There is one, and it is a view of SystemNamespace.
type ClusterQuota struct {
	metav1.TypeMeta
	metav1.ObjectMeta

	Spec   ClusterQuotaSpec
	Status ClusterQuotaStatus
}

// ClusterQuotaSpec is what an administrator says of all Spaces.
type ClusterQuotaSpec struct {
	// Quota is the budget of the cluster: what all Spaces may be charged together. Nil means that no amount is given.
	Quota *Quota
	// Overcommit gives the budget for further resources, as parts of what the nodes have for pods.
	Overcommit map[corev1.ResourceName]Percentage
	// Space is what Spaces are like, unless their account says otherwise.
	Space SpacePolicy
}

// ClusterQuotaStatus is what the platform says about it. Only the platform sets it.
type ClusterQuotaStatus struct {
	// Spaces is how many Spaces there are.
	Spaces int32
	// Quota is the budget, what Overcommit comes to included, and what is charged. Nil means that it is not known.
	Quota *QuotaStatus
	// Conditions are keyed by their type.
	Conditions []metav1.Condition
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ClusterQuotaList is a list of the only ClusterQuota.
type ClusterQuotaList struct {
	metav1.TypeMeta
	metav1.ListMeta

	Items []ClusterQuota
}
