// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package turns has Go benchmarks measure the same thing in clusters of several sizes, so that it can be told how it grows.
package turns

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
	"time"
)

// Sizes are how many namespaces there are: N.
var Sizes = []int{1_000, 10_000, 100_000}

// Unit is that of what Measure reports for N.
func Unit(n int) string { return fmt.Sprintf("ns/N=%d", n) }

// Calls returns how many lists of k are one turn.
func Calls(k int) int { return max(10, 1_000/k) }

// Each returns one for each of the sizes. All are there while one is measured: what is left between them decides where in
// memory something new is put, and so how long that takes.
func Each[T any](one func(n int) T) map[int]T {
	made := map[int]T{}
	for _, n := range Sizes {
		made[n] = one(n)
	}
	return made
}

// Measure calls run for each of the sizes in turn, so many times each time, and reports the median turn of each size, in
// nanoseconds for a call. A turn should be a millisecond or so: what slows the machine then slows all sizes, and not one.
// Garbage is not collected meanwhile: in a larger heap that takes longer and comes more seldom, and what falls into so short
// a time is chance.
func Measure[T any](b *testing.B, calls int, sizes map[int]T, run func(T)) {
	b.Helper()
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	took := map[int][]time.Duration{}
	for b.Loop() {
		for _, n := range Sizes {
			took[n] = append(took[n], turn(calls, sizes[n], run))
		}
	}
	for n, all := range took {
		slices.Sort(all)
		b.ReportMetric(float64(all[len(all)/2])/float64(calls), Unit(n))
	}
}

func turn[T any](calls int, of T, run func(T)) time.Duration {
	began := time.Now()
	for range calls {
		run(of)
	}
	return time.Since(began)
}
