// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"tenancy.example.io/spaces/test/bench/report"
	"tenancy.example.io/spaces/test/bench/turns"
	"tenancy.example.io/spaces/test/controlplane"
)

// inProcess are the Go benchmarks that are run, by package; what they measure depends on N, or shall not.
var inProcess = []struct{ directory, pattern string }{
	{"./pkg/access", "IndexBuild|BindingEvent|MapWrite|Sees|Namespaces"},
	{"./pkg/namespacestore", "List|Copy"},
	{"./pkg/registry/space", "List|Copy"},
}

// passes is how many times all of them are run, one after the other: what disturbs one of them for a while does not disturb
// all its runs.
const passes = 5

// growthGoal is how many times as long it may take with a hundred times as many namespaces.
const growthGoal = 1.10

// runInProcess runs Go benchmarks. They need none of what a stage has.
func runInProcess(ctx context.Context, s *stage) ([]report.Table, error) {
	root, err := controlplane.Root()
	if err != nil {
		return nil, err
	}
	found := timings{}
	for pass := range passes {
		for _, bench := range inProcess {
			s.progress("Go benchmarks of %s, pass %d", bench.directory, 1+pass)
			output, err := goTest(ctx, root, bench.directory, bench.pattern)
			if err != nil {
				return nil, err
			}
			for _, line := range parseBenchmarks(output) {
				found.add(bench.directory, line)
			}
		}
	}
	growth, index := found.tables()
	return []report.Table{growth, index}, nil
}

// goTest runs the benchmarks that match, once, and returns its output.
func goTest(ctx context.Context, root, directory, pattern string) (string, error) {
	command := exec.CommandContext(ctx, "go", "test", "-run=^$", "-bench=^Benchmark("+pattern+")$", "-benchtime=100ms", "-count=1", directory)
	command.Dir = root
	output, err := command.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("benchmarks of %s: %w\n%s", directory, err, output)
	}
	return string(output), err
}

// benchmark is one line of the output of go test.
type benchmark struct {
	name string
	// values are by their units.
	values map[string]float64
}

var benchmarkLine = regexp.MustCompile(`(?m)^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+(.*)$`)

// parseBenchmarks reads the text format of Go benchmarks.
func parseBenchmarks(output string) []benchmark {
	var found []benchmark
	for _, match := range benchmarkLine.FindAllStringSubmatch(output, -1) {
		b := benchmark{name: match[1], values: map[string]float64{}}
		words := bufio.NewScanner(strings.NewReader(match[2]))
		words.Split(bufio.ScanWords)
		for words.Scan() {
			value, err := strconv.ParseFloat(words.Text(), 64)
			if err == nil && words.Scan() {
				b.values[words.Text()] = value
			}
		}
		found = append(found, b)
	}
	return found
}

// timings are the best of several runs, by package and name, and unit: what disturbs a run makes it longer.
type timings map[string]map[string]float64

func (t timings) add(directory string, b benchmark) {
	name := strings.TrimPrefix(directory, "./pkg/") + " " + b.name
	if t[name] == nil {
		t[name] = map[string]float64{}
	}
	for unit, value := range b.values {
		if before, known := t[name][unit]; !known || value < before {
			t[name][unit] = value
		}
	}
}

// tables returns what depends on N, and what the index takes.
func (t timings) tables() (growth, index report.Table) {
	growth = report.Table{
		Name: "inprocess", Title: "In process, without HTTP: ns for one, and how it grows with N",
		Columns: []string{"what", "N=1,000", "N=10,000", "N=100,000", "growth", "goal", ""},
		Notes:   []string{fmt.Sprintf("The best of %d runs of `go test -bench`, in each of which the three sizes take turns of about a millisecond, and the median turn counts; without garbage collection. The goals are those of lists as client-go asks for them. Copy does nothing but copy what List answers with, from where it is in memory.", passes)},
	}
	index = report.Table{
		Name: "inprocess-index", Title: "The index of 100,000 namespaces with 200,000 bindings",
		Columns: []string{"what", "measured", "goal", ""},
	}
	for _, name := range slices.SortedFunc(maps.Keys(t), compareNames) {
		of := func(n int) float64 { return t[name][turns.Unit(n)] }
		if small, large := of(1_000), of(100_000); small > 0 && large > 0 {
			growth.Add(append([]report.Cell{
				report.Text(name), report.Number(small), report.Number(of(10_000)), report.Number(large), report.Ratio(large, small),
			}, goalOf(name, large/small)...)...)
		}
		if bytes := t[name]["B/binding"]; bytes > 0 {
			seconds := t[name]["s/build"]
			index.Add(report.Text("bytes of memory for each binding"), report.Number(bytes), report.Text("< 300"), verdict(bytes < 300))
			index.Add(report.Text("seconds to build"), report.Number(seconds), report.Text("< 2"), verdict(seconds < 2))
		}
	}
	return growth, index
}

// goalOf says how lists that client-go asks for may grow. What is below them does part of that, and a table is made of
// copies of objects, which lie the further apart the more there are.
func goalOf(name string, growth float64) []report.Cell {
	if !strings.HasPrefix(name, "registry/space List/") || strings.HasSuffix(name, "/table") {
		return nil
	}
	return []report.Cell{report.Textf("< %.2f", growthGoal), verdict(growth < growthGoal)}
}

// compareNames orders numbers in names by their value, roughly: the shorter first.
func compareNames(a, b string) int {
	return cmp.Or(strings.Compare(beforeNumber(a), beforeNumber(b)), cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

func beforeNumber(name string) string {
	before, _, _ := strings.Cut(name, "=")
	return before
}
