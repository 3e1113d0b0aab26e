// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// +genclient
// +genclient:nonNamespaced
// +genclient:noStatus
// +genclient:method=CreateKubeconfig,verb=create,subresource=kubeconfig,input=tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1.KubeconfigRequest,result=tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1.KubeconfigRequest
// +genclient:method=Renew,verb=create,subresource=renew,input=tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1.SpaceRenewal,result=tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1.SpaceRenewal
// +k8s:supportsSubresource="/status"
// +k8s:supportsSubresource="/renew"
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// Space is a view of one namespace: a team's or a pipeline's place to work, which may expire. It has the name of its
// namespace, and every namespace that you may get is a Space. Creating a Space creates the namespace and what belongs
// into it; deleting the Space deletes the namespace with everything in it.
type Space struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata. The name is a DNS label of at most 63 characters, and none of those that
	// the platform reserves. Labels and annotations are yours, but for keys that start with
	// "spaces.tenancy.example.io/"; the labels of the namespace are shown among them. Finalizers and ownerReferences
	// cannot be set.
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what you ask for.
	// +optional
	Spec SpaceSpec `json:"spec,omitempty"`

	// status is what the platform says about the Space. Only the platform sets it; what you send here is ignored.
	// +optional
	Status SpaceStatus `json:"status,omitempty"`
}

// SpaceSpec is what you ask for.
type SpaceSpec struct {
	// account is the name of the account that the Space is charged to, and which says what it is like. You need the verb
	// use on it. Left empty, it becomes the only account that you may use; if there are several, you have to choose.
	// Without an account at all, only those create Spaces who may create namespaces. Changing it takes the Space to
	// another account, and needs the verb use on both.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=55
	Account string `json:"account,omitempty"`

	// ttl is how long the Space lives, counted from its creation, from the last change of ttl, or from when it was
	// renewed last. Then it is deleted with everything in it. It is a sequence of decimal numbers with units, such as "2h", "1h30m" or "90s"; the units
	// are h, m, s, ms, us and ns. It ranges from "0s", which means that the Space never expires, to "87600h", which is
	// ten years. Without a ttl, it becomes the default of the account or of the cluster; if there is none, the Space
	// never expires. The text is kept as you write it.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=64
	TTL *Duration `json:"ttl,omitempty"`

	// quota is what everything in the Space may take together. Resources that are not named become the defaults of the
	// account or of the cluster.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	Quota *Quota `json:"quota,omitempty"`

	// template is the name of the SpaceTemplate that the Space is filled with. Left empty, it becomes that of the account
	// or of the cluster, if there is one. For any other you need the verb use on it, in the namespace spaces-system.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=63
	Template string `json:"template,omitempty"`

	// parameters are what is filled into the template, by their names. Values are texts, also those of numbers.
	// +optional
	// +k8s:optional
	Parameters map[string]string `json:"parameters,omitempty"`
}

// Quota is how much of each resource there may be.
type Quota struct {
	// hard are the limits, by the names of resources as a ResourceQuota has them, such as requests.cpu or pods. The quota
	// of an account or of the cluster may also name spaces, which counts Spaces.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	Hard corev1.ResourceList `json:"hard,omitempty"`
}

// SpaceStatus is what the platform says about a Space.
type SpaceStatus struct {
	// phase is where the Space stands between its creation and its end: Provisioning while its contents are put in
	// place, then Active, and Terminating while it is being deleted. Set by the platform.
	// +optional
	// +k8s:optional
	Phase SpacePhase `json:"phase,omitempty"`

	// createdBy is the name of the user who created the Space. It is absent from a namespace that was not created as a
	// Space. Set by the platform, once.
	// +optional
	// +k8s:optional
	CreatedBy string `json:"createdBy,omitempty"`

	// expiresAt is when the Space is deleted, in UTC and to the second. It is absent from a Space that never expires.
	// Set by the platform, whenever ttl changes or the Space is renewed.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	ExpiresAt *metav1.Time `json:"expiresAt,omitempty"`

	// template is what the Space has been filled with. Set by the platform.
	// +optional
	// +k8s:optional
	Template *AppliedTemplate `json:"template,omitempty"`

	// conditions say how the Space is. Ready is True once everything it contains is in place; otherwise its reason and
	// message say what is missing, and what you can do about it. Set by the platform.
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

// SpacePhase is where a Space stands between its creation and its end.
// +enum
type SpacePhase string

const (
	// SpaceProvisioning is a Space whose namespace exists, and whose contents are not all in place.
	SpaceProvisioning SpacePhase = "Provisioning"
	// SpaceActive is a Space to work in.
	SpaceActive SpacePhase = "Active"
	// SpaceTerminating is a Space whose namespace is being deleted. There is no way back.
	SpaceTerminating SpacePhase = "Terminating"
)

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// SpaceList is a list of Spaces.
type SpaceList struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard list metadata. Its resourceVersion is where a watch can go on.
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`

	// items are the Spaces that you may see.
	Items []Space `json:"items"`
}
