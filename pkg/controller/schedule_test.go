// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/clock"
)

// called is what a Schedule has called for, and after how long.
type called struct {
	lock  sync.Mutex
	start time.Time
	calls []string
}

func (c *called) call(name string) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.calls = append(c.calls, fmt.Sprintf("%s after %s", name, time.Since(c.start)))
}

// scheduling returns a Schedule that runs until the test ends.
func scheduling(t *testing.T) (*Schedule, *called) {
	t.Helper()
	c := &called{start: time.Now()}
	s := NewSchedule(clock.RealClock{}, c.call)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { s.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return s, c
}

func TestSchedule(t *testing.T) {
	for name, tc := range map[string]struct {
		steps func(*Schedule, time.Time)
		want  []string
	}{
		"each at its moment": {
			steps: func(s *Schedule, start time.Time) {
				s.Set("late", start.Add(time.Hour))
				s.Set("soon", start.Add(1500*time.Millisecond))
				s.Set("now", start)
			},
			want: []string{"now after 0s", "soon after 1.5s", "late after 1h0m0s"},
		},
		"at the last moment that it was given": {
			steps: func(s *Schedule, start time.Time) {
				s.Set("put off", start.Add(time.Second))
				s.Set("moved up", start.Add(time.Hour))
				time.Sleep(time.Millisecond)
				s.Set("put off", start.Add(time.Minute))
				s.Set("moved up", start.Add(2*time.Second))
			},
			want: []string{"moved up after 2s", "put off after 1m0s"},
		},
		"not for what was dropped": {
			steps: func(s *Schedule, start time.Time) {
				s.Set("dropped", start.Add(time.Second))
				s.Set("kept", start.Add(time.Second))
				s.Drop("dropped")
				s.Drop("unknown")
			},
			want: []string{"kept after 1s"},
		},
		"once more for who asks once more": {
			steps: func(s *Schedule, start time.Time) {
				s.Set("twice", start.Add(time.Second))
				time.Sleep(time.Minute)
				s.Set("twice", start.Add(2*time.Minute))
			},
			want: []string{"twice after 1s", "twice after 2m0s"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, c := scheduling(t)
				tc.steps(s, c.start)
				time.Sleep(2 * time.Hour)
				synctest.Wait()
				if diff := cmp.Diff(tc.want, c.calls); diff != "" {
					t.Errorf("called (-want +got):\n%s", diff)
				}
				if s.Len() != 0 {
					t.Errorf("%d are left", s.Len())
				}
			})
		})
	}
}

// Whatever was set, put off, moved up and dropped: each is called at the moment that it had in the end.
func TestScheduleKeepsItsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := scheduling(t)
		random := rand.New(rand.NewPCG(1, 2))
		moments := map[string]time.Duration{}
		for range 20000 {
			name, after := strconv.Itoa(random.IntN(5000)), time.Duration(1+random.IntN(10000))*time.Second
			if random.IntN(4) == 0 {
				s.Drop(name)
				delete(moments, name)
				continue
			}
			s.Set(name, c.start.Add(after))
			moments[name] = after
		}
		var want []string
		for name, after := range moments {
			want = append(want, fmt.Sprintf("%s after %s", name, after))
		}
		time.Sleep(4 * time.Hour)
		synctest.Wait()
		slices.Sort(want)
		slices.Sort(c.calls)
		if diff := cmp.Diff(want, c.calls); diff != "" {
			t.Errorf("called (-want +got):\n%s", diff)
		}
	})
}

// Who renews all the time leaves nothing behind, nor does who comes and goes.
func TestScheduleForgetsMomentsOfBefore(t *testing.T) {
	s := NewSchedule(clock.RealClock{}, func(string) {})
	later := time.Now().Add(time.Hour)
	for i := range 10_000 {
		s.Set("renewed", later.Add(time.Duration(i)))
		name := strconv.Itoa(i)
		s.Set(name, later)
		s.Drop(name)
	}
	if got, most := len(s.moments), 2*s.Len()+fewMoments; got > most {
		t.Errorf("it keeps %d moments for %d names, want at most %d", got, s.Len(), most)
	}
}
