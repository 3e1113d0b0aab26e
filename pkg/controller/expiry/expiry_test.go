// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package expiry

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/utils/clock"
)

func TestMain(m *testing.M) {
	// The second handler slows errors down by the wall clock, across all tests and their clocks.
	utilruntime.ErrorHandlers = utilruntime.ErrorHandlers[:1] //nolint:reassign // there is no other way
	m.Run()
}

// cluster has deadlines, and refuses as many deletions as told.
type cluster struct {
	lock      sync.Mutex
	deadlines map[string]Deadline
	refuse    []error
	deleted   map[string]time.Time
	overdue   []string
	announced []string
	start     time.Time
}

func (c *cluster) TellOverdue(_ context.Context, name string, why error) error {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.overdue = append(c.overdue, fmt.Sprintf("%s after %s: %v", name, time.Since(c.start).Truncate(time.Second), why))
	return nil
}

func (c *cluster) Announce(_ context.Context, name string, _ Deadline, before, left time.Duration) error {
	c.lock.Lock()
	defer c.lock.Unlock()
	if len(c.refuse) > 0 {
		err := c.refuse[0]
		c.refuse = c.refuse[1:]
		return err
	}
	c.announced = append(c.announced, fmt.Sprintf("%s %s before, by %s, after %s", name, left, before, time.Since(c.start)))
	return nil
}

func (c *cluster) Deadline(name string) (Deadline, bool) {
	c.lock.Lock()
	defer c.lock.Unlock()
	deadline, ok := c.deadlines[name]
	return deadline, ok
}

func (c *cluster) Delete(_ context.Context, name string, preconditions metav1.Preconditions) error {
	c.lock.Lock()
	defer c.lock.Unlock()
	if len(c.refuse) > 0 {
		err := c.refuse[0]
		c.refuse = c.refuse[1:]
		return err
	}
	deadline := c.deadlines[name]
	if *preconditions.UID != deadline.UID || *preconditions.ResourceVersion != deadline.ResourceVersion {
		return apierrors.NewConflict(corev1.Resource("namespaces"), name, errors.New("it is another one"))
	}
	delete(c.deadlines, name)
	c.deleted[name] = time.Now()
	return nil
}

// deletedAfter returns how long after the start what was deleted, without what replicas are spread by.
func (c *cluster) deletedAfter() map[string]time.Duration {
	c.lock.Lock()
	defer c.lock.Unlock()
	after := map[string]time.Duration{}
	for name, when := range c.deleted {
		after[name] = when.Sub(c.start).Truncate(time.Second)
	}
	return after
}

func (c *cluster) set(name string, deadline Deadline) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.deadlines[name] = deadline
}

func (c *cluster) drop(name string) {
	c.lock.Lock()
	defer c.lock.Unlock()
	delete(c.deadlines, name)
}

// newCluster returns a cluster that refuses as many requests, with these errors.
func newCluster(refuse ...error) *cluster {
	return &cluster{deadlines: map[string]Deadline{}, deleted: map[string]time.Time{}, refuse: refuse, start: time.Now()}
}

// wallClock is one that can be set, while what runs the timers goes on as it did.
type wallClock struct {
	clock.RealClock
	ahead atomic.Int64
}

func (w *wallClock) Now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

func (w *wallClock) Since(t time.Time) time.Duration { return w.Now().Sub(t) }

func (w *wallClock) set(by time.Duration) { w.ahead.Add(int64(by)) }

// run has Spaces of the cluster expire until the function is called that it returns, or the test ends.
func (c *cluster) run(t *testing.T, now clock.WithTicker) (e *Expiry, stop func()) {
	t.Helper()
	e = New(c, c, now)
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { e.Run(ctx, 2) })
	stop = func() {
		cancel()
		done.Wait()
	}
	t.Cleanup(stop)
	return e, stop
}

func TestExpiry(t *testing.T) {
	conflict := apierrors.NewConflict(corev1.Resource("namespaces"), "a", errors.New("it has changed"))
	gone := apierrors.NewNotFound(corev1.Resource("namespaces"), "a")
	for name, tc := range map[string]struct {
		refuse []error
		steps  func(*cluster, *Expiry, time.Time)
		want   map[string]time.Duration
	}{
		"each at its deadline": {
			steps: func(c *cluster, e *Expiry, start time.Time) {
				for name, after := range map[string]time.Duration{"a": time.Hour, "b": time.Second, "c": 10 * time.Hour} {
					c.set(name, Deadline{At: start.Add(after)})
					e.Enqueue(name)
				}
				time.Sleep(20 * time.Hour)
			},
			want: map[string]time.Duration{"a": time.Hour, "b": time.Second, "c": 10 * time.Hour},
		},
		"at once when it has passed": {
			steps: func(c *cluster, e *Expiry, start time.Time) {
				c.set("a", Deadline{At: start.Add(-time.Hour)})
				e.Enqueue("a")
				time.Sleep(time.Second)
			},
			want: map[string]time.Duration{"a": 0},
		},
		"a deadline that is put off does not count": {
			steps: func(c *cluster, e *Expiry, start time.Time) {
				c.set("a", Deadline{At: start.Add(time.Hour)})
				e.Enqueue("a")
				time.Sleep(time.Hour - time.Millisecond)
				c.set("a", Deadline{At: start.Add(2 * time.Hour), ResourceVersion: "2"})
				time.Sleep(2 * time.Hour)
			},
			want: map[string]time.Duration{"a": 2 * time.Hour},
		},
		"a deadline that is moved up counts": {
			steps: func(c *cluster, e *Expiry, start time.Time) {
				c.set("a", Deadline{At: start.Add(time.Hour)})
				e.Enqueue("a")
				time.Sleep(time.Minute)
				c.set("a", Deadline{At: start.Add(2 * time.Minute)})
				e.Enqueue("a")
				time.Sleep(time.Hour)
			},
			want: map[string]time.Duration{"a": 2 * time.Minute},
		},
		"what does not expire stays": {
			steps: func(_ *cluster, e *Expiry, _ time.Time) {
				e.Enqueue("a")
				time.Sleep(time.Hour)
			},
			want: map[string]time.Duration{},
		},
		"what is created anew has a deadline of its own": {
			steps: func(c *cluster, e *Expiry, start time.Time) {
				c.set("a", Deadline{At: start.Add(time.Hour), UID: "1"})
				e.Enqueue("a")
				time.Sleep(time.Minute)
				c.drop("a")
				e.Forget("a")
				c.set("a", Deadline{At: start.Add(3 * time.Hour), UID: "2"})
				e.Enqueue("a")
				time.Sleep(4 * time.Hour)
			},
			want: map[string]time.Duration{"a": 3 * time.Hour},
		},
		"what is created anew, and does not expire, stays": {
			steps: func(c *cluster, e *Expiry, start time.Time) {
				c.set("a", Deadline{At: start.Add(time.Hour), UID: "1"})
				e.Enqueue("a")
				time.Sleep(time.Minute)
				c.drop("a")
				time.Sleep(4 * time.Hour)
			},
			want: map[string]time.Duration{},
		},
		"what has changed is tried again, soon": {
			refuse: []error{conflict, conflict},
			steps: func(c *cluster, e *Expiry, start time.Time) {
				c.set("a", Deadline{At: start.Add(time.Hour)})
				e.Enqueue("a")
				time.Sleep(2 * time.Hour)
			},
			want: map[string]time.Duration{"a": time.Hour},
		},
		"what is gone is done": {
			refuse: []error{gone},
			steps: func(c *cluster, e *Expiry, start time.Time) {
				c.set("a", Deadline{At: start})
				e.Enqueue("a")
				time.Sleep(time.Hour)
			},
			want: map[string]time.Duration{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCluster(tc.refuse...)
				e, _ := c.run(t, clock.RealClock{})
				tc.steps(c, e, c.start)
				synctest.Wait()
				if diff := cmp.Diff(tc.want, c.deletedAfter()); diff != "" {
					t.Errorf("deleted, and when (-want +got):\n%s", diff)
				}
				if left := len(c.deadlines); e.schedule.Len() != 0 && left == 0 {
					t.Errorf("%d are waited for, of %d", e.schedule.Len(), left)
				}
			})
		})
	}
}

// The clock of the machine may be set, or the machine may sleep. What counts is what the clock says.
func TestExpiryGoesByTheClock(t *testing.T) {
	for name, tc := range map[string]struct {
		by   time.Duration
		want time.Duration
	}{
		"it is right":                {by: 0, want: 2 * time.Hour},
		"it is set ahead":            {by: time.Hour, want: time.Hour},
		"it is set back":             {by: -time.Hour, want: 3 * time.Hour},
		"it is set past a deadline":  {by: 24 * time.Hour, want: time.Minute},
		"it is set ahead by seconds": {by: 10 * time.Second, want: 2*time.Hour - 10*time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, wall := newCluster(), &wallClock{}
				e, _ := c.run(t, wall)
				c.set("a", Deadline{At: c.start.Add(2 * time.Hour)})
				e.Enqueue("a")
				time.Sleep(time.Minute)
				wall.set(tc.by)
				time.Sleep(4 * time.Hour)
				got, ok := c.deletedAfter()["a"]
				if late := got - tc.want; !ok || late < 0 || late > time.Second {
					t.Errorf("deleted after %s, want %s, or a second later at most", got, tc.want)
				}
			})
		})
	}
}

// Another process goes on where one has ended, or has run all the time; which of them deletes does not matter.
func TestExpirySurvivesItsProcess(t *testing.T) {
	const deadline = time.Hour
	for name, steps := range map[string]func(*testing.T, *cluster){
		"it is restarted a second before": func(t *testing.T, c *cluster) {
			t.Helper()
			e, stop := c.run(t, clock.RealClock{})
			e.Enqueue("a")
			time.Sleep(deadline - time.Second)
			stop()
			e, _ = c.run(t, clock.RealClock{})
			e.Enqueue("a")
		},
		"it ends at that moment, and another takes over": func(t *testing.T, c *cluster) {
			t.Helper()
			e, stop := c.run(t, clock.RealClock{})
			other, _ := c.run(t, clock.RealClock{})
			e.Enqueue("a")
			other.Enqueue("a")
			time.Sleep(deadline - time.Nanosecond)
			stop()
		},
		"there are three": func(t *testing.T, c *cluster) {
			t.Helper()
			for range 3 {
				e, _ := c.run(t, clock.RealClock{})
				e.Enqueue("a")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCluster()
				c.set("a", Deadline{At: c.start.Add(deadline), UID: "1"})
				steps(t, c)
				time.Sleep(2 * deadline)
				if diff := cmp.Diff(map[string]time.Duration{"a": deadline}, c.deletedAfter()); diff != "" {
					t.Errorf("deleted, and when (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// Replicas take turns, so that most of what is due at once is deleted by one of them alone.
func TestExpirySpreadsReplicas(t *testing.T) {
	first, second := &Expiry{order: maphash.MakeSeed()}, &Expiry{order: maphash.MakeSeed()}
	same := 0
	for i := range 1000 {
		uid := types.UID(strconv.Itoa(i))
		a, b := first.turn(uid), second.turn(uid)
		if a < 0 || a >= spread || a != first.turn(uid) {
			t.Fatalf("the turn for %s is %s, then %s", uid, a, first.turn(uid))
		}
		if (a - b).Abs() < spread/100 {
			same++
		}
	}
	if same > 100 {
		t.Errorf("%d of 1000 are tried at the same time", same)
	}
}

func TestExpiryTellsWhatCannotBeDeleted(t *testing.T) {
	denied := apierrors.NewForbidden(corev1.Resource("namespaces"), "a", errors.New("a policy"))
	for name, tc := range map[string]struct {
		failures int
		want     []string
	}{
		"not what fails for a moment": {failures: 3},
		"what keeps failing":          {failures: 10, want: []string{`a after 1h0m5s: namespaces "a" is forbidden: a policy`}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCluster(slices.Repeat([]error{denied}, tc.failures)...)
				e, _ := c.run(t, clock.RealClock{})
				c.set("a", Deadline{At: c.start.Add(time.Hour)})
				e.Enqueue("a")
				time.Sleep(2 * time.Hour)
				synctest.Wait()
				if diff := cmp.Diff(tc.want, c.overdue); diff != "" {
					t.Errorf("told (-want +got):\n%s", diff)
				}
				if _, ok := c.deleted["a"]; !ok {
					t.Error("It was not deleted when it could be")
				}
			})
		})
	}
}
