// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

const (
	// roomyHeap is up to how many bytes the heap may grow before garbage is collected, unless so little of it is in use
	// that mostPercent is less: a server with some ten thousand Spaces grows beyond that anyway.
	roomyHeap = 72 << 20
	// leastPercent is how much garbage there may be in a heap that is larger, in percent of what is in use: a third of what
	// Go allows. The server keeps all namespaces in memory, and makes little garbage as long as there are few watches.
	leastPercent = 33
	// mostPercent is how much there may be in a small one: to collect that takes no time.
	mostPercent = 200
	// crowdedPercent is how much there may be with many watches, as much as Go allows: a collection looks at all their
	// stacks, and holds up those who are to be told of something meanwhile.
	crowdedPercent = 100

	// fewGoroutines are there without watches, and some. manyGoroutines are some two thousand watches.
	fewGoroutines  = 1000
	manyGoroutines = 4000
)

// pace is that of the garbage collector, and on how many CPUs the program runs. Both are set anew after each collection,
// but what the environment says.
type pace struct {
	// collects says that the pace of the garbage collector is for us to set.
	collects bool
	// cpus is how many there are, or 0 if it is not for us to say how many are used.
	cpus int
	// busy returns how many have been busy since it was called last, on average.
	busy func() float64
}

// keepPace has the program keep its pace from now on.
func keepPace() {
	p := &pace{collects: os.Getenv("GOGC") == "", busy: newBusy()}
	if os.Getenv("GOMAXPROCS") == "" {
		p.cpus = runtime.GOMAXPROCS(0)
	}
	p.set(0)
	p.afterCollection()
}

// sentinel is garbage at once: it is found by the next collection. It has a pointer, or it might share its block of memory
// with something that stays.
type sentinel struct {
	_ *sentinel
}

// afterCollection sets the pace after the next collection, and after each one that follows. There is no other way to be told
// of them.
func (p *pace) afterCollection() {
	runtime.SetFinalizer(&sentinel{}, func(*sentinel) {
		p.set(liveHeap())
		p.afterCollection()
	})
}

func (p *pace) set(live uint64) {
	goroutines := runtime.NumGoroutine()
	if p.collects {
		debug.SetGCPercent(percentFor(live, goroutines))
	}
	if p.cpus > 0 {
		runtime.GOMAXPROCS(cpusFor(p.cpus, p.busy()))
	}
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

// cpusFor returns on how many of so many CPUs to run while so many are busy: half of them, as long as two thirds of those
// have nothing to do. What is asked of an aggregated API server keeps the kube-apiserver busy for longer than the server
// itself, and as a rule both stand on one machine. Threads of the one that look for something to do are in the way of the
// other: on two CPUs, they take a fifth of our CPU time for a short list. When there is much to do, they find it.
func cpusFor(all int, busy float64) int {
	half := max(1, all/2)
	if busy > float64(half)/3 {
		return all
	}
	return half
}

// newBusy returns how to find out how many CPUs were busy with something else than garbage, on average, from one collection
// to the next. A thread that waits for a CPU which another program has is busy, too: what it was to do waits with it.
func newBusy() func() float64 {
	var usedBefore, totalBefore float64
	return func() float64 {
		used, total := readFloat("/cpu/classes/user:cpu-seconds"), readFloat("/cpu/classes/total:cpu-seconds")
		share := (used - usedBefore) / max(total-totalBefore, math.SmallestNonzeroFloat64)
		usedBefore, totalBefore = used, total
		return share * float64(runtime.GOMAXPROCS(0))
	}
}

// liveHeap returns how many bytes the last collection has left.
func liveHeap() uint64 {
	if value := read("/gc/heap/live:bytes"); value.Kind() == metrics.KindUint64 {
		return value.Uint64()
	}
	return 0
}

func readFloat(name string) float64 {
	if value := read(name); value.Kind() == metrics.KindFloat64 {
		return value.Float64()
	}
	return 0
}

func read(name string) metrics.Value {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	return sample[0].Value
}
