// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const benchmarkOutput = `goos: linux
BenchmarkIndexBuild-2   	       2	 652092026 ns/op	       264.5 B/binding	         0.6521 s/build
BenchmarkList/K=10/plain-2    	      57	   2126301 ns/op	     14051 ns/N=1000	     14100 ns/N=10000	     22296 ns/N=100000
BenchmarkList/K=10/plain-2    	      57	   2126301 ns/op	     12051 ns/N=1000	     15000 ns/N=10000	     22400 ns/N=100000
BenchmarkList/K=100/plain-2   	     570	    226301 ns/op	      6900 ns/N=1000	      7100 ns/N=10000	      7245 ns/N=100000
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
		{"access List/K=10/plain", "12051", "14100", "22296", "1.85"},
		{"access List/K=100/plain", "6900", "7100", "7245", "1.05"},
		{"registry/space List/K=10/plain", "12051", "14100", "22296", "1.85", "< 1.10", "**missed**"},
		{"registry/space List/K=100/plain", "6900", "7100", "7245", "1.05", "< 1.10", "met"},
		{"bytes of memory for each binding", "264", "< 300", "met"},
		{"seconds to build", "0.65", "< 2", "met"},
		{"bytes of memory for each binding", "264", "< 300", "met"},
		{"seconds to build", "0.65", "< 2", "met"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}
