// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package clusterquota

import (
	"context"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/apis/spaces/validation"
	"tenancy.example.io/spaces/pkg/registry/backing"
)

// strategy says how the ClusterQuota is updated.
type strategy struct {
	backing.Strategy
}

var _ backing.RESTStrategy = strategy{}

// PrepareForCreate implements rest.RESTCreateStrategy. It is never created.
func (strategy) PrepareForCreate(context.Context, runtime.Object) {}

// PrepareForUpdate implements rest.RESTUpdateStrategy. What could not be read can be read again when it is set anew.
func (strategy) PrepareForUpdate(_ context.Context, object, old runtime.Object) {
	quota, before := object.(*spaces.ClusterQuota), old.(*spaces.ClusterQuota)
	before.Status.DeepCopyInto(&quota.Status)
	if backing.HasReason(before.Status.Conditions, backing.ReasonUndecodable) {
		meta.RemoveStatusCondition(&quota.Status.Conditions, spaces.ConditionReady)
	}
	quota.Generation = before.Generation
	if !apiequality.Semantic.DeepEqual(quota.Spec, before.Spec) {
		quota.Generation++
	}
}

// Validate implements rest.RESTCreateStrategy. It is never created.
func (strategy) Validate(context.Context, runtime.Object) field.ErrorList { return nil }

// ValidateUpdate implements rest.RESTUpdateStrategy.
func (strategy) ValidateUpdate(_ context.Context, object, old runtime.Object) field.ErrorList {
	return validation.ValidateClusterQuotaUpdate(object.(*spaces.ClusterQuota), old.(*spaces.ClusterQuota))
}
