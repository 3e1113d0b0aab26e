// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"container/heap"
	"context"
	"slices"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// lookEvery is how often a Schedule looks at the clock, at least: a clock that is set, or a machine that has slept, makes no
// timer run out sooner.
const lookEvery = time.Second

// Schedule calls for names at the moments that they have, each name at one. Moments come when the clock says so, whether it
// went there or was set: never before, and at most lookEvery after that. It is safe for concurrent use.
type Schedule struct {
	clock clock.Clock
	call  func(name string)
	first chan struct{} // has an element when another moment is the first one

	lock sync.Mutex
	at   map[string]time.Time
	// moments are those in at, and some of before: there are very many, and to look for those would take longer than to
	// pass them over.
	moments moments
}

// NewSchedule returns a Schedule that has nothing to call for yet.
func NewSchedule(now clock.Clock, call func(name string)) *Schedule {
	return &Schedule{clock: now, call: call, first: make(chan struct{}, 1), at: map[string]time.Time{}}
}

// Set has the Schedule call for the name at that time, and at no other.
func (s *Schedule) Set(name string, at time.Time) {
	at = at.Round(0) // the time of the clock, not of what drives timers
	s.lock.Lock()
	defer s.lock.Unlock()
	if before, ok := s.at[name]; ok && before.Equal(at) {
		return
	}
	s.at[name] = at
	heap.Push(&s.moments, moment{name, at})
	s.compactLocked()
	if s.moments[0].name == name {
		select {
		case s.first <- struct{}{}:
		default:
		}
	}
}

// Drop has the Schedule not call for the name.
func (s *Schedule) Drop(name string) {
	s.lock.Lock()
	defer s.lock.Unlock()
	delete(s.at, name)
	s.compactLocked()
}

// Len is how many names have a moment.
func (s *Schedule) Len() int {
	s.lock.Lock()
	defer s.lock.Unlock()
	return len(s.at)
}

// Run calls until the context ends.
func (s *Schedule) Run(ctx context.Context) {
	for {
		names, next := s.due()
		for _, name := range names {
			s.call(name)
		}
		timer := s.clock.NewTimer(next)
		select {
		case <-timer.C():
		case <-s.first:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// due removes and returns the names whose moment has come, and says how long to wait before asking again.
func (s *Schedule) due() (names []string, next time.Duration) {
	s.lock.Lock()
	defer s.lock.Unlock()
	now := s.clock.Now().Round(0)
	for len(s.moments) > 0 {
		first := s.moments[0]
		if s.holdsLocked(first) {
			if left := first.at.Sub(now); left > 0 {
				return names, min(left, lookEvery)
			}
			delete(s.at, first.name)
			names = append(names, first.name)
		}
		heap.Pop(&s.moments)
	}
	return names, lookEvery
}

// holdsLocked tells whether it is still the moment of its name.
func (s *Schedule) holdsLocked(m moment) bool {
	at, ok := s.at[m.name]
	return ok && at.Equal(m.at)
}

// compactLocked forgets moments of before when they are as many as those that hold.
func (s *Schedule) compactLocked() {
	if len(s.moments) <= 2*len(s.at)+fewMoments {
		return
	}
	s.moments = slices.DeleteFunc(s.moments, func(m moment) bool { return !s.holdsLocked(m) })
	heap.Init(&s.moments)
}

// fewMoments are not worth to be looked through.
const fewMoments = 64

type moment struct {
	name string
	at   time.Time
}

// moments implements heap.Interface.
type moments []moment

func (m moments) Len() int           { return len(m) }
func (m moments) Less(i, j int) bool { return m[i].at.Before(m[j].at) }
func (m moments) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }

func (m *moments) Push(x any) {
	one, _ := x.(moment)
	*m = append(*m, one)
}

func (m *moments) Pop() any {
	last := len(*m) - 1
	one := (*m)[last]
	(*m)[last] = moment{}
	*m = (*m)[:last]
	return one
}
