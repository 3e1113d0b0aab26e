// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"
	"errors"
	"iter"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/storage"
)

// Access says who sees which namespace at one moment. It is immutable.
type Access interface {
	// Sees tells whether the caller sees the namespace.
	Sees(caller user.Info, namespace string) bool
	// Namespaces returns the names of all that the caller sees, sorted; or all == true for every one. They must not be
	// changed.
	Namespaces(caller user.Info) (namespaces []string, all bool)
	// Identities returns what callers are told apart by, as comparable values: the same ones by every Access.
	Identities(caller user.Info) []any
	// Viewers are identities: whoever sees the namespace has one of them.
	Viewers(namespace string) iter.Seq[any]
}

// AccessChange says what may differ between two Accesses. It is immutable.
type AccessChange interface {
	// Namespaces returns the names of those that the caller may have gained or lost, or all == true for any.
	Namespaces(caller user.Info) (namespaces []string, all bool)
	// Viewers are identities: whoever may have gained or lost something has one of them.
	Viewers() iter.Seq[any]
	// Concerns tells whether anybody may have gained or lost the namespace.
	Concerns(namespace string) bool
}

// Reviewer asks the authorizers of the cluster whether the caller may see one namespace. It is asked where Access says
// no, so that those who may by other means than RBAC find the single object that they name.
type Reviewer func(ctx context.Context, caller user.Info, namespace string) (bool, error)

var errNoCaller = errors.New("the request has no caller, so nothing is visible to it")

// callerOf returns whose request this is. Without a caller nothing is shown.
func callerOf(ctx context.Context) (user.Info, error) {
	caller, ok := request.UserFrom(ctx)
	if !ok {
		return nil, storage.NewInternalError(errNoCaller)
	}
	return caller, nil
}

// nobody sees anything.
type nobody struct{}

func (nobody) Sees(user.Info, string) bool           { return false }
func (nobody) Namespaces(user.Info) ([]string, bool) { return nil, false }
func (nobody) Identities(user.Info) []any            { return nil }
func (nobody) Viewers(string) iter.Seq[any]          { return func(func(any) bool) {} }
