// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"

	"k8s.io/client-go/rest"

	"tenancy.example.io/spaces/test/bench/load"
	"tenancy.example.io/spaces/test/bench/report"
)

// memoryGoal is for a server in a cluster of 10,000 Spaces.
const memoryGoal = 150 << 20

// runServe looks at the server's memory and at its start, with all Spaces there.
func runServe(ctx context.Context, s *stage) ([]report.Table, error) {
	if err := s.fill(ctx, s.options.most()); err != nil {
		return nil, err
	}
	memory := report.Table{
		Name:    "serve-memory",
		Title:   "Memory of the server",
		Columns: []string{"N", "when", "RSS MiB", "highest RSS MiB", "Go heap in use MiB", "goal", "RSS"},
	}
	if err := s.addMemory(ctx, &memory, "after all that went before"); err != nil {
		return nil, err
	}
	starts, err := s.measureStarts(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.addMemory(ctx, &memory, "started, and ready"); err != nil {
		return nil, err
	}
	if err := s.listForAll(ctx); err != nil {
		return nil, err
	}
	err = s.addMemory(ctx, &memory, "after 100 lists by each caller")
	return []report.Table{memory, starts}, err
}

// addMemory adds what the server takes now.
func (s *stage) addMemory(ctx context.Context, table *report.Table, when string) error {
	m, err := s.memory(ctx)
	if err != nil {
		return err
	}
	cells := []report.Cell{
		report.Number(s.people.Len()), report.Text(when), mebibytes(m.resident), mebibytes(m.highest), mebibytes(m.heap),
	}
	if m.resident > 0 {
		cells = append(cells, report.Textf("< %d", memoryGoal>>20), verdict(m.resident < memoryGoal))
	}
	table.Add(cells...)
	return nil
}

func mebibytes(bytes float64) report.Cell {
	if bytes == 0 {
		return report.Cell{}
	}
	return report.Number(bytes / (1 << 20))
}

// listForAll lets each caller list, so that the server has done some work.
func (s *stage) listForAll(ctx context.Context) error {
	for _, caller := range s.people.Callers() {
		config, err := s.plane.UserConfig(caller.User, caller.Group)
		if err != nil {
			return err
		}
		target := load.Target{Name: string(ours), Config: config, Path: spacesPath, Gzip: true}
		limits := load.Limits{Samples: 100, Time: time.Minute}
		if _, err := load.Latency(ctx, []load.Target{target}, limits, s.random); err != nil {
			return err
		}
	}
	return nil
}

// measureStarts restarts the server again and again.
func (s *stage) measureStarts(ctx context.Context) (report.Table, error) {
	table := report.Table{
		Name:    "serve-start",
		Title:   "From the start of the server",
		Columns: []string{"N", "until", "median ms", "longest ms"},
	}
	var found startTimes
	for i := range s.options.starts {
		s.progress("Start %d of the server", i+1)
		if err := s.measureStart(ctx, &found); err != nil {
			return table, err
		}
	}
	for _, row := range []struct {
		until   string
		samples report.Samples
	}{
		{"it says that it is ready", found.ready},
		{"the first list, asked directly", found.direct},
		{"the first list through the aggregator", found.aggregated},
	} {
		table.Add(report.Number(s.people.Len()), report.Text(row.until),
			milliseconds(row.samples.Percentile(50)), milliseconds(row.samples.Percentile(100)))
	}
	return table, nil
}

// startTimes are how long it took from the start of the process.
type startTimes struct {
	ready, direct, aggregated report.Samples
}

func (s *stage) measureStart(ctx context.Context, found *startTimes) error {
	caller := s.people.Callers()[0]
	config, err := s.plane.UserConfig(caller.User, caller.Group)
	if err != nil {
		return err
	}
	if err := s.server.Stop(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	began := s.whenStarted(ctx, s.server.PID())
	var answered [3]<-chan time.Time
	direct := s.plane.DirectConfig(config, s.server)
	for i, question := range []struct {
		config *rest.Config
		path   string
	}{{direct, "/readyz"}, {direct, spacesPath}, {config, spacesPath}} {
		if answered[i], err = whenAnswered(ctx, question.config, question.path); err != nil {
			return err
		}
	}
	if err := s.server.Start(ctx); err != nil {
		return err
	}
	found.add(<-began, <-answered[0], <-answered[1], <-answered[2])
	return ctx.Err()
}

func (t *startTimes) add(began, ready, direct, aggregated time.Time) {
	t.ready = append(t.ready, ready.Sub(began))
	t.direct = append(t.direct, direct.Sub(began))
	t.aggregated = append(t.aggregated, aggregated.Sub(began))
}

const (
	// startTimeout is longer than the kube-apiserver takes to look again after a failure.
	startTimeout = 90 * time.Second
	// processPoll is how exactly the start is known, and answerPoll how exactly what follows.
	processPoll = time.Millisecond
	answerPoll  = 10 * time.Millisecond
)

// whenStarted sends the time when there is another process, which is when it starts.
func (s *stage) whenStarted(ctx context.Context, before int) <-chan time.Time {
	return when(ctx, processPoll, func() bool { return s.server.PID() != before })
}

// whenAnswered sends the time of the first success.
func whenAnswered(ctx context.Context, config *rest.Config, path string) (<-chan time.Time, error) {
	client, err := load.Target{Name: "the first answer", Config: config, Path: path}.NewClient()
	if err != nil {
		return nil, err
	}
	return when(ctx, answerPoll, func() bool { return client.Ask(ctx) == nil }), nil
}

// when sends the time when the condition has become true, or the context has ended.
func when(ctx context.Context, poll time.Duration, condition func() bool) <-chan time.Time {
	result := make(chan time.Time, 1)
	go func() {
		again := time.NewTicker(poll)
		defer again.Stop()
		for !condition() && ctx.Err() == nil {
			select {
			case <-again.C:
			case <-ctx.Done():
			}
		}
		result <- time.Now()
	}()
	return result
}
