// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

const (
	// roomyHeap is up to how many bytes the heap may grow before garbage is collected, unless so little of it is in use
	// that mostPercent is less: a server with some ten thousand Spaces grows beyond that anyway.
	roomyHeap = 60 << 20
	// leastPercent is how much garbage there may be in a heap that is larger, in percent of what is in use: a fifth of what
	// Go allows. The server keeps all namespaces in memory, and makes little garbage as long as there are few watches.
	leastPercent = 20
	// mostPercent is how much there may be in a small one: to collect that takes no time.
	mostPercent = 200
	// crowdedPercent is how much there may be with many watches, twice as much as Go allows: a collection looks at all their
	// stacks, and holds up those who are to be told of something meanwhile.
	crowdedPercent = 200

	// fewGoroutines are there without watches, and some. manyGoroutines are some two thousand watches.
	fewGoroutines  = 1000
	manyGoroutines = 4000
)

// keepPace sets the pace of the garbage collector anew after each collection from now on, but what the environment says.
func keepPace() {
	if os.Getenv("GOGC") != "" {
		return
	}
	setPace(0)
	setPaceAfterCollection()
}

// sentinel is garbage at once: it is found by the next collection. It has a pointer, or it might share its block of memory
// with something that stays.
type sentinel struct {
	_ *sentinel
}

// setPaceAfterCollection sets the pace after the next collection, and after each one that follows. There is no other way to
// be told of them.
func setPaceAfterCollection() {
	runtime.SetFinalizer(&sentinel{}, func(*sentinel) {
		setPace(liveHeap())
		setPaceAfterCollection()
	})
}

func setPace(live uint64) { debug.SetGCPercent(percentFor(live, runtime.NumGoroutine())) }

// percentFor returns how much garbage there may be beside so many bytes in use, in percent of them.
func percentFor(live uint64, goroutines int) int {
	least := leastFor(goroutines)
	if live == 0 || live >= roomyHeap {
		return least
	}
	return min(max(least, int((roomyHeap-live)*100/live)), mostPercent)
}

// leastFor is leastPercent, unless there are many goroutines.
func leastFor(goroutines int) int {
	crowd := min(max(goroutines, fewGoroutines), manyGoroutines) - fewGoroutines
	return leastPercent + (crowdedPercent-leastPercent)*crowd/(manyGoroutines-fewGoroutines)
}

// liveHeap returns how many bytes the last collection has left.
func liveHeap() uint64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	if live[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return live[0].Value.Uint64()
}
