// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"slices"
	"strings"
	"sync"
)

// listing is the namespaces that a party sees. It needs the lock of the relation.
type listing struct {
	namespaces []string // in no order
	// sorted is how they were when somebody asked last, or nil, and is never changed. The edits, not very many, came after
	// that. The version counts all edits.
	sorted  []string
	edits   []edit
	version int
}

// edit is that a namespace came, or else went.
type edit struct {
	namespace string
	came      bool
}

// open adds a namespace, and returns its place.
func (l *listing) open(namespace string) (at int) {
	l.edited(edit{namespace, true})
	l.namespaces = append(l.namespaces, namespace)
	return len(l.namespaces) - 1
}

// shut removes the namespace at the place, to which the last one moves, if there is another.
func (l *listing) shut(at int) (moved string, ok bool) {
	l.edited(edit{l.namespaces[at], false})
	last := len(l.namespaces) - 1
	moved = l.namespaces[last]
	l.namespaces[at], l.namespaces[last] = moved, ""
	l.namespaces = l.namespaces[:last]
	return moved, at < last
}

func (l *listing) edited(e edit) {
	l.version++
	if l.sorted == nil {
		return
	}
	l.edits = append(l.edits, e)
	if len(l.edits) > 16+len(l.sorted)/8 {
		l.sorted, l.edits = nil, nil
	}
}

// unsorted is a copy of what is needed to sort the namespaces of a party.
type unsorted struct {
	of *party
	listing
}

func (p *party) unsorted() unsorted {
	if p.sorted == nil {
		return unsorted{p, listing{namespaces: slices.Clone(p.namespaces), version: p.version}}
	}
	return unsorted{p, listing{sorted: p.sorted, edits: slices.Clone(p.edits), version: p.version}}
}

// sort returns the namespaces, sorted, which must not be changed: they are kept for the next one who asks. The lock, of the
// relation, is taken for that, if anything was to be done.
func (u unsorted) sort(lock sync.Locker) []string {
	switch {
	case u.sorted == nil:
		slices.Sort(u.namespaces)
		u.sorted = u.namespaces
	case len(u.edits) > 0:
		u.sorted = amend(u.sorted, u.edits)
	default:
		return u.sorted
	}
	lock.Lock()
	defer lock.Unlock()
	if u.version == u.of.version {
		u.of.sorted, u.of.edits = u.sorted, nil
	}
	return u.sorted
}

// amend returns the sorted list as it is after the edits, which it puts into another order.
func amend(sorted []string, edits []edit) []string {
	slices.SortStableFunc(edits, func(a, b edit) int { return strings.Compare(a.namespace, b.namespace) })
	amended := make([]string, 0, len(sorted)+len(edits))
	for n, e := range edits {
		if n+1 < len(edits) && edits[n+1].namespace == e.namespace {
			continue // what came later counts
		}
		at, known := slices.BinarySearch(sorted, e.namespace)
		amended = append(amended, sorted[:at]...)
		if e.came {
			amended = append(amended, e.namespace)
		}
		if known {
			at++
		}
		sorted = sorted[at:]
	}
	return append(amended, sorted...)
}
