// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"tenancy.example.io/spaces/test/bench/load"
	"tenancy.example.io/spaces/test/bench/report"
	"tenancy.example.io/spaces/test/controlplane"
)

// options are the flags.
type options struct {
	// ns and ks ascend.
	ns, ks  []int
	limits  load.Limits
	storm   time.Duration
	callers int
	starts  int
	only    []string
	seed    uint64
	json    string
	write   bool
}

const about = `usage: go run ./test/bench [flags]

It starts a control plane of its own with a fresh build of our server, fills it, and measures. What it finds goes to
standard output, as Markdown, and to a file, as JSON. docs/benchmarks.md says what is measured.

`

// parse reads the flags. What is wrong with them is said to the writer, too.
func parse(args []string, out io.Writer) (options, error) {
	o := options{ns: []int{1000, 10000}, ks: []int{10, 100, 1000}, limits: load.Limits{Warmup: 20}}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.Usage = func() {
		fmt.Fprint(out, about)
		flags.PrintDefaults()
	}
	flags.Func("n", "how many Spaces there are, as a list (1000,10000)", into(&o.ns, numbers))
	flags.Func("k", "how many of them a caller sees, as a list (10,100,1000)", into(&o.ks, numbers))
	flags.IntVar(&o.limits.Samples, "samples", 6000, "how many samples at most are taken of each row")
	flags.DurationVar(&o.limits.Time, "time", 12*time.Second, "how long samples are taken at most of each row")
	flags.DurationVar(&o.storm, "storm", time.Second, "how long several callers ask at a time, for each row")
	flags.IntVar(&o.callers, "callers", 8, "how many callers ask at a time")
	flags.IntVar(&o.starts, "starts", 5, "how many times the server is started")
	flags.Func("only", "the scenarios to run, as a list ("+strings.Join(scenarioNames(), ",")+")", into(&o.only, names))
	flags.Uint64Var(&o.seed, "seed", 1, "chooses the names, who sees what, and the order of the samples")
	flags.StringVar(&o.json, "json", "", "the file for all that was found (_output/bench.json of the project)")
	flags.BoolVar(&o.write, "write", false, "put what was found into docs/benchmarks.md")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if flags.NArg() > 0 {
		return options{}, fmt.Errorf("%q is no flag", flags.Arg(0))
	}
	return o, o.validate()
}

func (o options) validate() error {
	var errs []error
	if first, most := o.ns[0], o.ks[len(o.ks)-1]; most > first {
		errs = append(errs, fmt.Errorf("nobody can see %d of %d Spaces", most, first))
	}
	if o.limits.Samples < 1 || o.callers < 1 || o.starts < 1 {
		errs = append(errs, errors.New("there must be at least one sample, one caller and one start"))
	}
	if o.write && len(o.only) > 0 {
		errs = append(errs, errors.New("what is written into the document is all, or nothing"))
	}
	if o.limits.Time <= 0 || o.storm <= 0 {
		errs = append(errs, errors.New("measuring takes time"))
	}
	return errors.Join(errs...)
}

// into sets what a flag of many values has read.
func into[T any](target *[]T, read func(string) ([]T, error)) func(string) error {
	return func(text string) (err error) {
		*target, err = read(text)
		return err
	}
}

// numbers reads a list of positive numbers, and sorts it.
func numbers(text string) ([]int, error) {
	var read []int
	for part := range strings.SplitSeq(text, ",") {
		number, err := strconv.Atoi(part)
		if err != nil || number < 1 {
			return nil, fmt.Errorf("%q is not a positive number", part)
		}
		read = append(read, number)
	}
	slices.Sort(read)
	return slices.Compact(read), nil
}

// names reads a list of scenarios.
func names(text string) ([]string, error) {
	read := strings.Split(text, ",")
	for _, name := range read {
		if !slices.Contains(scenarioNames(), name) {
			return nil, fmt.Errorf("%q is none of %s", name, strings.Join(scenarioNames(), ", "))
		}
	}
	return read, nil
}

// keep writes the files.
func (o options) keep(found report.Report) error {
	if err := o.writeJSON(found); err != nil || !o.write {
		return err
	}
	root, err := controlplane.Root()
	if err != nil {
		return err
	}
	return updateDocument(filepath.Join(root, "docs", "benchmarks.md"), found.Markdown())
}

// writeJSON writes to the file that was named, or the usual one.
func (o options) writeJSON(found report.Report) error {
	name := o.json
	if name == "" {
		root, err := controlplane.Root()
		if err != nil {
			return err
		}
		name = filepath.Join(root, "_output", "bench.json")
	}
	file, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("writing what was found: %w", err)
	}
	return errors.Join(found.WriteJSON(file), file.Close())
}
