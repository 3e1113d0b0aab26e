// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"cmp"
	"iter"
	"slices"
	"sort"
	"strings"

	"k8s.io/apiserver/pkg/authentication/user"
)

// pair is a subject and a namespace which it sees, or does not.
type pair struct {
	subject
	namespace string
}

func (p pair) compare(other pair) int {
	return cmp.Or(p.subject.compare(other.subject), strings.Compare(p.namespace, other.namespace))
}

// Change says for whom the view of which namespaces may have changed from one Snapshot to the next. It is immutable.
type Change struct {
	pairs []pair // sorted
}

// newChange returns the change of these, which it keeps.
func newChange(pairs []pair) Change {
	slices.SortFunc(pairs, pair.compare)
	return Change{pairs: slices.Clip(slices.Compact(pairs))}
}

// Namespaces returns the namespaces which the caller may have gained or lost; or all == true if any may be. A caller
// whom the change does not concern gets none.
func (c Change) Namespaces(caller user.Info) (namespaces []string, all bool) {
	eachSubject(caller, func(who subject) bool {
		for _, p := range c.of(who) {
			namespaces = append(namespaces, p.namespace)
		}
		return true
	})
	if slices.Contains(namespaces, everyNamespace) {
		return nil, true
	}
	slices.Sort(namespaces)
	return slices.Compact(namespaces), false
}

// of returns the pairs of the subject.
func (c Change) of(who subject) []pair {
	first := sort.Search(len(c.pairs), func(n int) bool { return c.pairs[n].subject.compare(who) >= 0 })
	following := c.pairs[first:]
	return following[:sort.Search(len(following), func(n int) bool { return following[n].subject != who })]
}

// Viewers are the identities of the callers whom the change concerns.
func (c Change) Viewers() iter.Seq[any] {
	return func(yield func(any) bool) {
		for n, p := range c.pairs {
			if (n == 0 || c.pairs[n-1].subject != p.subject) && !yield(p.subject) {
				return
			}
		}
	}
}

// Concerns tells whether anybody may have gained or lost the namespace.
func (c Change) Concerns(namespace string) bool {
	return slices.ContainsFunc(c.pairs, func(p pair) bool {
		return p.namespace == namespace || p.namespace == everyNamespace
	})
}
