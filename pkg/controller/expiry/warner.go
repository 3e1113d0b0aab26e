// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package expiry

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/klog/v2"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/controller"
)

// Announcer tells people that a Space expires.
type Announcer interface {
	// Announce does so, once for the deadline and the time that was to be left, whoever is asked and how often. Left is how
	// much time there is in fact. Errors are those of the kube-apiserver.
	Announce(ctx context.Context, name string, deadline Deadline, before, left time.Duration) error
}

// Warner has people told some time before a Space expires. A Space that is renewed has another deadline, before which they
// are told again. It is safe for concurrent use.
type Warner struct {
	*controller.Controller
	schedule  *controller.Schedule
	deadlines Deadlines
	announcer Announcer
	clock     clock.PassiveClock
	before    []time.Duration // the longest first

	lock sync.Mutex
	// told is of which moment people were told last, by the names of Spaces.
	told map[string]time.Time
}

// NewWarner returns a Warner that has people told so long before the deadline, each time. It wants to be told as Expiry does.
func NewWarner(deadlines Deadlines, announcer Announcer, before []time.Duration, now clock.WithTicker) *Warner {
	w := &Warner{deadlines: deadlines, announcer: announcer, clock: now, before: slices.Clone(before), told: map[string]time.Time{}}
	slices.SortFunc(w.before, func(a, b time.Duration) int { return cmp.Compare(b, a) })
	w.Controller = controller.New("expiry-warnings", w.reconcile, now)
	w.schedule = controller.NewSchedule(now, w.Enqueue)
	return w
}

// Forget has nobody told of this name, until Enqueue tells of it again.
func (w *Warner) Forget(name string) {
	w.schedule.Drop(name)
	w.lock.Lock()
	defer w.lock.Unlock()
	delete(w.told, name)
}

// Run has people told until the context ends, and returns when that has ended. It can be called once.
func (w *Warner) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { w.schedule.Run(ctx) })
	w.Controller.Run(ctx, 1) // nobody waits for it
	running.Wait()
}

func (w *Warner) reconcile(ctx context.Context, name string) (time.Duration, error) {
	deadline, ok := w.deadlines.Deadline(name)
	if !ok {
		w.Forget(name)
		return 0, nil
	}
	now := w.clock.Now()
	before, next := w.look(deadline, now)
	if !next.IsZero() {
		w.schedule.Set(name, next)
	}
	if before == 0 || w.hasTold(name, deadline.At.Add(-before)) {
		return 0, nil
	}
	err := w.announcer.Announce(ctx, name, deadline, before, deadline.At.Sub(now))
	if err != nil && !apierrors.IsNotFound(err) {
		return 0, fmt.Errorf("tell that the Space %q expires: %w", name, err)
	}
	klog.FromContext(ctx).V(4).Info("Told that a Space expires", "space", klog.KRef("", name), "expiresAt", deadline.At)
	w.hasToldOf(name, deadline.At.Add(-before))
	return 0, nil
}

// look returns which warning is due now, as how long before the deadline, or 0 if none is; and when the next one is, or zero.
func (w *Warner) look(deadline Deadline, now time.Time) (before time.Duration, next time.Time) {
	if !now.Before(deadline.At) {
		return 0, time.Time{}
	}
	for _, each := range w.before {
		moment := deadline.At.Add(-each)
		switch {
		case each >= deadline.TTL:
		case moment.After(now):
			return before, moment
		default:
			before = each
		}
	}
	return before, time.Time{}
}

func (w *Warner) hasTold(name string, moment time.Time) bool {
	w.lock.Lock()
	defer w.lock.Unlock()
	return w.told[name].Equal(moment)
}

func (w *Warner) hasToldOf(name string, moment time.Time) {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.told[name] = moment
}
