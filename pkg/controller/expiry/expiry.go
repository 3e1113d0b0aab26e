// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package expiry deletes Spaces when their time has come, and says before that it will.
package expiry

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/controller"
)

// spread is over how long replicas spread the deletions that are due at the same moment, each in an order of its own. So
// mostly one of them deletes a Space, and the others know before it is their turn.
const spread = 100 * time.Millisecond

// tellAfter is how late a deletion is that keeps failing when the Space says so.
const tellAfter = 5 * time.Second

// Deadline is when the Space in a namespace expires, as of one state of the namespace.
type Deadline struct {
	At time.Time
	// TTL is how long before that its time began to count, at least. People are not told of what they ask for just now.
	TTL             time.Duration
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
	// TellOverdue says of the Space why it is still there, if it does not say so yet.
	TellOverdue(ctx context.Context, name string, why error) error
}

// Expiry deletes the namespace of a Space at its deadline: not earlier, and later only by spread and by what the deletion
// takes. It deletes the state of the namespace that has the deadline and no other, so that a Space that was changed or
// created anew in the meantime survives; whoever else does the same is not in the way. It is safe for concurrent use.
type Expiry struct {
	*controller.Controller
	schedule  *controller.Schedule
	deadlines Deadlines
	deleter   Deleter
	clock     clock.PassiveClock
	order     maphash.Seed
}

// New returns an Expiry. It wants to be told by Enqueue of every Space whose deadline may have changed, and by Forget of
// those that are gone.
func New(deadlines Deadlines, deleter Deleter, now clock.WithTicker) *Expiry {
	e := &Expiry{deadlines: deadlines, deleter: deleter, clock: now, order: maphash.MakeSeed()}
	e.Controller = controller.New("expiry", e.reconcile, now)
	e.schedule = controller.NewSchedule(now, e.Enqueue)
	return e
}

// Forget has nothing deleted of this name, until Enqueue tells of it again.
func (e *Expiry) Forget(name string) { e.schedule.Drop(name) }

// Run deletes with that many workers until the context ends, and returns when they have ended. It can be called once.
func (e *Expiry) Run(ctx context.Context, workers int) {
	var running sync.WaitGroup
	running.Go(func() { e.schedule.Run(ctx) })
	e.Controller.Run(ctx, workers)
	running.Wait()
}

func (e *Expiry) reconcile(ctx context.Context, name string) (time.Duration, error) {
	deadline, ok := e.deadlines.Deadline(name)
	if !ok {
		e.schedule.Drop(name)
		return 0, nil
	}
	due := deadline.At.Add(e.turn(deadline.UID))
	if e.clock.Now().Before(due) {
		e.schedule.Set(name, due)
		return 0, nil
	}
	err := e.deleter.Delete(ctx, name, metav1.Preconditions{UID: &deadline.UID, ResourceVersion: &deadline.ResourceVersion})
	switch {
	case err == nil:
		late := e.clock.Since(deadline.At)
		lateness.Observe(late.Seconds())
		klog.FromContext(ctx).V(2).Info("Deleted expired Space", "space", klog.KRef("", name), "expiredAt", deadline.At, "late", late)
		return 0, nil
	case apierrors.IsNotFound(err):
		return 0, nil
	case apierrors.IsConflict(err):
		return 0, err
	default:
		failures.Inc()
		return 0, errors.Join(fmt.Errorf("delete expired Space %q: %w", name, err), e.tell(ctx, name, deadline, err))
	}
}

// turn is when within the spread it is this replica's turn to delete the Space.
func (e *Expiry) turn(space types.UID) time.Duration {
	return time.Duration(maphash.String(e.order, string(space)) % uint64(spread))
}

func (e *Expiry) tell(ctx context.Context, name string, deadline Deadline, why error) error {
	if e.clock.Since(deadline.At) < tellAfter {
		return nil
	}
	if err := e.deleter.TellOverdue(ctx, name, why); err != nil {
		return fmt.Errorf("say of the Space %q that it has expired: %w", name, err)
	}
	return nil
}
