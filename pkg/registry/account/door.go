// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"fmt"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"

	"tenancy.example.io/spaces/pkg/access"
	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/registry/backing"
	innerdoor "tenancy.example.io/spaces/pkg/registry/door"
)

// door decides what a caller may do with an account.
type door struct {
	innerdoor.Door
	charged Charged
}

func newDoor(config Config) door {
	return door{innerdoor.Door{Reviewer: config.Reviewer, Resource: Kind.GroupResource(), Self: config.Self}, config.Charged}
}

// create lets a caller create an account, and then lets next decide.
func (d door) create(next rest.ValidateObjectFunc) rest.ValidateObjectFunc {
	return func(ctx context.Context, object runtime.Object) error {
		account, ok := object.(*spaces.Account)
		if !ok {
			return apierrors.NewInternalError(errNotAnAccount(object))
		}
		if err := d.Require(ctx, account.Name, "create namespaces at the cluster scope", innerdoor.ToCreateNamespaces()); err != nil {
			return err
		}
		if err := d.Roles(ctx, account.Name, account.Spec.Space, spaces.SpacePolicy{}); err != nil {
			return err
		}
		if err := d.found(ctx, account); err != nil {
			return err
		}
		return next(ctx, object)
	}
}

// found lets a caller create an account that is more than a name for the caller's new Spaces like those of the cluster: one
// that has a policy of its own, which may lift the guards of the cluster, one that others are made subjects of, whose new
// Spaces it would get without their asking, or one to which Spaces of somebody else are charged still.
func (d door) found(ctx context.Context, account *spaces.Account) error {
	name, home := account.Name, spaces.AccountHome(account.Name)
	var why string
	switch {
	case !apiequality.Semantic.DeepEqual(account.Spec.Space, spaces.SpacePolicy{}):
		why = "which has a policy of its own in spec.space"
	case namesOthers(ctx, account):
		why = "which has others than yourself as its subjects"
	case d.charged.Count(name) > 0:
		why = "to which Spaces are charged already, from an account of that name that was deleted"
	default:
		return nil
	}
	return d.Require(ctx, name, fmt.Sprintf("create an account %s: that takes to manage it, or to update the namespace %q, at the cluster scope", why, home),
		d.To(spaces.VerbManage, home, name), innerdoor.ToNamespace("update", home))
}

// namesOthers tells whether the account has other subjects than the caller.
func namesOthers(ctx context.Context, account *spaces.Account) bool {
	caller, ok := request.UserFrom(ctx)
	return !ok || slices.ContainsFunc(account.Spec.Subjects, func(named rbacv1.Subject) bool {
		return named.Kind == rbacv1.GroupKind || !access.Means(named, spaces.AccountHome(account.Name), caller)
	})
}

// update lets a caller change an account, and then lets next decide.
func (d door) update(next rest.ValidateObjectUpdateFunc) rest.ValidateObjectUpdateFunc {
	return func(ctx context.Context, object, old runtime.Object) error {
		account, ok := object.(*spaces.Account)
		before, okBefore := old.(*spaces.Account)
		if !ok || !okBefore {
			return apierrors.NewInternalError(errNotAnAccount(object))
		}
		name, home := before.Name, spaces.AccountHome(before.Name)
		if err := d.Require(ctx, name, fmt.Sprintf("manage it, nor update the namespace %q", home),
			d.To(spaces.VerbManage, home, name), innerdoor.ToNamespace("update", home)); err != nil {
			return err
		}
		if err := d.changeable(before); err != nil {
			return err
		}
		if err := d.Roles(ctx, name, account.Spec.Space, before.Spec.Space); err != nil {
			return err
		}
		return next(ctx, object, old)
	}
}

// changeable tells why nobody can change the account, if so.
func (d door) changeable(account *spaces.Account) error {
	switch {
	case backing.HasReason(account.Status.Conditions, backing.ReasonUndecodable):
		return d.Forbidden(account.Name, "the annotation "+spaces.AnnotationObject+" of its home does not hold an Account; restore the annotation, or delete the account")
	case account.DeletionTimestamp != nil:
		return d.BeingDeleted(account.Name)
	default:
		return nil
	}
}

// delete lets a caller delete an account, and then lets next decide.
func (d door) delete(next rest.ValidateObjectFunc) rest.ValidateObjectFunc {
	return func(ctx context.Context, object runtime.Object) error {
		account, ok := object.(*spaces.Account)
		if !ok {
			return apierrors.NewInternalError(errNotAnAccount(object))
		}
		if err := d.RequireDelete(ctx, account, spaces.AccountHome(account.Name)); err != nil {
			return err
		}
		return next(ctx, object)
	}
}

// deletable tells whether delete lets the caller delete the account.
func (d door) deletable(ctx context.Context, object runtime.Object) (bool, error) {
	return innerdoor.Lets(ctx, d.delete(rest.ValidateAllObjectFunc), object)
}
