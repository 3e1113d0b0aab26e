// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spaces

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// SpaceRenewal asks to count the time of one Space from now on. It is answered, and never kept.
type SpaceRenewal struct {
	metav1.TypeMeta
	// ObjectMeta may have the UID and the resource version that the Space must have.
	metav1.ObjectMeta

	Spec   SpaceRenewalSpec
	Status SpaceRenewalStatus
}

// SpaceRenewalSpec is what the caller asks for.
type SpaceRenewalSpec struct {
	// TTL becomes that of the Space. Nil means that the Space keeps its own.
	TTL *Duration
}

// SpaceRenewalStatus is the answer.
type SpaceRenewalStatus struct {
	// ExpiresAt is when the Space is deleted. Nil means never.
	ExpiresAt *metav1.Time
}
