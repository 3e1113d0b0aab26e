// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"tenancy.example.io/spaces/test/bench/report"
)

// Limits bound how long is measured.
type Limits struct {
	// Samples is how many requests at most a target gets from one caller.
	Samples int
	// Time is how long at most a target may take for them: slow ones get fewer.
	Time time.Duration
	// Warmup is how many requests each connection has made before.
	Warmup int
}

// Latency measures one caller, who asks the targets in turn, in another random order each time. So what disturbs the
// machine meanwhile disturbs all of them.
func Latency(ctx context.Context, targets []Target, limits Limits, random *rand.Rand) ([]report.Samples, error) {
	clients, err := connect(ctx, targets, limits.Warmup)
	if err != nil {
		return nil, err
	}
	defer closeAll(clients)
	runtime.GC()
	samples, spent := make([]report.Samples, len(targets)), make([]time.Duration, len(targets))
	for round := 0; round < limits.Samples && slices.Min(spent) < limits.Time; round++ {
		for _, i := range random.Perm(len(targets)) {
			if spent[i] >= limits.Time {
				continue
			}
			began := time.Now()
			if err := clients[i].Ask(ctx); err != nil {
				return nil, err
			}
			took := time.Since(began)
			samples[i] = append(samples[i], took)
			spent[i] += took
		}
	}
	return samples, nil
}

// connect returns a client for each target, each with an open connection.
func connect(ctx context.Context, targets []Target, warmup int) ([]*Client, error) {
	clients := make([]*Client, 0, len(targets))
	for _, target := range targets {
		client, err := target.NewClient()
		if err != nil {
			closeAll(clients)
			return nil, err
		}
		clients = append(clients, client)
		for range max(warmup, 1) {
			if err := client.Ask(ctx); err != nil {
				closeAll(clients)
				return nil, err
			}
		}
	}
	return clients, nil
}

func closeAll(clients []*Client) {
	for _, client := range clients {
		client.Close()
	}
}
