// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/registry/backing"
	innerdoor "tenancy.example.io/spaces/pkg/registry/door"
)

// door decides what a caller may do with a Space.
type door struct {
	innerdoor.Door
}

func newDoor(reviewer innerdoor.Reviewer) door {
	return door{innerdoor.Door{Reviewer: reviewer, Resource: Kind.GroupResource()}}
}

// create lets a caller create a Space, and then lets next decide.
func (d door) create(next rest.ValidateObjectFunc) rest.ValidateObjectFunc {
	return func(ctx context.Context, obj runtime.Object) error {
		space, ok := obj.(*spaces.Space)
		if !ok {
			return errNotASpace(obj)
		}
		if err := d.Require(ctx, space.Name, "create namespaces at the cluster scope", innerdoor.ToCreateNamespaces()); err != nil {
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
		if err := d.Require(ctx, name, fmt.Sprintf("manage it, nor update the namespace %q", name),
			d.To(spaces.VerbManage, name, name), innerdoor.ToNamespace("update", name)); err != nil {
			return err
		}
		if err := d.changeable(before); err != nil {
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
		if err := d.Require(ctx, space.Name, fmt.Sprintf("delete the namespace %q", space.Name),
			innerdoor.ToNamespace("delete", space.Name)); err != nil {
			return err
		}
		if hasReason(space, reasonUnmanaged) {
			return d.Forbidden(space.Name, "the namespace was not created as a Space; delete it as a namespace")
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
func (d door) changeable(space *spaces.Space) error {
	switch {
	case hasReason(space, reasonUnmanaged):
		return d.Forbidden(space.Name, "the namespace was not created as a Space; change it as a namespace")
	case hasReason(space, backing.ReasonUndecodable):
		return d.Forbidden(space.Name, "the annotation "+spaces.AnnotationObject+" of the namespace does not hold a Space; restore the annotation, or delete the Space")
	case space.DeletionTimestamp != nil:
		return d.BeingDeleted(space.Name)
	default:
		return nil
	}
}

func errNotASpace(obj runtime.Object) error {
	return apierrors.NewInternalError(fmt.Errorf("want a Space, have a %T", obj))
}
