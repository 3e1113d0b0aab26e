// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"flag"
	"io"
	"strings"
	"testing"
	"time"

	"tenancy.example.io/spaces/test/bench/report"
	"tenancy.example.io/spaces/test/cluster"
)

var (
	alone    = flag.Bool("alone", false, "run the benchmark, on a cluster of its own, as these flags say")
	full     = flag.Bool("full", false, "with the load that the requirement names, whatever else the flags say of it")
	watchers = flag.Int("watchers", 120, "how many watchers there are")
	stalled  = flag.Int("stalled", 8, "how many of them do not read")
	length   = flag.Duration("for", 10*time.Second, "how long there are changes")
	rate     = flag.Int("rate", 100, "how many changes there are in a second")
	fatRate  = flag.Int("fat-rate", 25, "how many of them are of what the stalled watchers see")
	server   = flag.String("server", "--watch-history=100", "the flags of our server, with blanks between them")
	profile  = flag.String("server-profile", "", "the file for a CPU profile of the server")
)

// configured is the default, or a small part of it.
func configured(out io.Writer) Config {
	c := DefaultConfig(out)
	if !*full {
		c.Watchers, c.Users, c.Stalled = *watchers, max(1, *watchers/4), *stalled
		c.Namespaces = max(24, *watchers/2)
		c.Rate, c.FatRate, c.For = *rate, *fatRate, *length
	}
	c.Profile = *profile
	return c
}

// TestRun is how to run the benchmark without the others.
func TestRun(t *testing.T) {
	if !*alone {
		t.Skip("run it with -alone")
	}
	c := cluster.ForTest(t, strings.Fields(*server)...)
	// What it makes in new namespaces takes it long, and takes from the others.
	if err := c.ControllerManager().Stop(); err != nil {
		t.Fatal(err)
	}
	tables, err := Run(t.Context(), c.ControlPlane, c.Server, configured(t.Output()))
	t.Log(report.Report{Tables: tables}.Markdown())
	if err != nil {
		t.Error(err)
	}
}
