// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"strings"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/endpoints/request"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/apis/spaces/validation"
	"tenancy.example.io/spaces/pkg/registry/backing"
)

// strategy says how accounts are created and updated, whoever does it.
type strategy struct {
	backing.Strategy
}

var _ backing.RESTStrategy = strategy{}

// PrepareForCreate implements rest.RESTCreateStrategy.
func (strategy) PrepareForCreate(ctx context.Context, object runtime.Object) {
	account := object.(*spaces.Account)
	account.Generation = 1
	account.Status = spaces.AccountStatus{}
	if creator, ok := request.UserFrom(ctx); ok {
		account.Status.CreatedBy = creator.GetName()
	}
}

// PrepareForUpdate implements rest.RESTUpdateStrategy.
func (strategy) PrepareForUpdate(_ context.Context, object, old runtime.Object) {
	account, before := object.(*spaces.Account), old.(*spaces.Account)
	before.Status.DeepCopyInto(&account.Status)
	account.Generation = before.Generation
	if !apiequality.Semantic.DeepEqual(account.Spec, before.Spec) {
		account.Generation++
		for i := range account.Status.Conditions {
			account.Status.Conditions[i].ObservedGeneration = account.Generation
		}
	}
}

// GenerateName implements rest.RESTCreateStrategy. What has to be no longer than a name may be is the name of the home.
func (s strategy) GenerateName(base string) string {
	return strings.TrimPrefix(s.Strategy.GenerateName(spaces.AccountHome(base)), spaces.AccountHomePrefix)
}

// Validate implements rest.RESTCreateStrategy.
func (strategy) Validate(_ context.Context, object runtime.Object) field.ErrorList {
	return validation.ValidateAccount(object.(*spaces.Account))
}

// ValidateUpdate implements rest.RESTUpdateStrategy.
func (strategy) ValidateUpdate(_ context.Context, object, old runtime.Object) field.ErrorList {
	return validation.ValidateAccountUpdate(object.(*spaces.Account), old.(*spaces.Account))
}
