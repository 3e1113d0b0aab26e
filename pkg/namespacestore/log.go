// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"errors"
	"iter"
	"slices"
	"sort"
	"time"
)

const (
	// skew is by how much the arrival of one change of access may differ between two replicas, and how long before a
	// revision therefore the changes of access are told again to a watch that resumes from it. See
	// docs/design/0005-replicas.md.
	skew = 3 * time.Second
	// keep is how long the log keeps an entry in any case, unless there are more than burst times as many as it has
	// room for.
	keep  = 2 * skew
	burst = 4
)

// errExpired says that the log does not reach back far enough.
var errExpired = errors.New("expired")

// log is the latest entries. It needs a lock.
type log struct {
	head    *view
	entries []*entry
	// accesses are those of the entries that changed access.
	accesses []*entry
	room     int
	// lost is the revision of the newest view that the log has dropped: the log cannot tell what the views of that
	// revision that it still has have in front of them.
	lost    uint64
	dropped bool
}

func newLog(room int) log {
	return log{head: &view{rows: newRows(), access: nobody{}}, room: room}
}

func (l *log) append(e *entry) {
	e.before = l.head
	l.head = e.after
	l.entries = append(l.entries, e)
	if e.access != nil {
		l.accesses = append(l.accesses, e)
	}
	l.trim(e.after.arrived)
}

// trim drops the oldest entries that there is no room for.
func (l *log) trim(now time.Time) {
	for len(l.entries) > l.room && (len(l.entries) > burst*l.room || now.Sub(l.entries[0].after.arrived) > keep) {
		l.lost, l.dropped = l.entries[0].before.revision, true
		if l.entries[0].access != nil {
			l.accesses = withoutFirst(l.accesses)
		}
		l.entries = withoutFirst(l.entries)
	}
}

// withoutFirst returns the entries but the first one, which it lets go.
func withoutFirst(entries []*entry) []*entry {
	entries[0] = nil
	return entries[1:]
}

// since visits those of the entries, which are some of the log's, that have arrived since then, the latest first.
func since(entries []*entry, then time.Time) iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		for _, e := range slices.Backward(entries) {
			if !e.after.arrived.After(then) || !yield(e) {
				return
			}
		}
	}
}

// oldest is the sequence of the first entry that the log still has, or of the next one if it has none.
func (l *log) oldest() uint64 { return l.head.sequence - uint64(len(l.entries)) + 1 }

// has tells whether the log still has all entries that follow the view.
func (l *log) has(v *view) bool { return v.sequence+1 >= l.oldest() }

func (l *log) after(v *view) ([]*entry, error) {
	if !l.has(v) {
		return nil, errExpired
	}
	return slices.Clone(l.entries[v.sequence+1-l.oldest():]), nil
}

// nth returns the view that is n steps after the oldest one, 0 ≤ n ≤ length.
func (l *log) nth(n int) *view {
	if n == len(l.entries) {
		return l.head
	}
	return l.entries[n].before
}

// numbered returns the view with that sequence, or nil if the log has dropped it.
func (l *log) numbered(sequence uint64) *view {
	if sequence+1 < l.oldest() {
		return nil
	}
	return l.nth(int(sequence + 1 - l.oldest()))
}

// at returns a view with the rows as they were at the revision.
func (l *log) at(revision uint64) (*view, error) {
	n, err := l.first(revision)
	if err != nil {
		return nil, err
	}
	v := l.nth(n)
	if revision > v.revision && l.isBefore(revision) {
		return nil, errExpired
	}
	return v, nil
}

// resume returns a view such that whoever has seen the revision, here, has seen that view or a later one; there may be
// many of one revision, since a change of access has none of its own: it is the first of them. Whoever has seen the
// revision at another replica may not know of some of the recent entries, which led to the view.
func (l *log) resume(revision uint64) (v *view, recent []*entry, err error) {
	n, err := l.first(revision)
	if err != nil {
		return nil, nil, err
	}
	if v = l.nth(n); v.revision <= l.lost || revision > v.revision && l.isBefore(revision) {
		return nil, nil, errExpired
	}
	settled := v.arrived.Add(-skew)
	first := n
	for first > 0 && l.entries[first-1].after.arrived.After(settled) {
		first--
	}
	if first == 0 && l.dropped && l.nth(0).arrived.After(settled) {
		return nil, nil, errExpired
	}
	return v, slices.Clone(l.entries[first:n]), nil
}

// isBefore tells whether the revision is one that a list has passed over: what came and went until then is not known.
func (l *log) isBefore(revision uint64) bool {
	next := l.search(revision)
	return next <= len(l.entries) && l.entries[next-1].listed
}

// first returns the place of the first view of the newest revision up to the given one.
func (l *log) first(revision uint64) (int, error) {
	newer := l.search(revision)
	if newer == 0 {
		return 0, errExpired
	}
	newest := l.nth(newer - 1).revision
	if newest == 0 {
		return 0, errExpired
	}
	return l.search(newest - 1), nil
}

// search returns how many views are not newer than the revision.
func (l *log) search(revision uint64) int {
	return sort.Search(len(l.entries)+1, func(n int) bool { return l.nth(n).revision > revision })
}
