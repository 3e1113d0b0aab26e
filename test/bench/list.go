// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"k8s.io/client-go/rest"

	"tenancy.example.io/spaces/test/bench/load"
	"tenancy.example.io/spaces/test/bench/population"
	"tenancy.example.io/spaces/test/bench/report"
)

// setting is what the rows that are compared with each other have in common.
type setting struct {
	// n is how many Spaces there are, and k how many of them are listed, or everyone for all of them.
	n, k int
	gzip bool
}

// everyone is the K of the administrator.
const everyone = 0

// furtherTurns is how often, after all others, a shortest list and what it is compared with are measured again, each time on
// connections of their own: its goal is the tightest, one in a hundred of some thousand is not many, and no ten seconds of a
// machine are like the others.
const furtherTurns = 8

// line is what was measured of one subject in one setting.
type line struct {
	setting
	subject  subject
	body     int
	samples  report.Samples
	rate     float64
	encoding string
}

// lister is the scenario "list".
type lister struct {
	*stage
	reader *rest.Config
	// configs are those of the callers.
	configs []*rest.Config
	lines   []line
}

// runList lists as those who see K Spaces, and as the administrator, who sees all, with each number of Spaces.
func runList(ctx context.Context, s *stage) ([]report.Table, error) {
	l := &lister{stage: s}
	if err := l.prepare(ctx); err != nil {
		return nil, err
	}
	for _, n := range s.options.ns {
		if err := s.fill(ctx, n); err != nil {
			return nil, err
		}
		for _, gzip := range []bool{true, false} {
			if err := l.measureAll(ctx, n, gzip); err != nil {
				return nil, err
			}
		}
	}
	return l.tables(), nil
}

// prepare makes the people.
func (l *lister) prepare(ctx context.Context) (err error) {
	if l.reader, err = l.newReader(ctx); err != nil {
		return err
	}
	for _, caller := range l.people.Callers() {
		config, err := l.plane.UserConfig(caller.User, caller.Group)
		if err != nil {
			return err
		}
		l.configs = append(l.configs, config)
	}
	return nil
}

func (l *lister) measureAll(ctx context.Context, n int, gzip bool) error {
	for i, caller := range l.people.Callers() {
		where := setting{n: n, k: caller.K, gzip: gzip}
		if err := l.measure(ctx, where, l.some(where, caller, l.configs[i])); err != nil {
			return err
		}
	}
	where := setting{n: n, k: everyone, gzip: gzip}
	return l.measure(ctx, where, l.all(where))
}

// measure looks at what the targets answer, and then at how long they take.
func (l *lister) measure(ctx context.Context, where setting, g group) error {
	l.progress("Listing: %s", where)
	answers, err := l.check(ctx, where, g)
	if err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	samples, err := l.latency(ctx, where, g)
	if err != nil {
		return err
	}
	rates, err := load.Throughput(ctx, g.targets, l.options.callers, l.options.storm, l.random)
	if err != nil {
		return err
	}
	for i, subject := range g.subjects {
		l.lines = append(l.lines, line{
			setting: where, subject: subject, samples: samples[i], rate: rates[i],
			body: len(answers[i].Body), encoding: answers[i].Encoding,
		})
	}
	return nil
}

// latency asks everybody in turn, and then, for a shortest list, goes on with those that are compared.
func (l *lister) latency(ctx context.Context, where setting, g group) ([]report.Samples, error) {
	samples, err := load.Latency(ctx, g.targets, l.options.limits, l.random)
	if err != nil || where.k != l.options.ks[0] {
		return samples, err
	}
	for range furtherTurns {
		further, err := load.Latency(ctx, g.targets[:compared], l.options.limits, l.random)
		if err != nil {
			return nil, err
		}
		for i, taken := range further {
			samples[i] = append(samples[i], taken...)
		}
	}
	return samples, nil
}

// String is for those who wait.
func (s setting) String() string {
	if s.k == everyone {
		return fmt.Sprintf("all of N=%d, %s", s.n, s.client())
	}
	return fmt.Sprintf("K=%d of N=%d, %s", s.k, s.n, s.client())
}

func (s setting) client() string {
	if s.gzip {
		return "gzip"
	}
	return "no gzip"
}

// find returns the line of a subject, which is empty if there is none.
func (l *lister) find(where setting, subject subject) line {
	for _, line := range l.lines {
		if line.setting == where && line.subject == subject {
			return line
		}
	}
	return line{}
}

// namesOf are those of the Spaces that a list of the caller must have.
func namesOf(people *population.Population, caller population.Caller) map[string]bool {
	names := map[string]bool{}
	for _, name := range people.Names(caller) {
		names[name] = true
	}
	return names
}
