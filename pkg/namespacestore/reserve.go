// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"
	"errors"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	utilnet "k8s.io/apimachinery/pkg/util/net"
)

// Budget keeps room for what is written. It is safe for concurrent use.
type Budget interface {
	// Reserve keeps room for the object, which is about to be written in the place of old, or created if that is nil.
	// Errors are those that the caller is to get; then nothing is written.
	Reserve(ctx context.Context, object, old runtime.Object) (Reservation, error)
}

// Reservation is room for one write. Exactly one of its methods is called.
type Reservation interface {
	// Commit says that it was written, and with which revision.
	Commit(revision uint64)
	// Rollback says that it was not written, and will not be.
	Rollback()
	// Doubt says that it may have been written, or may be yet, and that nobody will tell.
	Doubt()
}

// within writes a namespace in the room that is reserved for the object.
func (s *Store) within(ctx context.Context, object, old runtime.Object, write func() (*corev1.Namespace, error)) (*corev1.Namespace, error) {
	if s.Budget == nil {
		return write()
	}
	reservation, err := s.Budget.Reserve(ctx, object, old)
	if err != nil {
		return nil, err
	}
	end := reservation.Doubt
	defer func() { end() }()
	namespace, err := write()
	switch {
	case err == nil:
		revision, unread := versioner.ParseResourceVersion(namespace.ResourceVersion)
		if err = unread; err == nil {
			end = func() { reservation.Commit(revision) }
		}
	case !mayBeWritten(err):
		end = reservation.Rollback
	}
	return namespace, err
}

// mayBeWritten tells whether a write that has failed with the error may have happened, or may happen yet: a server that
// has ended it, or a connection that has, does not know.
func mayBeWritten(err error) bool {
	var said apierrors.APIStatus
	if errors.As(err, &said) {
		code := said.Status().Code
		return code >= http.StatusInternalServerError || code == http.StatusRequestTimeout
	}
	return !utilnet.IsConnectionRefused(err)
}
