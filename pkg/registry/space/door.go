// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"context"
	"fmt"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
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
		if err := d.charge(ctx, space.Name, space.Spec.Account); err != nil {
			return err
		}
		return next(ctx, obj)
	}
}

// charge lets a caller charge a Space to the account, or to none.
func (d door) charge(ctx context.Context, space, account string) error {
	if account == "" {
		return d.Require(ctx, space, "create namespaces at the cluster scope, which is what it takes without an account", innerdoor.ToCreateNamespaces())
	}
	return d.Require(ctx, space, fmt.Sprintf("use the account %q", account), innerdoor.ToUse(account))
}

// update lets a caller change a Space, and then lets next decide.
func (d door) update(next rest.ValidateObjectUpdateFunc) rest.ValidateObjectUpdateFunc {
	return func(ctx context.Context, obj, old runtime.Object) error {
		space, ok := obj.(*spaces.Space)
		before, okBefore := old.(*spaces.Space)
		if !ok || !okBefore {
			return errNotASpace(old)
		}
		if err := d.change(ctx, space, before); err != nil {
			return err
		}
		if err := d.transfer(ctx, space, before); err != nil {
			return err
		}
		return next(ctx, obj, old)
	}
}

// change lets a caller change the Space at all. A namespace that is not ours becomes so when it is given an account.
func (d door) change(ctx context.Context, space, before *spaces.Space) error {
	name := before.Name
	if hasReason(before, reasonUnmanaged) && space.Spec.Account != "" {
		if before.DeletionTimestamp != nil {
			return d.BeingDeleted(name)
		}
		return d.Require(ctx, name, fmt.Sprintf("adopt it, as that takes to update the namespace %q", name), innerdoor.ToNamespace("update", name))
	}
	if err := d.Require(ctx, name, fmt.Sprintf("manage it, nor update the namespace %q", name),
		d.To(spaces.VerbManage, name, name), innerdoor.ToNamespace("update", name)); err != nil {
		return err
	}
	return d.changeable(before)
}

// transfer lets a caller charge the Space to another account. That takes the right to use both: who may not use the old
// one has no say in what it pays for. And as the subjects of the new one come to own the Space, it takes to be one who lets
// others in.
func (d door) transfer(ctx context.Context, space, before *spaces.Space) error {
	if space.Spec.Account == before.Spec.Account {
		return nil
	}
	if before.Spec.Account != "" {
		if err := d.charge(ctx, before.Name, before.Spec.Account); err != nil {
			return err
		}
	}
	if err := d.charge(ctx, before.Name, space.Spec.Account); err != nil || space.Spec.Account == "" {
		return err
	}
	name := before.Name
	return d.Require(ctx, name, fmt.Sprintf("charge it to another account, as that lets its subjects in: it takes to create RoleBindings in the namespace %q, or to update that", name),
		toLetIn(name), innerdoor.ToNamespace("update", name))
}

func toLetIn(namespace string) authorizationv1.ResourceAttributes {
	return authorizationv1.ResourceAttributes{Verb: "create", Group: rbacv1.GroupName, Version: "v1", Resource: "rolebindings", Namespace: namespace}
}

// delete lets a caller delete a Space, and then lets next decide.
func (d door) delete(next rest.ValidateObjectFunc) rest.ValidateObjectFunc {
	return func(ctx context.Context, obj runtime.Object) error {
		space, ok := obj.(*spaces.Space)
		if !ok {
			return errNotASpace(obj)
		}
		if err := d.RequireDelete(ctx, space, space.Name); err != nil {
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
	return innerdoor.Lets(ctx, d.delete(rest.ValidateAllObjectFunc), obj)
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
