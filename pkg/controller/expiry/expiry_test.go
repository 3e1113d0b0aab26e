// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package expiry

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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

// deletedAfter returns how long after the start what was deleted.
func (c *cluster) deletedAfter(start time.Time) map[string]time.Duration {
	c.lock.Lock()
	defer c.lock.Unlock()
	after := map[string]time.Duration{}
	for name, when := range c.deleted {
		after[name] = when.Sub(start)
	}
	return after
}

func (c *cluster) set(name string, deadline Deadline) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.deadlines[name] = deadline
}

// running returns a cluster whose Spaces expire, until the test ends.
func running(t *testing.T, refuse ...error) (*cluster, *Expiry) {
	t.Helper()
	c := &cluster{deadlines: map[string]Deadline{}, deleted: map[string]time.Time{}, refuse: refuse}
	e := New(c, c, clock.RealClock{})
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { e.Run(ctx, 2) })
	t.Cleanup(func() {
		cancel()
		done.Wait()
	})
	return c, e
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
				for name, after := range map[string]time.Duration{"a": time.Hour, "b": time.Second, "c": 100 * time.Hour} {
					c.set(name, Deadline{At: start.Add(after)})
					e.Enqueue(name)
				}
				time.Sleep(200 * time.Hour)
			},
			want: map[string]time.Duration{"a": time.Hour, "b": time.Second, "c": 100 * time.Hour},
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
		"what is refused is tried again, soon": {
			refuse: []error{conflict, errors.New("nobody answers")},
			steps: func(c *cluster, e *Expiry, start time.Time) {
				c.set("a", Deadline{At: start.Add(time.Hour)})
				e.Enqueue("a")
				time.Sleep(2 * time.Hour)
			},
			want: map[string]time.Duration{"a": time.Hour + 30*time.Millisecond},
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
				start := time.Now()
				c, e := running(t, tc.refuse...)
				tc.steps(c, e, start)
				if diff := cmp.Diff(tc.want, c.deletedAfter(start)); diff != "" {
					t.Errorf("deleted, and when (-want +got):\n%s", diff)
				}
			})
		})
	}
}
