// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Size measures the hand-written Go code of the project, and fails where it exceeds the budget of CONTRIBUTING.md.
// It is run from the root of the module.
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

var (
	fileBudget     = budget{median: 110, p90: 250, ceiling: 400}
	functionBudget = budget{median: 10, p90: 30, ceiling: 70}
)

var errOverBudget = errors.New("over budget")

func main() {
	if err := run(os.Stdout, os.DirFS(".")); err != nil {
		fmt.Fprintln(os.Stderr, "ERROR:", err)
		os.Exit(1)
	}
}

// run writes a table of what it measured to out.
func run(out io.Writer, module fs.FS) error {
	m, err := measure(module)
	if err != nil {
		return err
	}
	const row = "%-10s %6v %7v %5v %5v\n"
	fmt.Fprintf(out, row, "lines", "count", "median", "p90", "max")
	var faults []string
	for _, kind := range []struct {
		name   string
		sizes  sizes
		budget budget
	}{
		{"files", m.files, fileBudget},
		{"functions", m.functions, functionBudget},
	} {
		s := kind.sizes.summary()
		fmt.Fprintf(out, row, kind.name, len(kind.sizes), s.median, s.p90, s.ceiling)
		fmt.Fprintf(out, row, "  budget", "", kind.budget.median, kind.budget.p90, kind.budget.ceiling)
		faults = append(faults, kind.budget.faults(kind.name, kind.sizes)...)
	}
	fmt.Fprintf(out, "lines of tests to a line of code: %.2f, at least 1.3 is aimed for\n", m.testRatio())
	for _, fault := range faults {
		fmt.Fprintln(out, fault)
	}
	if len(faults) > 0 {
		return errOverBudget
	}
	return nil
}
