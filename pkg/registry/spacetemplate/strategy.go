// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spacetemplate

import (
	"context"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/apis/spaces/validation"
	"tenancy.example.io/spaces/pkg/registry/backing"
	"tenancy.example.io/spaces/pkg/template"
)

// strategy says how templates are created and updated, whoever does it.
type strategy struct {
	backing.Strategy
}

var _ backing.RESTStrategy = strategy{}

// PrepareForCreate implements rest.RESTCreateStrategy.
func (strategy) PrepareForCreate(_ context.Context, object runtime.Object) {
	created := object.(*spaces.SpaceTemplate)
	created.Generation = 1
	created.Status = spaces.SpaceTemplateStatus{}
	normalize(created)
}

// PrepareForUpdate implements rest.RESTUpdateStrategy. What could not be read can be read again when it is set anew.
func (strategy) PrepareForUpdate(_ context.Context, object, old runtime.Object) {
	updated, before := object.(*spaces.SpaceTemplate), old.(*spaces.SpaceTemplate)
	before.Status.DeepCopyInto(&updated.Status)
	if backing.HasReason(before.Status.Conditions, backing.ReasonUndecodable) {
		meta.RemoveStatusCondition(&updated.Status.Conditions, spaces.ConditionReady)
	}
	normalize(updated)
	updated.Generation = before.Generation
	if !apiequality.Semantic.DeepEqual(updated.Spec, before.Spec) {
		updated.Generation++
	}
}

// Validate implements rest.RESTCreateStrategy.
func (strategy) Validate(_ context.Context, object runtime.Object) field.ErrorList {
	created := object.(*spaces.SpaceTemplate)
	return append(validation.ValidateSpaceTemplate(created), template.Validate(&created.Spec, specPath())...)
}

// ValidateUpdate implements rest.RESTUpdateStrategy.
func (strategy) ValidateUpdate(_ context.Context, object, old runtime.Object) field.ErrorList {
	updated, before := object.(*spaces.SpaceTemplate), old.(*spaces.SpaceTemplate)
	return append(validation.ValidateSpaceTemplateUpdate(updated, before), template.Validate(&updated.Spec, specPath())...)
}

func specPath() *field.Path { return field.NewPath("spec") }
