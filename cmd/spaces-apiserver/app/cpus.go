// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"os"
	"runtime"
	"syscall"
	"time"
)

const (
	// lookEvery is how often the program looks on how many CPUs it should run.
	lookEvery = time.Second
	// calmAfter is how often in a row it must have little to do before it runs on fewer.
	calmAfter = 5
	// collectorCPUs is from how many CPUs on Go's garbage collector has one of them to itself. With fewer, it is those who
	// tell watches of something that collect most of the garbage, and all watches wait for them.
	collectorCPUs = 4
)

// keepCPUs has the program run on as many CPUs as it has use for, until the context ends, but what the environment says.
func keepCPUs(ctx context.Context) {
	if os.Getenv("GOMAXPROCS") != "" {
		return
	}
	c := cpus{all: runtime.GOMAXPROCS(0), at: time.Now(), used: cpuTime()}
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			c.look(time.Now(), cpuTime(), runtime.NumGoroutine())
		case <-ctx.Done():
			return
		}
	}
}

// cpus are those that the program may use.
type cpus struct {
	all int
	// at is when it was looked last, and used how much CPU time the program had taken by then.
	at   time.Time
	used time.Duration
	// calm is how often in a row there was little to do.
	calm int
}

// look sets on how many CPUs the program runs, by how many it had since it was looked last, on average: all of them at once
// when there is something to do, and half of them when there has been little for a while. With many watches, all are at least
// collectorCPUs, even if the machine has fewer.
//
// What is asked of an aggregated API server keeps the kube-apiserver busy for longer than the server itself, and as a rule
// both stand on one machine. Threads of the one that look for something to do are in the way of the other: on two CPUs, they
// take a fifth of our CPU time for a short list. When there is much to do, they find it.
func (c *cpus) look(now time.Time, used time.Duration, goroutines int) {
	half := max(1, c.all/2)
	busy := float64(used-c.used) / float64(max(now.Sub(c.at), 1))
	c.at, c.used = now, used
	if busy > float64(half)/4 {
		c.calm = 0
		runOn(c.allFor(goroutines))
		return
	}
	if c.calm++; c.calm >= calmAfter {
		runOn(half)
	}
}

func (c *cpus) allFor(goroutines int) int {
	if goroutines > fewGoroutines {
		return max(c.all, collectorCPUs)
	}
	return c.all
}

// runOn has the program run on so many CPUs. To set it, even to what it is, stops everything else for a moment.
func runOn(cpus int) {
	if cpus != runtime.GOMAXPROCS(0) {
		runtime.GOMAXPROCS(cpus)
	}
}

// cpuTime returns how much CPU time this process has taken, or 0 if the operating system does not say.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
