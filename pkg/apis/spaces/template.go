// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spaces

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// SpaceTemplate is what new Spaces are filled with.
type SpaceTemplate struct {
	metav1.TypeMeta
	metav1.ObjectMeta

	Spec   SpaceTemplateSpec
	Status SpaceTemplateStatus
}

// SpaceTemplateSpec is what is put into a Space.
type SpaceTemplateSpec struct {
	// Parameters are what a Space can say. No two have the same name.
	Parameters []TemplateParameter
	// Objects are manifests of namespaced objects, applied in this order.
	Objects []runtime.RawExtension
	// Reapply has Spaces follow the changes of the template.
	Reapply bool
}

// TemplateParameter is something that is filled in.
type TemplateParameter struct {
	Name        string
	Description string
	// Type is what its values are. Empty means a string.
	Type ParameterType
	// Default is the value where a Space gives none. Nil means that it must.
	Default *string
	// Pattern is a regular expression (RE2) that the whole of a value matches. Empty means any.
	Pattern string
}

// ParameterType is what the values of a parameter are.
type ParameterType string

const (
	// ParameterString is any text.
	ParameterString ParameterType = "string"
	// ParameterInteger is a whole number of 64 bits, in decimal.
	ParameterInteger ParameterType = "integer"
	// ParameterBoolean is true or false.
	ParameterBoolean ParameterType = "boolean"
)

// SpaceTemplateStatus is what the platform says about a template.
type SpaceTemplateStatus struct {
	// Conditions are keyed by their type.
	Conditions []metav1.Condition
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// SpaceTemplateList is a list of templates.
type SpaceTemplateList struct {
	metav1.TypeMeta
	metav1.ListMeta

	Items []SpaceTemplate
}

// AppliedTemplate is the template that a Space has been filled with.
type AppliedTemplate struct {
	// Name is that of the template.
	Name string
	// Hash differs whenever the Space has to be filled anew.
	Hash string
	// Objects are those that have come from it.
	Objects []TemplateObject
}

// TemplateObject is an object in a Space.
type TemplateObject struct {
	APIVersion, Kind, Name string
}
