// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"slices"

	"tenancy.example.io/spaces/test/bench/creation"
	"tenancy.example.io/spaces/test/bench/expiry"
	"tenancy.example.io/spaces/test/bench/fanout"
	"tenancy.example.io/spaces/test/bench/grants"
	"tenancy.example.io/spaces/test/bench/report"
)

// scenario measures one thing. It may return Tables with an error: what it has found before something did not work.
type scenario struct {
	name  string
	about string
	// fresh scenarios have a cluster of their own. Others find what the earlier ones have made.
	fresh bool
	// env is what the kube-apiserver's environment has beside ours in a cluster of its own.
	env []string
	run func(context.Context, *stage) ([]report.Table, error)
}

// scenarios are all there are, in the order in which they run.
var scenarios = []scenario{
	{name: "list", about: "lists of some of the Spaces and of all of them, beside the baselines", run: runList},
	{name: "serve", about: "the memory of the server, and its start", run: runServe},
	{name: "inprocess", about: "how the parts grow with the cluster, without HTTP", run: runInProcess},
	{name: "grants", about: "from a RoleBinding to the event that tells of it", run: runGrants},
	{name: "fanout", about: "2,000 watches, and 200 changes a second", fresh: true, run: runFanout},
	{name: "creation", about: "the creation of Spaces, beside a client that makes the same objects", fresh: true, run: runCreation},
	{
		name: "expiry", about: "5,000 Spaces that expire at the same moment, beside a client that deletes as many namespaces",
		fresh: true, env: expiry.Env, run: runExpiry,
	},
}

func runGrants(ctx context.Context, s *stage) ([]report.Table, error) {
	return grants.Run(ctx, s.plane, grants.DefaultConfig(s.out))
}

func runCreation(ctx context.Context, s *stage) ([]report.Table, error) {
	return creation.Run(ctx, s.plane, s.ideal, creation.DefaultConfig(s.out))
}

func runExpiry(ctx context.Context, s *stage) ([]report.Table, error) {
	return expiry.Run(ctx, s.plane, s.server, expiry.DefaultConfig(s.out))
}

func runFanout(ctx context.Context, s *stage) ([]report.Table, error) {
	return fanout.Run(ctx, s.plane, s.server, fanout.DefaultConfig(s.out))
}

func scenarioNames() []string {
	names := make([]string, 0, len(scenarios))
	for _, scenario := range scenarios {
		names = append(names, scenario.name)
	}
	return names
}

// scenarios are those that were asked for, or all.
func (o options) scenarios() []scenario {
	var chosen []scenario
	for _, scenario := range scenarios {
		if len(o.only) == 0 || slices.Contains(o.only, scenario.name) {
			chosen = append(chosen, scenario)
		}
	}
	return chosen
}
