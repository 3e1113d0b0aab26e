// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"context"
	"fmt"

	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// Reviewer asks the kube-apiserver whether a caller may do something.
type Reviewer interface {
	Allows(ctx context.Context, caller user.Info, what authorizationv1.ResourceAttributes) (bool, error)
}

// door is the inner one of two: whoever may ask the kube-apiserver for "spaces" at all has come through the outer one,
// and native RBAC in the namespace behind a Space decides here about that Space. What is asked for here, no role that
// opens the outer door may grant. Whether a Space is visible is not decided here, but in the store.
type door struct {
	reviewer Reviewer
}

func toCreateNamespaces() authorizationv1.ResourceAttributes {
	return authorizationv1.ResourceAttributes{Verb: "create", Version: "v1", Resource: "namespaces"}
}

func toNamespace(verb, name string) authorizationv1.ResourceAttributes {
	return authorizationv1.ResourceAttributes{Verb: verb, Version: "v1", Resource: "namespaces", Namespace: name, Name: name}
}

func toManage(name string) authorizationv1.ResourceAttributes {
	return authorizationv1.ResourceAttributes{
		Verb: spaces.VerbManage, Group: spaces.GroupName, Version: "*", Resource: "spaces", Namespace: name, Name: name,
	}
}

// create lets a caller create a Space, and then lets next decide.
func (d door) create(next rest.ValidateObjectFunc) rest.ValidateObjectFunc {
	return func(ctx context.Context, obj runtime.Object) error {
		space, ok := obj.(*spaces.Space)
		if !ok {
			return errNotASpace(obj)
		}
		if err := d.require(ctx, space.Name, "create namespaces at the cluster scope", toCreateNamespaces()); err != nil {
			return err
		}
		return next(ctx, obj)
	}
}

// update lets a caller change a Space, and then lets next decide.
func (d door) update(next rest.ValidateObjectUpdateFunc) rest.ValidateObjectUpdateFunc {
	return func(ctx context.Context, obj, old runtime.Object) error {
		before, ok := old.(*spaces.Space)
		if !ok {
			return errNotASpace(old)
		}
		name := before.Name
		if err := d.require(ctx, name, fmt.Sprintf("manage it, nor update the namespace %q", name),
			toManage(name), toNamespace("update", name)); err != nil {
			return err
		}
		if err := changeable(before); err != nil {
			return err
		}
		return next(ctx, obj, old)
	}
}

// delete lets a caller delete a Space, and then lets next decide.
func (d door) delete(next rest.ValidateObjectFunc) rest.ValidateObjectFunc {
	return func(ctx context.Context, obj runtime.Object) error {
		space, ok := obj.(*spaces.Space)
		if !ok {
			return errNotASpace(obj)
		}
		if err := d.require(ctx, space.Name, fmt.Sprintf("delete the namespace %q", space.Name),
			toNamespace("delete", space.Name)); err != nil {
			return err
		}
		if hasReason(space, reasonUnmanaged) {
			return forbidden(space.Name, "the namespace was not created as a Space; delete it as a namespace")
		}
		return next(ctx, obj)
	}
}

// deletable tells whether delete lets the caller delete the Space.
func (d door) deletable(ctx context.Context, obj runtime.Object) (bool, error) {
	err := d.delete(rest.ValidateAllObjectFunc)(ctx, obj)
	if apierrors.IsForbidden(err) {
		return false, nil
	}
	return err == nil, err
}

// changeable tells why nobody can change the Space, if so.
func changeable(space *spaces.Space) error {
	switch {
	case hasReason(space, reasonUnmanaged):
		return forbidden(space.Name, "the namespace was not created as a Space; change it as a namespace")
	case hasReason(space, reasonUndecodable):
		return forbidden(space.Name, "the annotation "+spaces.AnnotationObject+" of the namespace does not hold a Space; restore the annotation, or delete the Space")
	case space.DeletionTimestamp != nil:
		return apierrors.NewConflict(resource, space.Name, errBeingDeleted)
	default:
		return nil
	}
}

// require returns nil if the caller may do one of the things, and otherwise an error that says which right is missing.
func (d door) require(ctx context.Context, name, right string, oneOf ...authorizationv1.ResourceAttributes) error {
	caller, ok := request.UserFrom(ctx)
	if !ok {
		return forbidden(name, "the request has no user")
	}
	for _, what := range oneOf {
		allowed, err := d.reviewer.Allows(ctx, caller, what)
		if err != nil {
			return apierrors.NewInternalError(err)
		}
		if allowed {
			return nil
		}
	}
	return forbidden(name, fmt.Sprintf("User %q cannot %s", caller.GetName(), right))
}

func forbidden(name, why string) error {
	return apierrors.NewForbidden(resource, name, reason(why))
}

// reason is an error that is all text.
type reason string

func (r reason) Error() string { return string(r) }

const errBeingDeleted = reason("it is being deleted, and cannot be changed any more")

func errNotASpace(obj runtime.Object) error {
	return apierrors.NewInternalError(fmt.Errorf("want a Space, have a %T", obj))
}
