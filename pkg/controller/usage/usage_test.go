// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package usage

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"
)

// answer is an Accounts that answers this.
type answer struct {
	unknown bool
	err     error
}

func (a answer) Tell(context.Context, string) (bool, error) { return a.unknown, a.err }

func TestReconcile(t *testing.T) {
	broken, namespaces := errors.New("no connection"), corev1.Resource("namespaces")
	for name, tc := range map[string]struct {
		answer answer
		again  time.Duration
		fails  error
	}{
		"what is told":             {},
		"what is not known yet":    {answer: answer{unknown: true}, again: calm},
		"what changes meanwhile":   {answer: answer{err: apierrors.NewConflict(namespaces, "a", broken)}, again: calm},
		"what is gone":             {answer: answer{err: apierrors.NewNotFound(namespaces, "a")}},
		"what cannot be told":      {answer: answer{err: broken}, fails: broken},
		"what is broken, and more": {answer: answer{unknown: true, err: broken}, fails: broken},
	} {
		t.Run(name, func(t *testing.T) {
			again, err := New(tc.answer, clock.RealClock{}).reconcile(t.Context(), "a")
			if again != tc.again || !errors.Is(err, tc.fails) {
				t.Errorf("again after %v (%v), want %v (%v)", again, err, tc.again, tc.fails)
			}
		})
	}
}

// told counts how often it is told, and is told more while that lasts.
type told struct {
	count     atomic.Int32
	meanwhile func()
}

func (t *told) Tell(context.Context, string) (bool, error) {
	if t.count.Add(1) == 1 {
		t.meanwhile()
	}
	return false, nil
}

func TestWhatChangesOftenIsToldSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		accounts := &told{}
		accountant := New(accounts, clock.RealClock{})
		accounts.meanwhile = func() { accountant.Enqueue("a") }
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { accountant.Run(ctx, 2) })
		for range 1000 {
			accountant.Enqueue("a")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := accounts.count.Load(); got != 2 {
			t.Errorf("told %d times, want once for all, and once for what came while that was told", got)
		}
		accountant.Enqueue("a")
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := accounts.count.Load(); got != 3 {
			t.Errorf("told %d times, want once more for what came later", got)
		}
		stop()
		running.Wait()
	})
}
