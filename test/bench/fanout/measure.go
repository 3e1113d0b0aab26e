// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// sampleEvery is how often a server is looked at under load. To look is work for it, too.
const sampleEvery = 5 * time.Second

// outcome is what was found of one subject.
type outcome struct {
	subject string
	// The server before, with all watches open, at its highest under load, with none left but the stalled, and after.
	before, open, peak, rest, after usage

	load      *load
	cpu       clocks
	expected  int
	delivered [][]delivery
	stall     stall
}

func (o *outcome) told() int {
	count := 0
	for _, deliveries := range o.delivered {
		count += len(deliveries)
	}
	return count
}

// measure opens all watches, changes namespaces, and closes the watches.
func (b *bench) measure(ctx context.Context, s subject) (o outcome, err error) {
	o.subject = s.name
	if o.before, err = s.probe.weigh(ctx); err != nil {
		return o, err
	}
	b.log("%s: opening %d watches", s.name, b.Watchers)
	crowd, err := b.gather(ctx, s)
	if err != nil {
		return o, err
	}
	defer crowd.leave()
	if o.open, err = s.probe.weigh(ctx); err != nil {
		return o, err
	}
	b.log("%s: %d changes a second for %s", s.name, b.Rate, b.For)
	if err := b.stress(ctx, s, &o); err != nil {
		return o, err
	}
	lost := b.await(ctx, crowd, o.expected)
	faults := crowd.stopReading()
	o.delivered = crowd.deliveries()
	b.log("%s: having the stalled watchers read", s.name)
	return o, errors.Join(lost, faults, b.release(ctx, s, crowd, &o))
}

// stress makes the changes, and looks at the server meanwhile.
func (b *bench) stress(ctx context.Context, s subject, o *outcome) error {
	before, err := b.clocks(ctx)
	if err != nil {
		return err
	}
	sampling, stop := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { o.peak = s.probe.peak(sampling) })
	var profiled error
	if s.profile != "" {
		watching.Go(func() { profiled = s.probe.profile(ctx, s.profile, b.For/2) })
	}
	o.load = &load{client: b.writer, before: b.written}
	err = o.load.run(ctx, b.world)
	stop()
	watching.Wait()
	if err := errors.Join(err, profiled); err != nil {
		return err
	}
	b.written, o.expected = o.load.after(), o.load.expected(b.world)
	after, err := b.clocks(ctx)
	o.cpu = after.since(before)
	return err
}

// peak returns the most of everything that there was until the context ended.
func (p probe) peak(ctx context.Context) usage {
	var most usage
	for ctx.Err() == nil {
		u, err := p.read(ctx)
		if err == nil {
			most.Goroutines = max(most.Goroutines, u.Goroutines)
			most.Resident = max(most.Resident, u.Resident)
			most.InUse = max(most.InUse, u.InUse)
		}
		_ = waitUntil(ctx, time.Now().Add(sampleEvery))
	}
	return most
}

// await returns when everything is delivered, or nothing more will be.
func (b *bench) await(ctx context.Context, c *crowd, expected int) error {
	err := poll(ctx, b.Patience, func(context.Context) (bool, error) { return int(c.told.Load()) >= expected, nil })
	if err != nil {
		return fmt.Errorf("%d events were expected, and %d were delivered: %w", expected, c.told.Load(), err)
	}
	return nil
}

// release has the stalled watchers read, and waits until the server is rid of everybody.
func (b *bench) release(ctx context.Context, s subject, c *crowd, o *outcome) (err error) {
	// Whether the server still has the stalled ones is what comes out here.
	_ = poll(ctx, b.Patience, func(ctx context.Context) (bool, error) {
		u, err := s.probe.read(ctx)
		return u.Watches <= o.before.Watches+b.Stalled, err
	})
	if o.rest, err = s.probe.weigh(ctx); err != nil {
		return err
	}
	o.stall.kept = o.rest.Watches - o.before.Watches
	drained := c.drain(ctx, b.Patience, &o.stall)
	c.leave()
	err = poll(ctx, b.Patience, func(ctx context.Context) (bool, error) {
		o.after, err = s.probe.weigh(ctx)
		return o.after.lasting() <= o.before.lasting(), err
	})
	o.stall.held = o.rest.Live - o.after.Live
	if !s.tidy {
		return nil
	}
	if err != nil {
		err = fmt.Errorf("of %d goroutines there were before, %d are left: %w", o.before.lasting(), o.after.lasting(), err)
	}
	return errors.Join(drained, o.stall.verdict(), err)
}

// lasting is the goroutines that do not come and go with connections.
func (u usage) lasting() int { return u.Goroutines - u.Connections }

// poll asks until the answer is yes.
func poll(ctx context.Context, patience time.Duration, condition func(context.Context) (bool, error)) error {
	const every = 100 * time.Millisecond
	end := time.Now().Add(patience)
	for {
		done, err := condition(ctx)
		if done || err != nil {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("not within %s", patience)
		}
		if err := waitUntil(ctx, time.Now().Add(every)); err != nil {
			return err
		}
	}
}
