// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package repair

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	testingclock "k8s.io/utils/clock/testing"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// delays takes note of that many changes, so far apart, and returns the delays that are not 0.
func delays(f *fights, clock *testingclock.FakePassiveClock, namespace string, changes int, apart time.Duration) []time.Duration {
	var delays []time.Duration
	for range changes {
		if delay := f.delay(namespace); delay > 0 {
			delays = append(delays, delay)
		}
		clock.SetTime(clock.Now().Add(apart))
	}
	return delays
}

func TestDelays(t *testing.T) {
	for name, tc := range map[string]struct {
		changes int
		apart   time.Duration
		want    []time.Duration
	}{
		"there is none for who edits by hand": {changes: patience, apart: time.Second},
		"they double, and end": {
			changes: patience + 9, apart: time.Millisecond,
			want: []time.Duration{
				time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second,
				time.Minute, time.Minute, time.Minute,
			},
		},
		"they come to who is slow":           {changes: patience + 2, apart: peace - 1, want: []time.Duration{time.Second, 2 * time.Second}},
		"there is none where peace comes":    {changes: 10 * patience, apart: peace},
		"a fight of a day ends like another": {changes: patience + 1_000, apart: time.Minute, want: endless(1_000)},
	} {
		t.Run(name, func(t *testing.T) {
			clock := testingclock.NewFakePassiveClock(noon)
			got := delays(newFights(clock), clock, "a", tc.changes, tc.apart)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("delays (-want +got):\n%s", diff)
			}
		})
	}
}

// endless are so many delays.
func endless(count int) []time.Duration {
	var delays []time.Duration
	for delay := firstDelay; len(delays) < count; delay = min(2*delay, longestDelay) {
		delays = append(delays, delay)
	}
	return delays
}

func TestDelaysOfNamespacesAreTheirOwn(t *testing.T) {
	clock := testingclock.NewFakePassiveClock(noon)
	f := newFights(clock)
	delays(f, clock, "a", patience, time.Second)
	if delay := f.delay("b"); delay > 0 {
		t.Errorf("b waits %v for a", delay)
	}
	if delay := f.delay("a"); delay != firstDelay {
		t.Errorf("a waits %v, want %v", delay, firstDelay)
	}
	f.forget("a")
	if delay := f.delay("a"); delay > 0 {
		t.Errorf("a waits %v for what is forgotten", delay)
	}
}

func TestState(t *testing.T) {
	type state struct {
		contested, news bool
		again           time.Duration
	}
	for name, tc := range map[string]struct {
		changes int
		told    bool
		later   time.Duration
		want    state
	}{
		"nothing has happened":              {},
		"somebody has edited":               {changes: patience},
		"a fight has begun":                 {changes: patience + 1, want: state{true, true, peace}},
		"a fight goes on":                   {changes: patience + 1, told: true, later: time.Minute, want: state{true, false, peace - time.Minute}},
		"a fight goes on for a moment more": {changes: patience + 1, told: true, later: peace - 1, want: state{true, false, 1}},
		"a fight is over":                   {changes: patience + 1, told: true, later: peace, want: state{false, true, 0}},
		"a fight is over before it is told": {changes: patience + 1, later: peace},
	} {
		t.Run(name, func(t *testing.T) {
			clock := testingclock.NewFakePassiveClock(noon)
			f := newFights(clock)
			delays(f, clock, "a", tc.changes, 0)
			if tc.told {
				f.reported("a", true)
			}
			clock.SetTime(noon.Add(tc.later))
			var got state
			got.contested, got.news, got.again = f.state("a")
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(state{})); diff != "" {
				t.Errorf("state (-want +got):\n%s", diff)
			}
		})
	}
}

// Namespaces come and go: what is over is forgotten, unless somebody still has to be told.
func TestFightsForgetWhatIsOver(t *testing.T) {
	clock := testingclock.NewFakePassiveClock(noon)
	f := newFights(clock)
	for _, namespace := range []string{"over", "told", "on"} {
		f.delay(namespace)
	}
	f.reported("told", true)
	f.reported("unknown", true)
	clock.SetTime(noon.Add(peace - 1))
	f.delay("on")
	clock.SetTime(noon.Add(peace))
	f.delay("new")
	got := map[string]bool{}
	for namespace := range f.rows {
		got[namespace] = true
	}
	if diff := cmp.Diff(map[string]bool{"told": true, "on": true, "new": true}, got); diff != "" {
		t.Errorf("remembered (-want +got):\n%s", diff)
	}
}

// Who plans something else, again and again, does not fight; and who fights is not taken for that when it is over.
func TestPlansAreNoFights(t *testing.T) {
	clock := testingclock.NewFakePassiveClock(noon)
	f := newFights(clock)
	for range 10 * patience {
		f.plan("a")
		if got := delays(f, clock, "a", 3, time.Second); got != nil {
			t.Fatalf("delays after a plan: %v", got)
		}
	}
	if contested, _, _ := f.state("a"); contested {
		t.Error("plans are taken for a fight")
	}
	clock.SetTime(clock.Now().Add(calm))
	if diff := cmp.Diff([]time.Duration{time.Second, 2 * time.Second}, delays(f, clock, "a", patience+2, time.Millisecond)); diff != "" {
		t.Errorf("delays of a fight after that (-want +got):\n%s", diff)
	}
}
