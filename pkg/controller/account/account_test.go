// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"errors"
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

// ending is an account that is done after so many looks, of which the first may fail. Only one worker uses it.
type ending struct {
	is    bool
	fails error
	looks int

	looked []time.Duration
	since  time.Time
}

func (e *ending) Ending(string) bool { return e.is }

func (e *ending) End(context.Context, string) (bool, error) {
	e.looked = append(e.looked, time.Since(e.since))
	if e.fails != nil && len(e.looked) == 1 {
		return false, e.fails
	}
	return len(e.looked) >= e.looks, nil
}

func TestEnder(t *testing.T) {
	for name, tc := range map[string]struct {
		ending   ending
		want     int
		wantLast time.Duration
	}{
		"an account that is not being deleted": {},
		"one without Spaces":                   {ending: ending{is: true, looks: 1}, want: 1},
		"one whose Spaces take their time":     {ending: ending{is: true, looks: 4}, want: 4, wantLast: 3 * lookEvery},
		"one that is gone":                     {ending: ending{is: true, looks: 9, fails: apierrors.NewNotFound(corev1.Resource("namespaces"), "a")}, want: 1},
		"one whose Spaces cannot be deleted":   {ending: ending{is: true, looks: 2, fails: errors.New("no connection")}, want: 2, wantLast: 10 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				account := tc.ending
				account.since = time.Now()
				e := New(&account, clock.RealClock{})
				e.Enqueue("a")
				go e.Run(ctx, 1)
				time.Sleep(time.Minute)
				cancel()
				synctest.Wait()
				if len(account.looked) != tc.want || tc.want > 0 && account.looked[tc.want-1] != tc.wantLast {
					t.Errorf("looked at %v, want %d times, the last after %v", account.looked, tc.want, tc.wantLast)
				}
			})
		})
	}
}
