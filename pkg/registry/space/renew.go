// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	innerdoor "tenancy.example.io/spaces/pkg/registry/door"
)

// RenewREST serves the subresource renew of Spaces: an update of the Space that the server makes for the caller. It goes
// through everything that an update by the caller would. It is safe for concurrent use.
type RenewREST struct {
	spaces    *REST
	admission Admission
}

var (
	_ rest.Storage                        = &RenewREST{}
	_ rest.Scoper                         = &RenewREST{}
	_ rest.NamedCreater                   = &RenewREST{}
	_ rest.SubresourceObjectMetaPreserver = &RenewREST{}
)

// NewRenewREST returns a RenewREST for the Spaces of the REST.
func NewRenewREST(spaces *REST, admission Admission) *RenewREST {
	renewing, store := *spaces, *spaces.Store
	store.UpdateStrategy = renewStrategy{spaces.strategy}
	renewing.Store = &store
	return &RenewREST{spaces: &renewing, admission: admission}
}

// New implements rest.Storage.
func (*RenewREST) New() runtime.Object { return &spaces.SpaceRenewal{} }

// Destroy implements rest.Storage.
func (*RenewREST) Destroy() {}

// NamespaceScoped implements rest.Scoper.
func (*RenewREST) NamespaceScoped() bool { return false }

// PreserveRequestObjectMetaSystemFieldsOnSubresourceCreate implements rest.SubresourceObjectMetaPreserver: the UID is a
// precondition.
func (*RenewREST) PreserveRequestObjectMetaSystemFieldsOnSubresourceCreate() bool { return true }

// Create implements rest.NamedCreater. Whoever changes the Space at the same time is not in the way.
func (r *RenewREST) Create(ctx context.Context, name string, object runtime.Object, validate rest.ValidateObjectFunc, options *metav1.CreateOptions) (runtime.Object, error) {
	request, ok := object.(*spaces.SpaceRenewal)
	if !ok {
		return nil, apierrors.NewInternalError(fmt.Errorf("want a SpaceRenewal, have a %T", object))
	}
	if errs := validateRenewal(name, request); len(errs) > 0 {
		return nil, apierrors.NewInvalid(spaces.Kind("SpaceRenewal"), name, errs)
	}
	update := &metav1.UpdateOptions{}
	if options != nil {
		update.DryRun = options.DryRun
	}
	renewal := renewal{request: request, admission: r.admission.of(ctx, name, update), next: innerdoor.OrAll(validate)}
	renewed, _, err := r.spaces.Update(ctx, name, renewal, nil, renewal.validate, false, update)
	if err != nil {
		return nil, err
	}
	space, ok := renewed.(*spaces.Space)
	if !ok {
		return nil, errNotASpace(renewed)
	}
	return &spaces.SpaceRenewal{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       request.Spec,
		Status:     spaces.SpaceRenewalStatus{ExpiresAt: space.Status.ExpiresAt.DeepCopy()},
	}, nil
}

// validateRenewal returns what is wrong with what was sent. Whether its ttl can be that of the Space, the Space says.
func validateRenewal(name string, request *spaces.SpaceRenewal) field.ErrorList {
	if request.Name != "" && request.Name != name {
		return field.ErrorList{field.Invalid(field.NewPath("metadata", "name"), request.Name, fmt.Sprintf("must be the name of the Space, %q, or empty", name))}
	}
	return nil
}

// renewal is one update of a Space.
type renewal struct {
	request   *spaces.SpaceRenewal
	admission admissionOfUpdate
	next      rest.ValidateObjectFunc
}

var _ rest.UpdatedObjectInfo = renewal{}

// Preconditions implements rest.UpdatedObjectInfo.
func (r renewal) Preconditions() *metav1.Preconditions {
	preconditions := &metav1.Preconditions{}
	if uid := r.request.UID; uid != "" {
		preconditions.UID = new(uid)
	}
	if revision := r.request.ResourceVersion; revision != "" {
		preconditions.ResourceVersion = new(revision)
	}
	return preconditions
}

// UpdatedObject implements rest.UpdatedObjectInfo.
func (r renewal) UpdatedObject(ctx context.Context, old runtime.Object) (runtime.Object, error) {
	before, ok := old.(*spaces.Space)
	if !ok {
		return nil, errNotASpace(old)
	}
	space := before.DeepCopy()
	if r.request.Spec.TTL != nil {
		space.Spec.TTL = new(*r.request.Spec.TTL)
	}
	if before.ResourceVersion == "" {
		return space, nil // there is none, which the store says
	}
	return space, r.admission.mutate(ctx, space, before)
}

// validate lets a renewal pass that has come through the door.
func (r renewal) validate(ctx context.Context, obj, old runtime.Object) error {
	space, ok := obj.(*spaces.Space)
	if !ok {
		return errNotASpace(obj)
	}
	if space.Status.ExpiresAt == nil && r.request.Spec.TTL == nil {
		return apierrors.NewInvalid(spaces.Kind("SpaceRenewal"), space.Name, field.ErrorList{
			field.Required(field.NewPath("spec", "ttl"), "the Space does not expire, so there is nothing to renew; say a ttl if it is to expire")})
	}
	if err := r.next(ctx, r.request.DeepCopy()); err != nil {
		return err
	}
	return r.admission.validate(ctx, obj, old)
}
