// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestLanesHaveNothingInCommon(t *testing.T) {
	for name, config := range worlds {
		w := newWorld(config)
		seen := map[int]bool{}
		for _, lane := range w.lanes() {
			for _, namespace := range lane.namespaces {
				if seen[namespace] {
					t.Errorf("%s: namespace %d is in two lanes", name, namespace)
				}
				seen[namespace] = true
			}
		}
		if len(seen) != w.Namespaces {
			t.Errorf("%s: %d namespaces are in lanes, want %d", name, len(seen), w.Namespaces)
		}
	}
}

func TestLanesKeepTheRate(t *testing.T) {
	const length = 100 * time.Second
	for name, config := range worlds {
		w := newWorld(config)
		all, fat := 0, 0
		for _, lane := range w.lanes() {
			for number := 0; ; number++ {
				namespace, after := lane.due(number)
				if after >= length {
					break
				}
				all++
				if namespace >= w.slim() {
					fat++
				}
			}
		}
		if want := w.Rate * 100; all < want || all > want+2*writers {
			t.Errorf("%s: %d changes in %s, want %d", name, all, length, want)
		}
		if want := w.FatRate * 100; fat < want || fat > want+writers {
			t.Errorf("%s: %d changes of fat namespaces, want %d", name, fat, want)
		}
	}
}

func TestLanesTakeTurns(t *testing.T) {
	l := lane{namespaces: []int{3, 5}, offset: time.Second, every: time.Minute}
	for number, want := range []struct {
		namespace int
		after     time.Duration
	}{{3, time.Second}, {5, time.Minute + time.Second}, {3, 2*time.Minute + time.Second}} {
		if namespace, after := l.due(number); namespace != want.namespace || after != want.after {
			t.Errorf("change %d is of %d after %s, want %d after %s", number, namespace, after, want.namespace, want.after)
		}
	}
}

func TestLoadFindsItsChanges(t *testing.T) {
	first, second := change{sent: time.Unix(1, 0)}, change{sent: time.Unix(2, 0)}
	l := &load{before: []int{4, 0}, changes: [][]change{{first, second}, nil}}
	if got := l.of(mark{namespace: 0, sequence: 5}); got != first {
		t.Errorf("change 0.5 was sent at %s", got.sent)
	}
	if got := l.of(mark{namespace: 0, sequence: 6}); got != second {
		t.Errorf("change 0.6 was sent at %s", got.sent)
	}
	if after := l.after(); after[0] != 6 || after[1] != 0 {
		t.Errorf("after it, the namespaces have been changed %v times", after)
	}
	w := newWorld(Config{Watchers: 3, Users: 1, Namespaces: 2, Sights: 2, Rate: 1})
	if count, expected := l.count(), l.expected(w); count != 2 || expected != 6 {
		t.Errorf("there are %d changes, and %d deliveries of them, want 2 and 6", count, expected)
	}
}

func TestWaitUntil(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if err := waitUntil(t.Context(), began.Add(time.Minute)); err != nil || time.Since(began) != time.Minute {
			t.Errorf("waited %s (%v), want a minute", time.Since(began), err)
		}
		if err := waitUntil(t.Context(), began); err != nil || time.Since(began) != time.Minute {
			t.Errorf("waited until %s (%v) for what was past", time.Since(began), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := waitUntil(ctx, began.Add(time.Hour)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v when the time was over", err)
		}
	})
}

func TestPoll(t *testing.T) {
	failure := errors.New("failure")
	for name, tc := range map[string]struct {
		doneAfter time.Duration
		err       error
		wantError bool
		wantTime  time.Duration
	}{
		"what is so at once":       {},
		"what becomes so":          {doneAfter: time.Second, wantTime: time.Second},
		"what does not become so":  {doneAfter: time.Hour, wantError: true, wantTime: 10*time.Second + 100*time.Millisecond},
		"what cannot be found out": {err: failure, wantError: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				err := poll(t.Context(), 10*time.Second, func(context.Context) (bool, error) {
					return time.Since(began) >= tc.doneAfter, tc.err
				})
				if (err != nil) != tc.wantError || time.Since(began) != tc.wantTime {
					t.Errorf("poll() = %v after %s, want error: %t, after %s", err, time.Since(began), tc.wantError, tc.wantTime)
				}
			})
		})
	}
}

func TestParallel(t *testing.T) {
	failure := errors.New("failure")
	done := make([]bool, 100)
	err := parallel(t.Context(), 8, len(done), func(_ context.Context, i int) error {
		done[i] = true
		return nil
	})
	for i := range done {
		if !done[i] || err != nil {
			t.Fatalf("did %d: %t (%v)", i, done[i], err)
		}
	}
	err = parallel(t.Context(), 8, len(done), func(ctx context.Context, i int) error {
		if i == 50 {
			return failure
		}
		return ctx.Err()
	})
	if !errors.Is(err, failure) {
		t.Errorf("got %v, want %v", err, failure)
	}
}
