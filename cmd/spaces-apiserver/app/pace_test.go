// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestPercentFor(t *testing.T) {
	for name, tc := range map[string]struct {
		live       uint64
		goroutines int
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
	} {
		t.Run(name, func(t *testing.T) {
			if got := percentFor(tc.live, tc.goroutines); got != tc.want {
				t.Errorf("%d percent, want %d", got, tc.want)
			}
		})
	}
}

func TestThePaceIsSetAfterEachCollection(t *testing.T) {
	percent := debug.SetGCPercent(10)
	t.Cleanup(func() { debug.SetGCPercent(percent) })
	setPaceAfterCollection()
	for range 3 {
		debug.SetGCPercent(10)
		collectUntil(t, func() bool { return debug.SetGCPercent(10) != 10 })
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
