// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// turns is how many times each target has its turn, so that what disturbs the machine meanwhile disturbs all of them.
const turns = 4

// Throughput measures how many requests per second each target answers when several callers, each on a connection of
// its own, ask without a pause. Each target gets the given time in all.
func Throughput(ctx context.Context, targets []Target, callers int, each time.Duration, random *rand.Rand) ([]float64, error) {
	crowds, err := gather(ctx, targets, callers)
	if err != nil {
		return nil, err
	}
	defer func() {
		for _, crowd := range crowds {
			closeAll(crowd)
		}
	}()
	runtime.GC()
	counts, spent := make([]int64, len(targets)), make([]time.Duration, len(targets))
	for range turns {
		for _, i := range random.Perm(len(targets)) {
			count, took, err := storm(ctx, crowds[i], each/turns)
			if err != nil {
				return nil, err
			}
			counts[i] += count
			spent[i] += took
		}
	}
	rates := make([]float64, len(targets))
	for i := range rates {
		rates[i] = float64(counts[i]) / spent[i].Seconds()
	}
	return rates, nil
}

// gather returns as many clients for each target as there are callers.
func gather(ctx context.Context, targets []Target, callers int) ([][]*Client, error) {
	crowds := make([][]*Client, 0, len(targets))
	for _, target := range targets {
		crowd, err := connect(ctx, slices.Repeat([]Target{target}, callers), 1)
		if err != nil {
			for _, earlier := range crowds {
				closeAll(earlier)
			}
			return nil, err
		}
		crowds = append(crowds, crowd)
	}
	return crowds, nil
}

// storm lets all clients ask for a while. It returns how many answers there were, and how long it was until the last.
func storm(ctx context.Context, crowd []*Client, duration time.Duration) (int64, time.Duration, error) {
	var count atomic.Int64
	var asking sync.WaitGroup
	errs := make([]error, len(crowd))
	began := time.Now()
	for i, client := range crowd {
		asking.Go(func() {
			for errs[i] == nil && time.Since(began) < duration {
				errs[i] = client.Ask(ctx)
				count.Add(1)
			}
		})
	}
	asking.Wait()
	return count.Load(), time.Since(began), errors.Join(errs...)
}
