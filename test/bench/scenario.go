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

// scenario measures one thing. Those that come later find what the earlier ones have made. It may return Tables with an
// error: what it has found before something did not work.
type scenario struct {
	name  string
	about string
	run   func(context.Context, *stage) ([]report.Table, error)
}

// scenarios are all there are, in the order in which they run.
var scenarios = []scenario{
	{"list", "lists of some of the Spaces and of all of them, beside the baselines", runList},
	{"serve", "the memory of the server, and its start", runServe},
	{"inprocess", "how the parts grow with the cluster, without HTTP", runInProcess},
	{"grants", "from a RoleBinding to the event that tells of it", runGrants},
	{"creation", "the creation of Spaces, beside a client that makes the same objects", runCreation},
	{"fanout", "2,000 watches, and 200 changes a second", runFanout},
	{"expiry", "5,000 Spaces that expire at the same moment, beside a client that deletes as many namespaces", runExpiry},
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
