// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"tenancy.example.io/spaces/test/bench/ideal"
	"tenancy.example.io/spaces/test/bench/population"
	"tenancy.example.io/spaces/test/bench/report"
	"tenancy.example.io/spaces/test/controlplane"
)

// stage is what all scenarios share: a control plane, our server in it, and the ideal one.
type stage struct {
	options options
	out     io.Writer
	began   time.Time
	random  *rand.Rand

	plane  *controlplane.ControlPlane
	server *controlplane.Process
	ideal  *ideal.Server
	people *population.Population
	// used tells whether a scenario has run in it.
	used bool
}

func newStage(ctx context.Context, o options) (*stage, error) {
	s := &stage{options: o, out: os.Stderr, began: time.Now(), random: rand.New(rand.NewPCG(o.seed, 0))}
	if err := s.open(ctx, o.scenarios()[0].env); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// progress tells whoever waits.
func (s *stage) progress(format string, args ...any) {
	fmt.Fprintf(s.out, "[%4.0fs] %s\n", time.Since(s.began).Seconds(), fmt.Sprintf(format, args...))
}

func (s *stage) open(ctx context.Context, env []string) error {
	bin, err := controlplane.BuildProduct(ctx, s.out, "")
	if err != nil {
		return err
	}
	options := controlplane.Options{Out: s.out, Version: os.Getenv("KUBERNETES_VERSION"), KubeAPIServerEnv: env}
	if s.plane, err = controlplane.Start(ctx, options); err != nil {
		return err
	}
	if err := s.plane.InstallSpaces(ctx); err != nil {
		return err
	}
	if s.server, err = s.plane.StartSpaces(ctx, filepath.Join(bin, "spaces-apiserver")); err != nil {
		return err
	}
	// It would make ServiceAccounts in the new namespaces, at its own slow pace, all the time that we measure.
	if err := s.plane.ControllerManager().Stop(); err != nil {
		return err
	}
	if err := s.openIdeal(ctx); err != nil {
		return err
	}
	s.people, err = population.New(s.plane.AdminConfig(), s.options.ns[0], s.options.ks, s.random)
	return err
}

// play runs the scenario.
func (s *stage) play(ctx context.Context, scenario scenario) ([]report.Table, error) {
	s.progress("Scenario %s: %s", scenario.name, scenario.about)
	if scenario.fresh && s.used {
		if err := errors.Join(s.close(), s.open(ctx, scenario.env)); err != nil {
			return nil, err
		}
	}
	s.used = true
	return scenario.run(ctx, s)
}

func (s *stage) openIdeal(ctx context.Context) (err error) {
	if s.ideal, err = ideal.Start(); err != nil {
		return err
	}
	return s.ideal.Register(ctx, s.plane.AdminConfig())
}

func (s *stage) close() error {
	var errs []error
	if s.ideal != nil {
		errs = append(errs, s.ideal.Close())
	}
	if s.plane != nil {
		errs = append(errs, s.plane.Stop())
	}
	s.ideal, s.plane = nil, nil
	return errors.Join(errs...)
}

// fill makes Spaces until there are n.
func (s *stage) fill(ctx context.Context, n int) error {
	if s.people.Len() >= n {
		return nil
	}
	s.progress("Making Spaces: there are %d, and will be %d", s.people.Len(), n)
	return s.people.Grow(ctx, n, func(done int) { s.progress("%d Spaces", done) })
}

// most is how many Spaces there are in the end.
func (o options) most() int { return o.ns[len(o.ns)-1] }
