// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"context"
	"time"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/apis/spaces/validation"
	"tenancy.example.io/spaces/pkg/registry/backing"
)

// strategy says how Spaces are created, updated and deleted, whoever does it.
type strategy struct {
	backing.Strategy
	validation validation.Options
	clock      clock.PassiveClock
}

var (
	_ backing.RESTStrategy               = strategy{}
	_ rest.DeclarativeValidationStrategy = strategy{}
)

func newStrategy(scheme *runtime.Scheme, options validation.Options, now clock.PassiveClock) strategy {
	return strategy{
		Strategy:   backing.NewStrategy(scheme),
		validation: options,
		clock:      now,
	}
}

// PrepareForCreate implements rest.RESTCreateStrategy.
func (s strategy) PrepareForCreate(ctx context.Context, obj runtime.Object) {
	space := obj.(*spaces.Space)
	space.Generation = 1
	space.Status = s.begin(ctx, space)
	if space.Spec.Account != "" && space.Labels[spaces.LabelAccount] == space.Spec.Account {
		delete(space.Labels, spaces.LabelAccount) // it is that of its namespace, in a copy of what was shown
	}
}

// begin returns the status of a Space that the caller makes one of ours.
func (s strategy) begin(ctx context.Context, space *spaces.Space) spaces.SpaceStatus {
	status := spaces.SpaceStatus{Phase: spaces.SpaceProvisioning, ExpiresAt: s.expiry(space)}
	if creator, ok := request.UserFrom(ctx); ok {
		status.CreatedBy = creator.GetName()
	}
	return status
}

// PrepareForUpdate implements rest.RESTUpdateStrategy.
func (s strategy) PrepareForUpdate(ctx context.Context, obj, old runtime.Object) {
	space, before := obj.(*spaces.Space), old.(*spaces.Space)
	if hasReason(before, reasonUnmanaged) && space.Spec.Account != "" {
		space.Generation = 1
		space.Status = s.begin(ctx, space)
		return
	}
	before.Status.DeepCopyInto(&space.Status)
	space.Generation = before.Generation
	if !apiequality.Semantic.DeepEqual(space.Spec, before.Spec) {
		space.Generation++
		for i := range space.Status.Conditions {
			space.Status.Conditions[i].ObservedGeneration = space.Generation
		}
	}
	if !ptr.Equal(space.Spec.TTL, before.Spec.TTL) {
		s.restart(space)
	}
}

// restart has the time of the Space count from now on.
func (s strategy) restart(space *spaces.Space) {
	space.Status.ExpiresAt = s.expiry(space)
	meta.RemoveStatusCondition(&space.Status.Conditions, spaces.ConditionExpired)
}

// renewStrategy says how Spaces are renewed: like any update, but that their time counts from now on in any case.
type renewStrategy struct {
	strategy
}

// PrepareForUpdate implements rest.RESTUpdateStrategy.
func (s renewStrategy) PrepareForUpdate(ctx context.Context, obj, old runtime.Object) {
	s.strategy.PrepareForUpdate(ctx, obj, old)
	s.restart(obj.(*spaces.Space))
}

// expiry returns when the Space expires if its clock starts now; nil if it never does. It is rounded up to the second,
// as the API has no finer time: a Space lives no shorter than its ttl says.
func (s strategy) expiry(space *spaces.Space) *metav1.Time {
	if space.Spec.TTL == nil {
		return nil
	}
	ttl, err := space.Spec.TTL.Value()
	if err != nil || ttl <= 0 || ttl > spaces.MaxDuration {
		return nil // validation says what is wrong
	}
	return new(metav1.NewTime(s.clock.Now().Add(ttl + time.Second - 1).Truncate(time.Second)))
}

// Validate implements rest.RESTCreateStrategy.
func (s strategy) Validate(_ context.Context, obj runtime.Object) field.ErrorList {
	return validation.ValidateSpace(obj.(*spaces.Space), s.validation)
}

// ValidateUpdate implements rest.RESTUpdateStrategy.
func (s strategy) ValidateUpdate(_ context.Context, obj, old runtime.Object) field.ErrorList {
	space, before := obj.(*spaces.Space), old.(*spaces.Space)
	errs := validation.ValidateSpaceUpdate(space, before)
	if hasReason(before, reasonUnmanaged) && space.Spec.Account != "" {
		errs = append(errs, validation.ValidateAdoption(before, s.validation)...)
	}
	return errs
}

// attributes returns what selectors can select Spaces by.
func attributes(obj runtime.Object) (labels.Set, fields.Set, error) {
	space, ok := obj.(*spaces.Space)
	if !ok {
		return nil, nil, errNotASpace(obj)
	}
	return space.Labels, fields.Set{
		"metadata.name": space.Name,
		"status.phase":  string(space.Status.Phase),
	}, nil
}
