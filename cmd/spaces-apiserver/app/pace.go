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
	// roomyHeap is up to how many bytes the heap may grow before garbage is collected, however little of it is in use: in
	// a small cluster garbage would be collected all the time, to save what nobody misses.
	roomyHeap = 48 << 20
	// gcPercent is how much garbage there may be in a heap that is larger, in percent of what is in use: a third
	// of what Go allows. The server keeps all namespaces in memory, and makes little garbage.
	gcPercent = 33
)

// paceCollector has the garbage collector keep to that, from one collection to the next, unless GOGC says otherwise.
func paceCollector() {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(gcPercent)
	afterCollection()
}

// sentinel is garbage at once: it is found by the next collection. It has a pointer, or it might share its block of memory
// with something that stays.
type sentinel struct {
	_ *sentinel
}

// afterCollection sets the pace of the next collection after each one. There is no other way to be told of them.
func afterCollection() {
	debug.SetGCPercent(percentFor(liveHeap()))
	runtime.SetFinalizer(&sentinel{}, func(*sentinel) { afterCollection() })
}

// percentFor returns how much garbage there may be beside so many bytes in use, in percent of them.
func percentFor(live uint64) int {
	if live == 0 || live >= roomyHeap {
		return gcPercent
	}
	return max(gcPercent, int((roomyHeap-live)*100/live))
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
