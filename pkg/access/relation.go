// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"slices"

	"k8s.io/utils/third_party/forked/golang/btree"
)

// everyNamespace stands in a grant for all namespaces, those to come included. No namespace has this name.
const everyNamespace = ""

// grant says that the party sees the namespace.
type grant struct {
	*party
	namespace string
}

func (g grant) before(other grant) bool {
	if g.party != other.party {
		if order := g.compare(other.subject); order != 0 {
			return order < 0
		}
	}
	return g.namespace < other.namespace
}

// sighting is that a party sees a namespace, by so many bindings.
type sighting struct {
	*party
	count int
}

// viewing is all that see one namespace. The viewers are never changed in place.
type viewing struct {
	namespace string
	viewers   []sighting
}

func (v viewing) before(other viewing) bool { return v.namespace < other.namespace }

// degree is that of the trees: small, since each change copies a path of nodes for the snapshots of before.
const degree = 16

// relation is the relation of parties and namespaces, from both sides. Its trees are copied on write: a clone costs
// as much as what changes afterwards.
type relation struct {
	grants   *btree.BTree[grant]
	viewings *btree.BTree[viewing]
}

func newRelation() relation {
	return relation{grants: btree.New(degree, grant.before), viewings: btree.New(degree, viewing.before)}
}

func (r relation) clone() relation {
	return relation{grants: r.grants.Clone(), viewings: r.viewings.Clone()}
}

func (r relation) viewersOf(namespace string) []sighting {
	found, _ := r.viewings.Get(viewing{namespace: namespace})
	return found.viewers
}

// add changes the count of the grant by n, and tells whether the grant appeared or disappeared by that.
func (r relation) add(g grant, n int) bool {
	viewers := r.viewersOf(g.namespace)
	at := slices.IndexFunc(viewers, func(v sighting) bool { return v.party == g.party })
	switch {
	case at < 0:
		r.set(g.namespace, append(slices.Clip(viewers), sighting{g.party, n}))
		r.grants.ReplaceOrInsert(g)
		return true
	case viewers[at].count+n == 0:
		r.set(g.namespace, slices.Concat(viewers[:at], viewers[at+1:]))
		r.grants.Delete(g)
		return true
	default:
		viewers = slices.Clone(viewers)
		viewers[at].count += n
		r.set(g.namespace, viewers)
		return false
	}
}

func (r relation) set(namespace string, viewers []sighting) {
	if len(viewers) == 0 {
		r.viewings.Delete(viewing{namespace: namespace})
		return
	}
	r.viewings.ReplaceOrInsert(viewing{namespace, viewers})
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
