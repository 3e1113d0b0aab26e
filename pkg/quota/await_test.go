// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Whether there is room is not said before it is decided about those who were first; nor that there is none, at once.
func TestAwait(t *testing.T) {
	for name, tc := range map[string]struct {
		// observed is what is there at first, and then happens afterwards.
		observed []Observed
		then     func(*Ledger)
		wantErr  bool
		took     time.Duration
	}{
		"there is room":           {then: func(*Ledger) {}},
		"the one before is gone":  {observed: []Observed{{Space: "first", Claimed: of()}}, then: func(l *Ledger) { l.Gone("first") }, took: time.Second},
		"the one before gets it":  {observed: []Observed{{Space: "first", Claimed: of()}}, then: func(l *Ledger) { l.Observe(Observed{Space: "first", Granted: of()}, 9) }, wantErr: true, took: 2 * time.Second},
		"nobody decides":          {observed: []Observed{{Space: "first", Claimed: of()}}, then: func(*Ledger) {}, wantErr: true, took: 10 * time.Second},
		"it is taken":             {observed: []Observed{{Space: "first", Granted: of()}}, then: func(*Ledger) {}, wantErr: true, took: 2 * time.Second},
		"what was taken is back":  {observed: []Observed{{Space: "first", Granted: of()}}, then: func(l *Ledger) { l.Gone("first") }, took: time.Second},
		"there is a larger quota": {observed: []Observed{{Space: "first", Granted: of()}}, then: func(l *Ledger) { l.SetCluster(hard("spaces", "2")) }, took: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := NewLedger()
				l.SetCluster(hard("spaces", "1"))
				for n, one := range append(tc.observed, Observed{Space: "second", Claimed: of()}) {
					l.Observe(one, uint64(1+n))
				}
				var later sync.WaitGroup
				defer later.Wait()
				later.Go(func() {
					time.Sleep(time.Second)
					tc.then(l)
				})
				patient, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				soon, cancelSoon := context.WithTimeout(t.Context(), 2*time.Second)
				defer cancelSoon()
				began := time.Now()
				err := l.Await(patient, soon, func() error { return l.Admit("second") })
				if exceeded := (*ExceededError)(nil); errors.As(err, &exceeded) != tc.wantErr {
					t.Errorf("error: %v, want one: %v", err, tc.wantErr)
				}
				if took := time.Since(began); took != tc.took {
					t.Errorf("answered after %s, want %s", took, tc.took)
				}
			})
		})
	}
}

// Only what is granted refuses for certain.
func TestUndecided(t *testing.T) {
	for name, tc := range map[string]struct {
		observed  []Observed
		undecided bool
		left      string
	}{
		"granted":          {observed: []Observed{{Space: "a", Granted: of("pods", "3")}}, left: "2"},
		"claimed":          {observed: []Observed{{Space: "a", Claimed: of("pods", "3")}}, undecided: true, left: "2"},
		"growth":           {observed: []Observed{{Space: "a", Granted: of("pods", "1"), Claimed: of("pods", "3")}}, undecided: true, left: "2"},
		"enough without":   {observed: []Observed{{Space: "a", Granted: of("pods", "3")}, {Space: "b", Claimed: of("pods", "1")}}, left: "2"},
		"not enough, both": {observed: []Observed{{Space: "a", Granted: of("pods", "2")}, {Space: "b", Claimed: of("pods", "1")}}, undecided: true, left: "2"},
	} {
		t.Run(name, func(t *testing.T) {
			l := NewLedger()
			l.SetAccount("team", hard("pods", "5"))
			for n, one := range append(tc.observed, Observed{Space: "mine", Claimed: of("pods", "3")}) {
				l.Observe(one, uint64(1+n))
			}
			var exceeded *ExceededError
			if err := l.Admit("mine"); !errors.As(err, &exceeded) || exceeded.Undecided != tc.undecided {
				t.Fatalf("error %v, undecided %v", err, exceeded)
			}
			if left := exceeded.Shortages[0].Left(); left.String() != tc.left {
				t.Errorf("left %s, want %s", left.String(), tc.left)
			}
		})
	}
}
