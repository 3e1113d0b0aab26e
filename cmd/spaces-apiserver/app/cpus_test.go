// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"runtime"
	"testing"
	"time"
)

func TestCPUsFor(t *testing.T) {
	for name, tc := range map[string]struct {
		all  int
		busy float64
		want int
	}{
		"there is one":             {all: 1, busy: 1, want: 1},
		"half of two":              {all: 2, want: 1},
		"half of eight":            {all: 8, want: 4},
		"half of seven":            {all: 7, want: 3},
		"some of two are busy":     {all: 2, busy: 0.3, want: 1},
		"a third of half of two":   {all: 2, busy: 0.4, want: 2},
		"all are busy":             {all: 2, busy: 2, want: 2},
		"some of eight are busy":   {all: 8, busy: 1.3, want: 4},
		"a third of half of eight": {all: 8, busy: 1.4, want: 8},
	} {
		t.Run(name, func(t *testing.T) {
			if got := cpusFor(tc.all, tc.busy); got != tc.want {
				t.Errorf("%d of them, want %d", got, tc.want)
			}
		})
	}
}

func TestCPUsFollowWhatIsUsed(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	now, used := time.Now(), time.Hour
	c := &cpus{all: 4, at: now, used: used}
	for _, step := range []struct {
		name       string
		took, used time.Duration
		want       int
	}{
		{"nothing", time.Second, 0, 2},
		{"a little", time.Second, 600 * time.Millisecond, 2},
		{"much", time.Second, 700 * time.Millisecond, 4},
		{"as much in a longer time", 2 * time.Second, 700 * time.Millisecond, 2},
		{"all", time.Second, 4 * time.Second, 4},
		{"nothing in no time", 0, 0, 2},
	} {
		now, used = now.Add(step.took), used+step.used
		if c.look(now, used); runtime.GOMAXPROCS(0) != step.want {
			t.Errorf("%s: runs on %d, want %d", step.name, runtime.GOMAXPROCS(0), step.want)
		}
	}
}

func TestCPUTime(t *testing.T) {
	began, work := cpuTime(), 0
	for cpuTime()-began < 50*time.Millisecond {
		work++
		runtime.KeepAlive(work)
	}
	worked := cpuTime()
	time.Sleep(200 * time.Millisecond)
	if slept := cpuTime() - worked; began == 0 || slept > 150*time.Millisecond {
		t.Errorf("had %s when it began, and %s more while it slept for 200ms", began, slept)
	}
}
