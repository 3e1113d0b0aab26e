// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"time"
)

func TestPercentFor(t *testing.T) {
	for name, tc := range map[string]struct {
		live       uint64
		goroutines int
		want       int
	}{
		"nothing is known":           {live: 0, want: 33},
		"next to nothing is in use":  {live: 1 << 20, want: 200},
		"a third of the room":        {live: 24 << 20, want: 200},
		"half of the room is in use": {live: 36 << 20, want: 100},
		"much is in use":             {live: 60 << 20, want: 33},
		"all of the room is in use":  {live: 72 << 20, want: 33},
		"more than there is room":    {live: 1 << 30, want: 33},
		"some watches":               {live: 1 << 30, goroutines: 1000, want: 33},
		"a thousand watches":         {live: 1 << 30, goroutines: 2500, want: 66},
		"two thousand watches":       {live: 1 << 30, goroutines: 4000, want: 100},
		"very many watches":          {live: 1 << 30, goroutines: 1 << 20, want: 100},
		"many watches of little":     {live: 60 << 20, goroutines: 4000, want: 100},
		"many watches of nothing":    {live: 1 << 20, goroutines: 4000, want: 200},
	} {
		t.Run(name, func(t *testing.T) {
			if got := percentFor(tc.live, tc.goroutines); got != tc.want {
				t.Errorf("%d percent, want %d", got, tc.want)
			}
		})
	}
}

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

// collectUntil collects garbage until something is as it shall be.
func collectUntil(t *testing.T, done func() bool) {
	t.Helper()
	for range 1000 {
		if runtime.GC(); done() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("it is not after 1000 collections")
}

func TestThePaceIsSetAfterEachCollection(t *testing.T) {
	percent, cpus := debug.SetGCPercent(100), runtime.GOMAXPROCS(0)
	t.Cleanup(func() {
		debug.SetGCPercent(percent)
		runtime.GOMAXPROCS(cpus)
	})
	var busy atomic.Int32
	p := &pace{collects: true, cpus: 4, busy: func() float64 { return float64(busy.Load()) }}
	p.afterCollection()
	for _, step := range []struct{ busy, want int }{{0, 2}, {4, 4}, {0, 2}} {
		busy.Store(int32(step.busy))
		debug.SetGCPercent(10)
		collectUntil(t, func() bool { return debug.SetGCPercent(10) != 10 && runtime.GOMAXPROCS(0) == step.want })
	}
}

func TestBusy(t *testing.T) {
	busy := newBusy()
	runtime.GC()
	busy()
	work := 0
	for deadline := time.Now().Add(200 * time.Millisecond); time.Now().Before(deadline); work++ {
		runtime.KeepAlive(work)
	}
	runtime.GC()
	worked := busy()
	time.Sleep(200 * time.Millisecond)
	runtime.GC()
	if slept := busy(); worked < 0.3 || slept >= worked {
		t.Errorf("busy: %f CPUs while it worked, and %f while it slept", worked, slept)
	}
	if again := busy(); again != 0 {
		t.Errorf("busy: %f CPUs in no time", again)
	}
}
