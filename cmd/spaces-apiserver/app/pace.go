// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
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

	// rushedPercent is how much there may be while many Spaces expire, as much as Go allows: that makes much garbage, and to
	// collect it took a fifth of two CPUs.
	rushedPercent = 100
	// manyOverdue is how many Spaces are to be deleted when there are many.
	manyOverdue = 100

	// fewGoroutines are there without watches, and some. manyGoroutines are some two thousand watches.
	fewGoroutines  = 1000
	manyGoroutines = 4000
)

// pace is that of the garbage collector. It is safe for concurrent use.
type pace struct {
	// fixed is whether the environment says what it is.
	fixed bool
	lock  sync.Mutex
	// rushed is whether many Spaces expire.
	rushed bool
}

// keepPace sets the pace anew after each collection, until the context ends.
func keepPace(ctx context.Context) *pace {
	p := &pace{fixed: os.Getenv("GOGC") != ""}
	if !p.fixed {
		p.set(0)
		p.setAfterCollection(ctx)
	}
	return p
}

// sentinel is garbage at once: it is found by the next collection. It has a pointer, or it might share its block of memory
// with something that stays.
type sentinel struct {
	_ *sentinel
}

// setAfterCollection sets the pace after the next collection, and after each one that follows. There is no other way to be
// told of them.
func (p *pace) setAfterCollection(ctx context.Context) {
	runtime.SetFinalizer(&sentinel{}, func(*sentinel) {
		if ctx.Err() == nil {
			p.set(liveHeap())
			p.setAfterCollection(ctx)
		}
	})
}

// follow sets the pace also when many Spaces begin to expire, or no longer do, until the context ends.
func (p *pace) follow(ctx context.Context, overdue func() int) {
	if p.fixed {
		return
	}
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			p.look(overdue())
		case <-ctx.Done():
			return
		}
	}
}

func (p *pace) look(overdue int) {
	p.lock.Lock()
	defer p.lock.Unlock()
	if rushed := overdue > manyOverdue; rushed != p.rushed {
		p.rushed = rushed
		p.setLocked(liveHeap())
	}
}

func (p *pace) set(live uint64) {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.setLocked(live)
}

func (p *pace) setLocked(live uint64) {
	debug.SetGCPercent(percentFor(live, runtime.NumGoroutine(), p.rushed))
}

// percentFor returns how much garbage there may be beside so many bytes in use, in percent of them.
func percentFor(live uint64, goroutines int, rushed bool) int {
	least := leastFor(goroutines)
	if rushed {
		least = max(least, rushedPercent)
	}
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
