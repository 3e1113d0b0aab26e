// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package grants

import (
	"flag"
	"testing"

	"tenancy.example.io/spaces/test/bench/report"
	"tenancy.example.io/spaces/test/cluster"
)

var (
	alone  = flag.Bool("alone", false, "run the benchmark, on a cluster of its own")
	rounds = flag.Int("rounds", 40, "how many grants there are")
)

// TestRun is how to run the benchmark without the others.
func TestRun(t *testing.T) {
	if !*alone {
		t.Skip("run it with -alone")
	}
	c := cluster.ForTest(t)
	config := DefaultConfig(t.Output())
	config.Rounds = *rounds
	tables, err := Run(t.Context(), c.ControlPlane, config)
	t.Log(report.Report{Tables: tables}.Markdown())
	if err != nil {
		t.Error(err)
	}
}
