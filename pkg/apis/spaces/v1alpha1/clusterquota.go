// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ClusterQuotaName is the name of the only ClusterQuota.
const ClusterQuotaName = "cluster"

// +genclient
// +genclient:nonNamespaced
// +genclient:noStatus
// +genclient:onlyVerbs=get,list,watch,update,patch,apply
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ClusterQuota is what holds for all Spaces of the cluster. There is one, called "cluster": it is always there, and can
// only be changed.
type ClusterQuota struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata. The name is "cluster". Labels and annotations are yours, but for keys
	// that start with "spaces.tenancy.example.io/". Of those, you may set the annotation
	// "spaces.tenancy.example.io/contact", which says whom to ask for more. Finalizers and ownerReferences cannot be set.
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what holds.
	// +optional
	Spec ClusterQuotaSpec `json:"spec,omitempty"`

	// status is what the platform says about it. Only the platform sets it; what you send here is ignored.
	// +optional
	Status ClusterQuotaStatus `json:"status,omitempty"`
}

// ClusterQuotaSpec is what holds for all Spaces.
type ClusterQuotaSpec struct {
	// quota is the budget of the cluster: how much all Spaces may be charged together, as that of an Account is for the
	// Spaces of one. Both hold.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	Quota *Quota `json:"quota,omitempty"`

	// overcommit gives the budget for resources that quota does not name, by parts of what the nodes have for pods,
	// together: with "150%" for requests.cpu, and 10 cores to allocate, it is 15. Parts are whole percentages, from "1%"
	// to "100000%". Resources are cpu, memory and ephemeral-storage, with requests. or limits. before them or without,
	// pods, huge pages, and extended resources as requests.NAME. What it comes to is in status.quota.hard.
	// +optional
	// +k8s:optional
	// +k8s:eachKey=+k8s:opaqueType
	Overcommit map[corev1.ResourceName]Percentage `json:"overcommit,omitempty"`

	// space is what Spaces are like, unless their account says otherwise.
	// +optional
	Space SpacePolicy `json:"space,omitempty"`
}

// ClusterQuotaStatus is what the platform says about the ClusterQuota.
type ClusterQuotaStatus struct {
	// spaces is how many Spaces there are, those included that are being deleted. Set by the platform.
	// +optional
	// +k8s:optional
	Spaces int32 `json:"spaces,omitempty"`

	// quota is the budget, what overcommit comes to included, and how much of it is charged. Set by the platform.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	Quota *QuotaStatus `json:"quota,omitempty"`

	// conditions say how it is. Ready is False if it cannot be read: then nobody can create Spaces. Set by the platform.
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

// ClusterQuotaList is a list of the only ClusterQuota.
type ClusterQuotaList struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard list metadata. Its resourceVersion is where a watch can go on.
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`

	// items has the ClusterQuota, if you may see it.
	Items []ClusterQuota `json:"items"`
}
