// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package space completes Spaces whose creation was interrupted.
package space

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/controller"
)

// grace is how long whoever creates a Space has to do so, before it is taken to be interrupted.
const grace = 3 * time.Second

// Spaces knows the Spaces that are not complete.
type Spaces interface {
	// Incomplete tells whether there is such a Space, and it is not complete, nor being deleted.
	Incomplete(name string) bool
	// Complete does what is left to do. Errors are those of the kube-apiserver.
	Complete(ctx context.Context, name string) error
}

// Completer completes Spaces whose creation was interrupted, as it is if the process ends that creates them. It is
// safe for concurrent use.
type Completer struct {
	*controller.Controller
	spaces Spaces
}

// New returns a Completer.
func New(spaces Spaces, now clock.WithTicker) *Completer {
	c := &Completer{spaces: spaces}
	c.Controller = controller.New("space", c.reconcile, now)
	return c
}

// Enqueue tells of a Space that is not complete.
func (c *Completer) Enqueue(name string) { c.EnqueueAfter(name, grace) }

func (c *Completer) reconcile(ctx context.Context, name string) (time.Duration, error) {
	if !c.spaces.Incomplete(name) {
		return 0, nil
	}
	err := c.spaces.Complete(ctx, name)
	if err != nil && !apierrors.IsNotFound(err) {
		return 0, fmt.Errorf("complete Space %q: %w", name, err)
	}
	return 0, nil
}
