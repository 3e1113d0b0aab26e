// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package repair

import (
	"sync"
	"time"

	"k8s.io/utils/clock"
)

const (
	// patience is how many changes in a row are put right at once. Who edits by hand does not come so far.
	patience = 20
	// firstDelay is how long the next one takes. Each one after that takes twice as long, up to longestDelay.
	firstDelay   = time.Second
	longestDelay = time.Minute
	// peace is how long nothing has to change until a row is over.
	peace = 3 * time.Minute
	// calm is how long after a change of plan changes are taken for those that carry it out.
	calm = 5 * time.Second
)

// fights counts, by namespace, how often something was changed there in a row. It is safe for concurrent use.
type fights struct {
	clock clock.PassiveClock

	lock sync.Mutex
	rows map[string]*row
}

// row is a row of changes.
type row struct {
	changes int
	last    time.Time
	// planned is when there last was another plan.
	planned time.Time
	// told is whether it was said last that there is a fight.
	told bool
}

func newFights(clock clock.PassiveClock) *fights {
	return &fights{clock: clock, rows: map[string]*row{}}
}

// delay takes note of a change, and returns how long to wait before it is put right.
func (f *fights) delay(namespace string) time.Duration {
	f.lock.Lock()
	defer f.lock.Unlock()
	now := f.clock.Now()
	r := f.rowLocked(namespace, now)
	if now.Sub(r.planned) < calm {
		return 0
	}
	if now.Sub(r.last) >= peace {
		r.changes = 0
	}
	r.changes++
	r.last = now
	return r.delay()
}

// plan takes note that there is another plan. What changes then is no fight.
func (f *fights) plan(namespace string) {
	f.lock.Lock()
	defer f.lock.Unlock()
	now := f.clock.Now()
	f.rowLocked(namespace, now).planned = now
}

func (f *fights) rowLocked(namespace string, now time.Time) *row {
	r := f.rows[namespace]
	if r == nil {
		f.sweepLocked(now)
		r = &row{last: now}
		f.rows[namespace] = r
	}
	return r
}

func (r *row) delay() time.Duration {
	over := r.changes - patience
	if over <= 0 {
		return 0
	}
	delay := firstDelay
	for ; over > 1 && delay < longestDelay; over-- {
		delay *= 2
	}
	return min(delay, longestDelay)
}

// state tells whether there is a fight, whether that is news, and when to ask again, or 0.
func (f *fights) state(namespace string) (contested, news bool, again time.Duration) {
	f.lock.Lock()
	defer f.lock.Unlock()
	r := f.rows[namespace]
	if r == nil {
		return false, false, 0
	}
	left := peace - f.clock.Since(r.last)
	contested = r.changes > patience && left > 0
	if contested {
		again = left
	}
	return contested, contested != r.told, again
}

// reported takes note of what was said.
func (f *fights) reported(namespace string, contested bool) {
	f.lock.Lock()
	defer f.lock.Unlock()
	if r := f.rows[namespace]; r != nil {
		r.told = contested
	}
}

func (f *fights) forget(namespace string) {
	f.lock.Lock()
	defer f.lock.Unlock()
	delete(f.rows, namespace)
}

// sweepLocked forgets rows that are over.
func (f *fights) sweepLocked(now time.Time) {
	for namespace, r := range f.rows {
		if !r.told && now.Sub(r.last) >= peace {
			delete(f.rows, namespace)
		}
	}
}
