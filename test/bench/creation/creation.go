// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package creation measures how long it takes to create Spaces, beside a client that makes the same objects by itself.
package creation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"tenancy.example.io/spaces/test/bench/ideal"
	"tenancy.example.io/spaces/test/bench/report"
	"tenancy.example.io/spaces/test/controlplane"
)

// Config says how much is measured.
type Config struct {
	Out io.Writer
	// Callers are how many create at a time, in turn.
	Callers []int
	// Each is how many are created by each way with each number of callers, in all, and Turns in how many turns.
	Each, Turns int
}

// DefaultConfig is what docs/benchmarks.md has.
func DefaultConfig(out io.Writer) Config {
	return Config{Out: out, Callers: []int{1, 16}, Each: 400, Turns: 8}
}

// goal is how many times as many Spaces a second there must be, at least, as the bare client makes.
const goal = 0.8

// outcome is what was measured of one way with one number of callers.
type outcome struct {
	samples report.Samples
	spent   time.Duration
}

func (o outcome) rate() float64 { return float64(len(o.samples)) / o.spent.Seconds() }

// Run creates Spaces by our API as one user, and the same objects directly, in turns. What it has made stays.
func Run(ctx context.Context, plane *controlplane.ControlPlane, server *ideal.Server, config Config) ([]report.Table, error) {
	ways, err := newWays(ctx, plane, server)
	if err != nil {
		return nil, err
	}
	table := report.Table{
		Name:    "creation",
		Title:   "Creation of Spaces",
		Columns: []string{"callers", "what is made", "a second", "p50 ms", "p99 ms", "× bare client", "goal", "rate"},
	}
	for _, callers := range config.Callers {
		fmt.Fprintf(config.Out, "Creating Spaces, %d at a time\n", callers)
		outcomes, err := measure(ctx, ways, callers, config)
		if err != nil {
			return nil, err
		}
		for i, way := range ways {
			table.Add(row(callers, way, outcomes[i], outcomes[len(ways)-1])...)
		}
	}
	return []report.Table{table}, nil
}

func row(callers int, way way, o, bare outcome) []report.Cell {
	cells := []report.Cell{
		report.Number(callers), report.Text(way.name), report.Number(o.rate()),
		report.Number(report.Milliseconds(o.samples.Percentile(50))), report.Number(report.Milliseconds(o.samples.Percentile(99))),
	}
	ratio := o.rate() / bare.rate()
	if cells = append(cells, report.Number(ratio)); way.name == spacesWay {
		verdict := "**missed**"
		if ratio >= goal {
			verdict = "met"
		}
		cells = append(cells, report.Textf("≥ %.1f", goal), report.Text(verdict))
	}
	return cells
}

// measure lets the ways take turns, so that what disturbs the machine disturbs all of them.
func measure(ctx context.Context, ways []way, callers int, config Config) ([]outcome, error) {
	outcomes := make([]outcome, len(ways))
	for turn := range config.Turns {
		for i, way := range ways {
			prefix := fmt.Sprintf("made-%d-%d-%d", callers, i, turn)
			made, err := way.crowd(ctx, prefix, callers, config.Each/config.Turns)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", way.name, err)
			}
			outcomes[i].samples = append(outcomes[i].samples, made.samples...)
			outcomes[i].spent += made.spent
		}
	}
	return outcomes, nil
}

// crowd makes so many, by that many callers at a time.
func (w way) crowd(ctx context.Context, prefix string, callers, count int) (made outcome, err error) {
	var next atomic.Int64
	var making sync.WaitGroup
	var lock sync.Mutex
	var errs []error
	began := time.Now()
	for range callers {
		making.Go(func() {
			for {
				n := next.Add(1)
				if n > int64(count) {
					return
				}
				start := time.Now()
				err := w.make(ctx, fmt.Sprintf("%s-%d", prefix, n))
				took := time.Since(start)
				lock.Lock()
				made.samples, errs = append(made.samples, took), append(errs, err)
				lock.Unlock()
			}
		})
	}
	making.Wait()
	made.spent = time.Since(began)
	return made, errors.Join(errs...)
}
