// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// +genclient
// +genclient:nonNamespaced
// +genclient:noStatus
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// SpaceTemplate is what new Spaces are filled with: manifests with parameters. Everybody who may list templates sees all
// of them, so there is nothing secret in them.
type SpaceTemplate struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata. The name is a DNS label of at most 63 characters. Labels and annotations
	// are yours, but for keys that start with "spaces.tenancy.example.io/". Finalizers and ownerReferences cannot be set.
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is put into a Space.
	// +optional
	Spec SpaceTemplateSpec `json:"spec,omitempty"`

	// status is what the platform says about the template. Only the platform sets it; what you send here is ignored.
	// +optional
	Status SpaceTemplateStatus `json:"status,omitempty"`
}

// SpaceTemplateSpec is what is put into a Space.
type SpaceTemplateSpec struct {
	// parameters are what a Space of the template can say in its own parameters. There are two more that are always
	// there: "space" is the name of the Space, and "account" that of its account.
	// +optional
	// +k8s:optional
	// +listType=map
	// +listMapKey=name
	// +k8s:listType=map
	// +k8s:listMapKey=name
	// +patchStrategy=merge
	// +patchMergeKey=name
	Parameters []TemplateParameter `json:"parameters,omitempty" patchStrategy:"merge" patchMergeKey:"name"`

	// objects are manifests of namespaced objects, without a namespace. Where a text in them contains "${NAME}", the
	// value of that parameter is filled in; if it is nothing but that, it becomes a number or a boolean if the parameter
	// is one. "$${" stands for "${". Keys, apiVersion and kind are never filled in. The objects are applied in this
	// order, before anybody is let into the Space.
	// +optional
	// +k8s:optional
	// +listType=atomic
	// +k8s:listType=atomic
	// +k8s:eachVal=+k8s:opaqueType
	Objects []runtime.RawExtension `json:"objects,omitempty"`

	// reapply has Spaces follow the changes of the template: then it is applied to them again, and what has left it is
	// deleted from them. Otherwise changes concern new Spaces only.
	// +optional
	// +k8s:optional
	Reapply bool `json:"reapply,omitempty"`
}

// TemplateParameter is something that is filled into a template.
type TemplateParameter struct {
	// name is what the template and the Space call it: letters, digits, "-" and "_", and a letter first.
	// +required
	// +k8s:required
	// +k8s:maxLength=63
	Name string `json:"name"`

	// description says what it is for.
	// +optional
	// +k8s:optional
	Description string `json:"description,omitempty"`

	// type is what its values are: string, integer or boolean. It is string unless you choose another.
	// +optional
	// +k8s:optional
	Type ParameterType `json:"type,omitempty"`

	// default is its value where a Space gives none. Without a default, a Space has to give one.
	// +optional
	// +k8s:optional
	Default *string `json:"default,omitempty"`

	// pattern is a regular expression (https://github.com/google/re2/wiki/Syntax) that the whole of a value matches.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=1024
	Pattern string `json:"pattern,omitempty"`
}

// ParameterType is what the values of a parameter are.
// +enum
// +k8s:enum
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
	// conditions say how it is. Ready is False if it cannot be read: then it cannot be used. Set by the platform.
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

// SpaceTemplateList is a list of templates.
type SpaceTemplateList struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard list metadata. Its resourceVersion is where a watch can go on.
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`

	// items are the templates.
	Items []SpaceTemplate `json:"items"`
}

// AppliedTemplate is the template that a Space has been filled with.
type AppliedTemplate struct {
	// name is that of the template.
	// +optional
	// +k8s:optional
	Name string `json:"name,omitempty"`

	// hash is that of what the Space was filled by: it is filled anew when that changes.
	// +optional
	// +k8s:optional
	Hash string `json:"hash,omitempty"`

	// objects are those in the Space that have come from the template. They are the Space's own now: whoever works in it
	// may change them.
	// +optional
	// +k8s:optional
	// +listType=atomic
	// +k8s:listType=atomic
	Objects []TemplateObject `json:"objects,omitempty"`
}

// TemplateObject is an object in a Space.
type TemplateObject struct {
	// apiVersion is its group and version.
	// +required
	// +k8s:required
	APIVersion string `json:"apiVersion"`

	// kind is its kind.
	// +required
	// +k8s:required
	Kind string `json:"kind"`

	// name is its name.
	// +required
	// +k8s:required
	Name string `json:"name"`
}
