// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const benchmarkOutput = `goos: linux
BenchmarkIndexBuild-2   	       2	 652092026 ns/op	       264.5 B/binding	         0.6521 s/build
BenchmarkList/K=10/N=1000-2         	   82726	     14051 ns/op
BenchmarkList/K=10/N=1000-2         	   82726	     12051 ns/op
BenchmarkList/K=10/N=100000-2       	   50350	     22296 ns/op
PASS
`

func TestBestOfBenchmarks(t *testing.T) {
	found := timings{}
	for _, b := range parseBenchmarks(benchmarkOutput) {
		found.add("./pkg/access", b)
		found.add("./pkg/registry/space", b)
	}
	growth, index := found.tables()
	var got [][]string
	for _, row := range append(growth.Rows, index.Rows...) {
		var texts []string
		for _, cell := range row {
			texts = append(texts, cell.String())
		}
		got = append(got, texts)
	}
	want := [][]string{
		{"access List/K=10", "12051", "0", "22296", "1.85"},
		{"registry/space List/K=10", "12051", "0", "22296", "1.85", "< 1.10", "**missed**"},
		{"bytes of memory for each binding", "264", "< 300", "met"},
		{"seconds to build", "0.65", "< 2", "met"},
		{"bytes of memory for each binding", "264", "< 300", "met"},
		{"seconds to build", "0.65", "< 2", "met"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}
