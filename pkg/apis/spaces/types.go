// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spaces

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// Space is a view of one namespace: a team's or a pipeline's place to work, which may expire. It has the name of its
// namespace.
type Space struct {
	metav1.TypeMeta
	metav1.ObjectMeta

	Spec   SpaceSpec
	Status SpaceStatus
}

// SpaceSpec is what the caller asks for.
type SpaceSpec struct {
	// Account is the name of the account that the Space is charged to. Empty means none.
	Account string
	// TTL is how long the Space lives, from its creation, from the last change of TTL, or from when it was renewed last.
	// Nil and zero mean that it never expires.
	TTL *Duration
	// Quota is what everything in the Space may take together. Nil means that nothing is limited.
	Quota *Quota
	// Template is the name of what the Space is filled with. Empty means nothing.
	Template string
	// Parameters are what is filled into the template, by their names.
	Parameters map[string]string
}

// Quota is how much of each resource there may be.
type Quota struct {
	// Hard are the limits, by the names of resources as a ResourceQuota has them. In a budget, ResourceSpaces is one as well.
	Hard corev1.ResourceList
}

// SpaceStatus is what the platform says about the Space. Only the platform sets it.
type SpaceStatus struct {
	// Phase is where the Space stands between its creation and its end.
	Phase SpacePhase
	// CreatedBy is the name of the user who created the Space, empty for a namespace the platform did not make.
	CreatedBy string
	// ExpiresAt is when the Space is deleted. Nil means never.
	ExpiresAt *metav1.Time
	// Template is what the Space has been filled with. Nil means nothing.
	Template *AppliedTemplate
	// Conditions are keyed by their type.
	Conditions []metav1.Condition
}

// SpacePhase is where a Space stands between its creation and its end.
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
	metav1.TypeMeta
	metav1.ListMeta

	Items []Space
}
