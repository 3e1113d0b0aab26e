// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package expiry deletes Spaces when their time has come.
package expiry

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/controller"
)

// Deadline is when the Space in a namespace expires, as of one state of the namespace.
type Deadline struct {
	At              time.Time
	UID             types.UID
	ResourceVersion string
}

// Deadlines knows the Spaces that expire.
type Deadlines interface {
	// Deadline returns that of the Space of this name, or false if there is no such Space, or it never expires, or is
	// being deleted already.
	Deadline(name string) (Deadline, bool)
}

// Deleter deletes a namespace, under the preconditions. Errors are those of the kube-apiserver.
type Deleter interface {
	Delete(ctx context.Context, name string, preconditions metav1.Preconditions) error
}

// Expiry deletes the namespace of a Space at its deadline: not earlier, and later only by what the deletion takes. It
// waits for each deadline by itself, in a heap, and deletes the state of the namespace that has the deadline and no
// other, so that a Space that was changed or created anew in the meantime survives. It is safe for concurrent use.
type Expiry struct {
	*controller.Controller
	deadlines Deadlines
	deleter   Deleter
	clock     clock.PassiveClock
}

// New returns an Expiry. It wants to be told by Enqueue of every Space whose deadline may have changed.
func New(deadlines Deadlines, deleter Deleter, now clock.WithTicker) *Expiry {
	e := &Expiry{deadlines: deadlines, deleter: deleter, clock: now}
	e.Controller = controller.New("expiry", e.reconcile, now)
	return e
}

func (e *Expiry) reconcile(ctx context.Context, name string) (time.Duration, error) {
	deadline, ok := e.deadlines.Deadline(name)
	if !ok {
		return 0, nil
	}
	if left := deadline.At.Sub(e.clock.Now()); left > 0 {
		return left, nil
	}
	err := e.deleter.Delete(ctx, name, metav1.Preconditions{UID: &deadline.UID, ResourceVersion: &deadline.ResourceVersion})
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("delete expired Space %q: %w", name, err)
	}
	klog.FromContext(ctx).V(2).Info("Deleted expired Space", "space", klog.KRef("", name), "expiredAt", deadline.At)
	return 0, nil
}
