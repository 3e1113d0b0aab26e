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
	roomyHeap = 72 << 20
	// leastPercent is how much garbage there may be in a heap that is larger, in percent of what is in use: a third
	// of what Go allows. The server keeps all namespaces in memory, and makes little garbage as long as there are few
	// watches.
	leastPercent = 33
	// mostPercent is how much there may be in a small one: to collect that takes no time.
	mostPercent = 200
	// fewGoroutines are there without watches, and some. With manyGoroutines, which is some two thousand watches, a
	// heap may have as much garbage as Go allows, crowdedPercent, and with some number in between something in between:
	// a collection looks at all their stacks, and holds up those who are to be told of something meanwhile.
	fewGoroutines  = 1000
	manyGoroutines = 4000
	crowdedPercent = 100
)

// paceCollector has the garbage collector keep to that, from one collection to the next, unless GOGC says otherwise.
func paceCollector() {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(leastPercent)
	afterCollection()
}

// sentinel is garbage at once: it is found by the next collection. It has a pointer, or it might share its block of memory
// with something that stays.
type sentinel struct {
	_ *sentinel
}

// afterCollection sets the pace of the next collection after each one. There is no other way to be told of them.
func afterCollection() {
	debug.SetGCPercent(percentFor(liveHeap(), runtime.NumGoroutine()))
	runtime.SetFinalizer(&sentinel{}, func(*sentinel) { afterCollection() })
}

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
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}
