// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"slices"
	"sync"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apiserver/pkg/authentication/user"
)

// everyNamespace stands in a grant for all namespaces, those to come included. No namespace has this name.
const everyNamespace = ""

// grant says that the party sees the namespace.
type grant struct {
	*party
	namespace string
}

// relation is the relation of parties and namespaces as it is now, from both sides, and how it has come about. A change
// costs the same however large it is. The lock is held for as long as it takes to copy what somebody asks for.
type relation struct {
	lock     sync.RWMutex
	parties  parties
	viewings map[string]*viewing
	// latest is where changes are noted. Earlier pages are known to nobody but the Snapshots that need them.
	latest *page
}

func newRelation() *relation {
	return &relation{parties: parties{}, viewings: map[string]*viewing{}, latest: newPage()}
}

// name returns the parties that a binding in the namespace names, which forget takes back.
func (r *relation) name(namespace string, named []rbacv1.Subject) []*party {
	r.lock.Lock()
	defer r.lock.Unlock()
	return r.parties.name(namespace, named)
}

func (r *relation) forget(list []*party) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.parties.forget(list)
}

// now returns a Snapshot of the relation.
func (r *relation) now() *Snapshot {
	r.lock.RLock()
	defer r.lock.RUnlock()
	return &Snapshot{relation: r, since: r.latest.end()}
}

// add changes the count of the grant by n, and tells whether the grant appeared or disappeared by that.
func (r *relation) add(g grant, n int) bool {
	r.lock.Lock()
	defer r.lock.Unlock()
	v := r.viewings[g.namespace]
	if v == nil {
		v = &viewing{}
		r.viewings[g.namespace] = v
	}
	at, seen := v.find(g.party)
	switch {
	case !seen:
		v.add(sighting{party: g.party, count: n, at: g.party.open(g.namespace)})
	case v.viewers[at].count+n == 0:
		r.remove(v, at, g.namespace)
	default:
		v.viewers[at].count += n
		return false
	}
	r.latest = r.latest.note(turn{grant: g, appeared: !seen})
	return true
}

// remove removes the viewer from the namespace, and the namespace from the viewer.
func (r *relation) remove(v *viewing, at int, namespace string) {
	gone := v.remove(at)
	if moved, ok := gone.party.shut(gone.at); ok {
		r.viewings[moved].moved(gone.party, gone.at)
	}
	if len(v.viewers) == 0 {
		delete(r.viewings, namespace)
	}
}

// viewersOf returns those who see the namespace now.
func (r *relation) viewersOf(namespace string) []sighting {
	if v := r.viewings[namespace]; v != nil {
		return v.viewers
	}
	return nil
}

// views tells whether the caller sees the namespace now as anybody but those who are left out.
func (r *relation) views(caller user.Info, namespace string, except []subject) bool {
	v := r.viewings[namespace]
	switch {
	case v == nil:
		return false
	case len(v.viewers) <= fewViewers:
		return slices.ContainsFunc(v.viewers, func(one sighting) bool {
			return one.means(caller) && !slices.Contains(except, one.subject)
		})
	default:
		return r.viewsAmongMany(v, caller, except)
	}
}

func (r *relation) viewsAmongMany(v *viewing, caller user.Info, except []subject) (sees bool) {
	eachSubject(caller, func(who subject) bool {
		if p := r.parties[who]; p != nil && !slices.Contains(except, who) {
			_, sees = v.find(p)
		}
		return !sees
	})
	return sees
}

// tally collects by how much the counts of grants change.
type tally map[grant]int

// add counts all that the binding grants.
func (t tally) add(n int, b *binding) {
	for _, namespace := range b.namespaces() {
		for _, who := range b.subjects {
			t[grant{who, namespace}] += n
		}
	}
}
