// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"runtime"
	"testing"
	"time"
)

func TestCPUsFollowWhatIsUsed(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	now, used := time.Now(), time.Hour
	c := &cpus{all: 4, at: now, used: used}
	for _, step := range []struct {
		name       string
		took, used time.Duration
		times      int
		want       int
	}{
		{"all, at first", time.Second, 4 * time.Second, 1, 4},
		{"nothing, for less than a while", time.Second, 0, calmAfter - 1, 4},
		{"nothing, for a while", time.Second, 0, 1, 2},
		{"a little", time.Second, 500 * time.Millisecond, 10, 2},
		{"much", time.Second, 510 * time.Millisecond, 1, 4},
		{"as much in a longer time", 2 * time.Second, 510 * time.Millisecond, calmAfter - 1, 4},
		{"much, when it was calm for less than a while", time.Second, time.Second, 1, 4},
		{"nothing, for less than a while again", time.Second, 0, calmAfter - 1, 4},
		{"nothing in no time", 0, 0, 1, 2},
	} {
		for range step.times {
			now, used = now.Add(step.took), used+step.used
			c.look(now, used, 0)
		}
		if got := runtime.GOMAXPROCS(0); got != step.want {
			t.Errorf("%s: runs on %d, want %d", step.name, got, step.want)
		}
	}
}

func TestTheGarbageCollectorOfManyWatchesHasACPUToItself(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	for _, tc := range []struct{ all, goroutines, want int }{
		{all: 1, goroutines: fewGoroutines, want: 1},
		{all: 1, goroutines: fewGoroutines + 1, want: 4},
		{all: 2, goroutines: fewGoroutines, want: 2},
		{all: 2, goroutines: fewGoroutines + 1, want: 4},
		{all: 6, goroutines: fewGoroutines + 1, want: 6},
	} {
		now := time.Now()
		c := &cpus{all: tc.all, at: now}
		c.look(now.Add(time.Second), time.Second*time.Duration(tc.all), tc.goroutines)
		if got := runtime.GOMAXPROCS(0); got != tc.want {
			t.Errorf("with %d goroutines, of %d CPUs: runs on %d, want %d", tc.goroutines, tc.all, got, tc.want)
		}
	}
}

func TestOneCPUIsNotHalved(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	c := &cpus{all: 1}
	for range calmAfter {
		c.look(time.Now(), 0, 0)
	}
	if got := runtime.GOMAXPROCS(0); got != 1 {
		t.Errorf("runs on %d, want 1", got)
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
