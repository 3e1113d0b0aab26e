// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package validation

import (
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

var clusterQuotaKind = kind{
	name:       "a ClusterQuota",
	names:      apivalidation.NameIsDNSLabel,
	hasContact: true,
}

// ValidateClusterQuotaUpdate returns what is wrong with a ClusterQuota that is to take the place of old. What has not
// changed is not wrong: it may be older than a rule. None is ever created by a caller.
func ValidateClusterQuotaUpdate(quota, old *spaces.ClusterQuota) field.ErrorList {
	errs := clusterQuotaKind.validateChangedMetadata(&quota.ObjectMeta, &old.ObjectMeta)
	path := field.NewPath("spec")
	errs = append(errs, validateBudget(quota.Spec.Quota, old.Spec.Quota, path.Child("quota"))...)
	errs = append(errs, validateOvercommit(&quota.Spec, &old.Spec, path.Child("overcommit"))...)
	errs = append(errs, validatePolicy(&quota.Spec.Space, &old.Spec.Space, path.Child("space"))...)
	return append(errs, validateSpecSize(quota.Spec, old.Spec)...)
}
