// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"iter"
	"slices"

	"k8s.io/apiserver/pkg/authentication/user"
)

// Snapshot is the relation of subjects and namespaces at one moment. It is immutable, and safe for concurrent use: it is
// the relation as it is now, but for what has changed since. Who keeps a Snapshot keeps about 100 bytes of memory for each
// grant that has appeared or disappeared since then.
type Snapshot struct {
	relation *relation
	since    place
}

// Sees tells whether the caller may get the namespace. It costs O(groups), and a look-up more for every 256 grants that
// have changed since the Snapshot was the newest.
func (s *Snapshot) Sees(caller user.Info, namespace string) bool {
	s.relation.lock.RLock()
	defer s.relation.lock.RUnlock()
	return s.seesAllLocked(caller) || s.viewedByLocked(caller, namespace)
}

// seesAllLocked tells whether the caller may get every namespace.
func (s *Snapshot) seesAllLocked(caller user.Info) bool {
	return masters.means(caller) || s.viewedByLocked(caller, everyNamespace)
}

func (s *Snapshot) viewedByLocked(caller user.Info, namespace string) bool {
	var came []subject
	for t := range s.since.about(namespace) {
		switch {
		case !t.means(caller) || slices.Contains(came, t.subject):
		case t.appeared:
			came = append(came, t.subject)
		default:
			return true
		}
	}
	return s.relation.views(caller, namespace, came)
}

// Namespaces returns the names of the namespaces that the caller may get, sorted and each once, whether they exist or
// not; or all == true if the caller may get every one. They must not be changed. It costs O(groups + K log K) for K names,
// and O(groups) if they are those of one subject and were asked for before; and a little for each grant that has changed
// since the Snapshot was the newest.
func (s *Snapshot) Namespaces(caller user.Info) (namespaces []string, all bool) {
	found, was, all := s.lookUp(caller)
	if all {
		return nil, true
	}
	if len(found) == 1 && was == nil {
		return found[0].sort(&s.relation.lock), false
	}
	for _, one := range found {
		namespaces = was.appendWithout(namespaces, one.of.subject, one.sort(&s.relation.lock))
	}
	namespaces = was.appendLost(namespaces)
	slices.Sort(namespaces)
	return slices.Compact(namespaces), false
}

// lookUp copies what concerns the caller: what each of the caller's subjects sees now, and what was different.
func (s *Snapshot) lookUp(caller user.Info) (found []unsorted, was past, all bool) {
	s.relation.lock.RLock()
	defer s.relation.lock.RUnlock()
	if s.seesAllLocked(caller) {
		return nil, nil, true
	}
	eachSubject(caller, func(who subject) bool {
		if p := s.relation.parties[who]; p != nil && len(p.namespaces) > 0 {
			found = append(found, p.unsorted())
		}
		return true
	})
	return found, s.since.pastOf(caller), false
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
		for _, who := range s.viewersOf(everyNamespace, namespace) {
			if !yield(who) {
				return
			}
		}
	}
}

// viewersOf returns who sees one of the namespaces.
func (s *Snapshot) viewersOf(namespaces ...string) (viewers []subject) {
	s.relation.lock.RLock()
	defer s.relation.lock.RUnlock()
	for _, namespace := range namespaces {
		was := past{}
		for t := range s.since.about(namespace) {
			was.add(t)
		}
		for _, v := range s.relation.viewersOf(namespace) {
			if _, told := was[pair{v.subject, namespace}]; !told {
				viewers = append(viewers, v.subject)
			}
		}
		for p, saw := range was {
			if saw {
				viewers = append(viewers, p.subject)
			}
		}
	}
	return viewers
}
