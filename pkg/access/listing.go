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
	listed     *listed  // from when somebody asked last, or nil
	version    int      // counts how often they have changed
}

// listed is the namespaces as they were, sorted, and what has changed since: not very much, and that alone is appended to.
type listed struct {
	sorted []string
	edits  []edit
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
	if l.listed == nil {
		return
	}
	l.listed.edits = append(l.listed.edits, e)
	if len(l.listed.edits) > 16+len(l.listed.sorted)/8 {
		l.listed = nil
	}
}

// unsorted is a copy of what is needed to sort the namespaces of a party.
type unsorted struct {
	of         *party
	version    int
	namespaces []string
	listed     *listed
}

func (p *party) unsorted() unsorted {
	if p.listed == nil {
		return unsorted{of: p, version: p.version, namespaces: slices.Clone(p.namespaces)}
	}
	return unsorted{of: p, version: p.version, listed: &listed{p.listed.sorted, slices.Clone(p.listed.edits)}}
}

// sort returns the namespaces, sorted, which must not be changed: they are kept for the next one who asks. The lock, of the
// relation, is taken for that, if anything was to be done.
func (u unsorted) sort(lock sync.Locker) (sorted []string) {
	switch {
	case u.listed == nil:
		slices.Sort(u.namespaces)
		sorted = u.namespaces
	case len(u.listed.edits) > 0:
		sorted = amend(u.listed.sorted, u.listed.edits)
	default:
		return u.listed.sorted
	}
	lock.Lock()
	defer lock.Unlock()
	if u.version == u.of.version {
		u.of.listed = &listed{sorted: sorted}
	}
	return sorted
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
