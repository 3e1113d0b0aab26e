// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/utils/clock"
)

func TestMain(m *testing.M) {
	// The second handler slows errors down by the wall clock, across all tests and their clocks.
	utilruntime.ErrorHandlers = utilruntime.ErrorHandlers[:1] //nolint:reassign // there is no other way
	m.Run()
}

// incomplete is a Space that is complete at some time, or after some tries.
type incomplete struct {
	lock       sync.Mutex
	completeAt time.Time
	fails      []error
	completed  int
}

func (i *incomplete) Incomplete(string) bool {
	i.lock.Lock()
	defer i.lock.Unlock()
	return i.completed == 0 && (i.completeAt.IsZero() || time.Now().Before(i.completeAt))
}

func (i *incomplete) Complete(context.Context, string) error {
	i.lock.Lock()
	defer i.lock.Unlock()
	if len(i.fails) > 0 {
		err := i.fails[0]
		i.fails = i.fails[1:]
		return err
	}
	i.completed++
	return nil
}

func TestCompleter(t *testing.T) {
	gone := apierrors.NewNotFound(corev1.Resource("namespaces"), "a")
	for name, tc := range map[string]struct {
		completeAfter time.Duration
		fails         []error
		want          int
	}{
		"an interrupted creation is completed": {want: 1},
		"one that goes on is left alone":       {completeAfter: grace / 2, want: 0},
		"it is tried until it succeeds":        {fails: []error{errors.New("nobody answers"), errors.New("nobody answers")}, want: 1},
		"what is gone is not tried again":      {fails: []error{gone}, want: 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				space := &incomplete{fails: tc.fails}
				if tc.completeAfter > 0 {
					space.completeAt = time.Now().Add(tc.completeAfter)
				}
				c := New(space, clock.RealClock{})
				ctx, cancel := context.WithCancel(t.Context())
				var done sync.WaitGroup
				done.Go(func() { c.Run(ctx, 2) })
				c.Enqueue("a")
				c.Enqueue("a")
				time.Sleep(time.Minute)
				cancel()
				done.Wait()
				if space.completed != tc.want {
					t.Errorf("completed %d times, want %d", space.completed, tc.want)
				}
			})
		})
	}
}
