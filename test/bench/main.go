// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Command bench measures Spaces beside what it could at best be, and beside what there would be without it.
// docs/benchmarks.md says what is measured, and how the numbers are to be read.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"tenancy.example.io/spaces/test/bench/ideal"
	"tenancy.example.io/spaces/test/bench/report"
)

func main() {
	err := start()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

// start does what this process is for.
func start() error {
	if served, err := ideal.Main(); served {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, os.Args[1:])
}

// run writes what was found as Markdown to standard output, and says on standard error what it is doing.
func run(ctx context.Context, args []string) error {
	o, err := parse(args, os.Stderr)
	if err != nil {
		return err
	}
	// The clients leave as much as they can of the machine to the servers.
	debug.SetGCPercent(400)
	found, err := measure(ctx, o)
	fmt.Print(found.Markdown())
	if err != nil {
		return errors.Join(err, o.writeJSON(found))
	}
	return o.keep(found)
}

// measure runs the scenarios, one after the other, on one control plane. What one has found stays when another fails.
func measure(ctx context.Context, o options) (found report.Report, err error) {
	s, err := newStage(ctx, o)
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if found.Environment, err = s.environment(ctx); err != nil {
		return found, err
	}
	var errs []error
	for _, scenario := range o.scenarios() {
		tables, err := s.play(ctx, scenario)
		found.Tables = append(found.Tables, tables...)
		if err != nil {
			errs = append(errs, fmt.Errorf("scenario %s: %w", scenario.name, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return found, errors.Join(errs...)
}
