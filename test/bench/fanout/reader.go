// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"tenancy.example.io/spaces/test/bench/wire"
)

// delivery is one change, as one watcher was told of it.
type delivery struct {
	mark
	received time.Time
}

// reader is a watcher that reads. What it has found may be read when follow has returned.
type reader struct {
	stream     *wire.Stream
	told       *atomic.Int64 // by all readers together
	sequences  map[int]int   // the last of each namespace
	deliveries []delivery
	fault      error // the first thing that should not have been
}

// begin reads what there is.
func (r *reader) begin(sights int) error {
	r.sequences = make(map[int]int, sights)
	for range sights {
		event, err := r.stream.Next()
		if err != nil {
			return fmt.Errorf("reading what there is: %w", err)
		}
		found, err := markOf(event)
		if err != nil || event.Type() != "ADDED" {
			return fmt.Errorf("reading what there is: %s (%w)", excerpt(event), err)
		}
		r.sequences[found.namespace] = found.sequence
	}
	return nil
}

// follow reads until the watch ends, which it should not do before the context does.
func (r *reader) follow(ctx context.Context) {
	for r.fault == nil {
		event, err := r.stream.Next()
		if err != nil {
			if ctx.Err() == nil {
				r.fault = fmt.Errorf("the watch ended: %w", err)
			}
			return
		}
		r.fault = r.take(event, time.Now())
	}
}

// take counts the event if it is the next one of its namespace.
func (r *reader) take(event wire.Event, received time.Time) error {
	found, err := markOf(event)
	if err != nil || event.Type() != "MODIFIED" {
		return fmt.Errorf("was told %s (%w)", excerpt(event), err)
	}
	last, known := r.sequences[found.namespace]
	if !known || found.sequence != last+1 {
		return fmt.Errorf("was told of change %s after %d of that namespace (seen: %t)", found, last, known)
	}
	r.sequences[found.namespace] = found.sequence
	r.deliveries = append(r.deliveries, delivery{mark: found, received: received})
	r.told.Add(1)
	return nil
}

func excerpt(event wire.Event) string {
	const length = 200
	return string(event[:min(len(event), length)])
}
