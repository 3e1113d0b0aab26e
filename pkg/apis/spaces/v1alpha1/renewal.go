// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// SpaceRenewal asks to count the time of one Space from now on. It is posted to the subresource renew of the Space,
// answered, and never kept.
type SpaceRenewal struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata. It may have the name of the Space; and if it has a uid or a
	// resourceVersion, only the Space that has the same is renewed.
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what you ask for.
	// +optional
	Spec SpaceRenewalSpec `json:"spec,omitempty"`

	// status is the answer.
	// +optional
	Status SpaceRenewalStatus `json:"status,omitempty"`
}

// SpaceRenewalSpec is what you ask for.
type SpaceRenewalSpec struct {
	// ttl becomes the ttl of the Space, in the same form, and within the same limits. If it is not set, the Space keeps
	// the one that it has.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=64
	TTL *Duration `json:"ttl,omitempty"`
}

// SpaceRenewalStatus is the answer.
type SpaceRenewalStatus struct {
	// expiresAt is when the Space is deleted now, in UTC and to the second. It is absent if the Space never expires.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	ExpiresAt *metav1.Time `json:"expiresAt,omitempty"`
}
