// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tenancy.example.io/spaces/test/bench/wire"
)

func event(kind, mark string) wire.Event {
	return fmt.Appendf(nil, `{"type":%q,"object":{"kind":"Space","metadata":{"name":"a","labels":{"fanout-mark":%q}}}}`+"\n", kind, mark)
}

func TestMarkOf(t *testing.T) {
	for name, tc := range map[string]struct {
		event     wire.Event
		want      mark
		wantError bool
	}{
		"a mark":              {event: event("MODIFIED", "12.345"), want: mark{namespace: 12, sequence: 345}},
		"no mark":             {event: wire.Event(`{"type":"BOOKMARK"}`), wantError: true},
		"no namespace":        {event: event("MODIFIED", ".3"), wantError: true},
		"no sequence":         {event: event("MODIFIED", "3"), wantError: true},
		"a managed field":     {event: wire.Event(`{"f:labels":{"f:fanout-mark":{}}}`), wantError: true},
		"what it writes":      {event: event("MODIFIED", mark{3, 4}.String()), want: mark{3, 4}},
		"what a change makes": {event: wire.Event(`{"metadata":{"labels":{"fanout-mark":"5.6"}}}`), want: mark{5, 6}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := markOf(tc.event)
			if got != tc.want || (err != nil) != tc.wantError {
				t.Errorf("markOf() = %v, %v, want %v, error: %t", got, err, tc.want, tc.wantError)
			}
		})
	}
}

func TestReaderTakesWhatIsInOrder(t *testing.T) {
	for name, tc := range map[string]struct {
		events    []wire.Event
		wantFault string
	}{
		"all in order":             {events: []wire.Event{event("MODIFIED", "0.4"), event("MODIFIED", "1.1"), event("MODIFIED", "0.5")}},
		"one is lost":              {events: []wire.Event{event("MODIFIED", "0.5")}, wantFault: "change 0.5 after 3"},
		"one is told twice":        {events: []wire.Event{event("MODIFIED", "0.4"), event("MODIFIED", "0.4")}, wantFault: "change 0.4 after 4"},
		"of what is not seen":      {events: []wire.Event{event("MODIFIED", "7.1")}, wantFault: "seen: false"},
		"it appears another time":  {events: []wire.Event{event("ADDED", "0.4")}, wantFault: "was told {\"type\":\"ADDED\""},
		"something without a mark": {events: []wire.Event{wire.Event(`{"type":"MODIFIED"}`)}, wantFault: "was told"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &reader{told: &atomic.Int64{}, sequences: map[int]int{0: 3, 1: 0}}
			for _, event := range tc.events {
				r.fault = r.take(event, time.Now())
			}
			switch {
			case tc.wantFault != "":
				if r.fault == nil || !strings.Contains(r.fault.Error(), tc.wantFault) {
					t.Errorf("the fault is %v, want %q", r.fault, tc.wantFault)
				}
			case r.fault != nil || len(r.deliveries) != len(tc.events) || int(r.told.Load()) != len(tc.events):
				t.Errorf("took %d of %d (%v)", len(r.deliveries), len(tc.events), r.fault)
			}
		})
	}
}
