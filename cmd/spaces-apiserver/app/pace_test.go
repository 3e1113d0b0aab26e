// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
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
		rushed     bool
		want       int
	}{
		"nothing is known":           {live: 0, want: 20},
		"next to nothing is in use":  {live: 1 << 20, want: 200},
		"a third of the room":        {live: 20 << 20, want: 200},
		"half of the room is in use": {live: 30 << 20, want: 100},
		"much is in use":             {live: 50 << 20, want: 20},
		"all of the room is in use":  {live: 60 << 20, want: 20},
		"more than there is room":    {live: 1 << 30, want: 20},
		"some watches":               {live: 1 << 30, goroutines: 1000, want: 20},
		"a thousand watches":         {live: 1 << 30, goroutines: 2500, want: 110},
		"two thousand watches":       {live: 1 << 30, goroutines: 4000, want: 200},
		"very many watches":          {live: 1 << 30, goroutines: 1 << 20, want: 200},
		"many watches of little":     {live: 60 << 20, goroutines: 4000, want: 200},
		"many watches of nothing":    {live: 1 << 20, goroutines: 4000, want: 200},
		"many expire":                {live: 1 << 30, rushed: true, want: 100},
		"many of a few expire":       {live: 20 << 20, rushed: true, want: 200},
		"many expire, many watches":  {live: 1 << 30, goroutines: 4000, rushed: true, want: 200},
	} {
		t.Run(name, func(t *testing.T) {
			if got := percentFor(tc.live, tc.goroutines, tc.rushed); got != tc.want {
				t.Errorf("%d percent, want %d", got, tc.want)
			}
		})
	}
}

func TestThePaceIsSetAfterEachCollection(t *testing.T) {
	keepPercent(t)
	p := &pace{}
	ctx, cancel := context.WithCancel(t.Context())
	p.setAfterCollection(ctx)
	for range 3 {
		debug.SetGCPercent(10)
		collectUntil(t, func() bool { return debug.SetGCPercent(10) != 10 })
	}
	cancel()
	// Finalizers run one after the other: when this one has, that of before has, too.
	var over atomic.Bool
	runtime.SetFinalizer(&sentinel{}, func(*sentinel) { over.Store(true) })
	collectUntil(t, over.Load)
	debug.SetGCPercent(10)
	runtime.GC()
	if got := debug.SetGCPercent(10); got != 10 {
		t.Errorf("set to %d percent after the end", got)
	}
}

func TestThePaceFollowsHowManySpacesExpire(t *testing.T) {
	keepPercent(t)
	debug.SetGCPercent(10)
	p := &pace{}
	for _, step := range []struct {
		overdue int
		set     bool
	}{
		{0, false},
		{manyOverdue, false},
		{manyOverdue + 1, true},
		{5000, false},
		{manyOverdue, true},
		{0, false},
	} {
		p.look(step.overdue)
		if set := debug.SetGCPercent(10) != 10; set != step.set {
			t.Errorf("with %d to be deleted: set is %t, want %t", step.overdue, set, step.set)
		}
	}
}

func TestThePaceOfTheEnvironmentIsKept(t *testing.T) {
	keepPercent(t)
	t.Setenv("GOGC", "10")
	debug.SetGCPercent(10)
	keepPace(t.Context()).follow(t.Context(), func() int { return 5000 })
	if got := debug.SetGCPercent(10); got != 10 {
		t.Errorf("%d percent, want 10", got)
	}
}

// keepPercent has the percentage set again that was there before the test.
func keepPercent(t *testing.T) {
	t.Helper()
	percent := debug.SetGCPercent(100)
	t.Cleanup(func() { debug.SetGCPercent(percent) })
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
