// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"iter"
	"slices"

	"k8s.io/apiserver/pkg/authentication/user"
)

// Snapshot is the relation of subjects and namespaces at one moment. It is immutable, and safe for concurrent use.
type Snapshot struct {
	relation
}

// fewViewers is how many viewers of a namespace are looked for among the caller's groups one by one.
const fewViewers = 16

// Sees tells whether the caller may get the namespace. It costs O(groups + log namespaces), or O(groups · log grants)
// for a namespace that very many subjects see.
func (s *Snapshot) Sees(caller user.Info, namespace string) bool {
	return s.seesAll(caller) || s.viewedBy(caller, namespace)
}

// seesAll tells whether the caller may get every namespace.
func (s *Snapshot) seesAll(caller user.Info) bool {
	return masters.means(caller) || s.viewedBy(caller, everyNamespace)
}

func (s *Snapshot) viewedBy(caller user.Info, namespace string) bool {
	viewers := s.viewersOf(namespace)
	if len(viewers) <= fewViewers {
		return slices.ContainsFunc(viewers, func(v sighting) bool { return v.means(caller) })
	}
	sees := false
	eachSubject(caller, func(who subject) bool {
		sees = s.grants.Has(grant{party: &party{subject: who}, namespace: namespace})
		return !sees
	})
	return sees
}

// Namespaces returns the names of the namespaces that the caller may get, sorted and each once, whether they exist or
// not; or all == true if the caller may get every one. It costs O(groups · log grants + K log K) for K names.
func (s *Snapshot) Namespaces(caller user.Info) (namespaces []string, all bool) {
	if s.seesAll(caller) {
		return nil, true
	}
	eachSubject(caller, func(who subject) bool {
		namespaces = s.appendNamespaces(namespaces, who)
		return true
	})
	slices.Sort(namespaces)
	return slices.Compact(namespaces), false
}

func (s *Snapshot) appendNamespaces(namespaces []string, who subject) []string {
	s.grants.AscendGreaterOrEqual(grant{party: &party{subject: who}}, func(g grant) bool {
		if g.subject != who {
			return false
		}
		namespaces = append(namespaces, g.namespace)
		return true
	})
	return namespaces
}

// Identities returns all that a caller may see a namespace as: comparable values, the same ones for every Snapshot.
func (s *Snapshot) Identities(caller user.Info) []any {
	var identities []any
	eachSubject(caller, func(who subject) bool {
		identities = append(identities, who)
		return true
	})
	return identities
}

// Viewers are the identities as which callers see the namespace: a caller sees it if one of them is the caller's.
func (s *Snapshot) Viewers(namespace string) iter.Seq[any] {
	return func(yield func(any) bool) {
		if !yield(masters) {
			return
		}
		for _, key := range []string{everyNamespace, namespace} {
			for _, v := range s.viewersOf(key) {
				if !yield(v.subject) {
					return
				}
			}
		}
	}
}

// Change says for whom the view of which namespaces may have changed from one Snapshot to the next. It is immutable.
type Change struct {
	namespaces map[subject][]string
}

func newChange() Change { return Change{namespaces: map[subject][]string{}} }

// Namespaces returns the namespaces which the caller may have gained or lost; or all == true if any may be. A caller
// whom the change does not concern gets none.
func (c Change) Namespaces(caller user.Info) (namespaces []string, all bool) {
	for who, changed := range c.namespaces {
		if who.means(caller) {
			namespaces = append(namespaces, changed...)
		}
	}
	if slices.Contains(namespaces, everyNamespace) {
		return nil, true
	}
	slices.Sort(namespaces)
	return slices.Compact(namespaces), false
}

// Viewers are the identities of the callers whom the change concerns.
func (c Change) Viewers() iter.Seq[any] {
	return func(yield func(any) bool) {
		for who := range c.namespaces {
			if !yield(who) {
				return
			}
		}
	}
}

// Concerns tells whether anybody may have gained or lost the namespace.
func (c Change) Concerns(namespace string) bool {
	for _, namespaces := range c.namespaces {
		if slices.Contains(namespaces, namespace) || slices.Contains(namespaces, everyNamespace) {
			return true
		}
	}
	return false
}
