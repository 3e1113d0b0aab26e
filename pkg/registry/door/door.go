// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package door is the inner one of two doors: whoever may ask the kube-apiserver for our kinds at all has come through
// the outer one, and native RBAC in the namespace behind an object decides here about that object. What is asked for
// here, no role that opens the outer door may grant. Whether an object is visible is not decided here, but in the store.
package door

import (
	"context"
	"errors"
	"fmt"

	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// Reviewer asks the kube-apiserver whether a caller may do something.
type Reviewer interface {
	Allows(ctx context.Context, caller user.Info, what authorizationv1.ResourceAttributes) (bool, error)
}

// SelfReviewer asks the kube-apiserver whether the server itself may do something.
type SelfReviewer interface {
	AllowsSelf(ctx context.Context, what authorizationv1.ResourceAttributes) (bool, error)
}

// Door is that of one kind. It is safe for concurrent use.
type Door struct {
	Reviewer Reviewer
	Resource schema.GroupResource
	// Self is asked about what the server is to do later. If it is nil, the server may do everything.
	Self SelfReviewer
}

// ToCreateNamespaces is the right to create any namespace.
func ToCreateNamespaces() authorizationv1.ResourceAttributes {
	return authorizationv1.ResourceAttributes{Verb: "create", Version: "v1", Resource: "namespaces"}
}

// ToNamespace is the right to do so with the namespace.
func ToNamespace(verb, name string) authorizationv1.ResourceAttributes {
	return authorizationv1.ResourceAttributes{Verb: verb, Version: "v1", Resource: "namespaces", Namespace: name, Name: name}
}

// ToBind is the right to hand out the ClusterRole.
func ToBind(clusterRole string) authorizationv1.ResourceAttributes {
	return authorizationv1.ResourceAttributes{
		Verb: "bind", Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterroles", Name: clusterRole,
	}
}

// ToUse is the right to charge Spaces to the account.
func ToUse(account string) authorizationv1.ResourceAttributes {
	d := Door{Resource: spaces.Resource("accounts")}
	return d.To(spaces.VerbUse, spaces.AccountHome(account), account)
}

// ToUseTemplate is the right to fill Spaces from the template.
func ToUseTemplate(template string) authorizationv1.ResourceAttributes {
	d := Door{Resource: spaces.Resource("spacetemplates")}
	return d.To(spaces.VerbUse, spaces.SystemNamespace, template)
}

// To is the right to do so with an object of the kind, behind which is the namespace.
func (d Door) To(verb, namespace, name string) authorizationv1.ResourceAttributes {
	return authorizationv1.ResourceAttributes{
		Verb: verb, Group: d.Resource.Group, Version: "*", Resource: d.Resource.Resource, Namespace: namespace, Name: name,
	}
}

// Require returns nil if the caller may do one of the things, and otherwise an error about the object of that name, which
// says what the caller cannot do.
func (d Door) Require(ctx context.Context, name, right string, oneOf ...authorizationv1.ResourceAttributes) error {
	caller, ok := request.UserFrom(ctx)
	if !ok {
		return d.Forbidden(name, "the request has no user")
	}
	allowed, err := d.Allows(ctx, caller, oneOf...)
	if err != nil {
		return apierrors.NewInternalError(err)
	}
	if !allowed {
		return d.Forbidden(name, fmt.Sprintf("User %q cannot %s", caller.GetName(), right))
	}
	return nil
}

// RequireDelete returns nil if the caller may delete the object, behind which is the namespace. Whoever sees that it is being
// deleted may say so again: that changes nothing, and the roles by which it was said first go before the namespace does.
func (d Door) RequireDelete(ctx context.Context, object metav1.Object, namespace string) error {
	if _, ok := request.UserFrom(ctx); ok && object.GetDeletionTimestamp() != nil {
		return nil
	}
	return d.Require(ctx, object.GetName(), fmt.Sprintf("delete the namespace %q", namespace), ToNamespace("delete", namespace))
}

// Allows tells whether the caller may do one of the things.
func (d Door) Allows(ctx context.Context, caller user.Info, oneOf ...authorizationv1.ResourceAttributes) (bool, error) {
	for _, what := range oneOf {
		if allowed, err := d.Reviewer.Allows(ctx, caller, what); err != nil || allowed {
			return allowed, err
		}
	}
	return false, nil
}

// Forbidden is the answer to a caller who may not.
func (d Door) Forbidden(name, why string) error {
	return apierrors.NewForbidden(d.Resource, name, errors.New(why))
}

// BeingDeleted is the answer to who would change what is being deleted.
func (d Door) BeingDeleted(name string) error {
	return apierrors.NewConflict(d.Resource, name, errors.New("it is being deleted, and cannot be changed any more"))
}

// Lets tells whether the check lets the object pass, whose refusals are those of a door.
func Lets(ctx context.Context, check rest.ValidateObjectFunc, object runtime.Object) (bool, error) {
	err := check(ctx, object)
	if apierrors.IsForbidden(err) {
		return false, nil
	}
	return err == nil, err
}

// OrAll returns the function, or one that lets everything pass if it is nil.
func OrAll(validate rest.ValidateObjectFunc) rest.ValidateObjectFunc {
	if validate == nil {
		return rest.ValidateAllObjectFunc
	}
	return validate
}

// OrAllUpdates returns the function, or one that lets everything pass if it is nil.
func OrAllUpdates(validate rest.ValidateObjectUpdateFunc) rest.ValidateObjectUpdateFunc {
	if validate == nil {
		return rest.ValidateAllObjectUpdateFunc
	}
	return validate
}
