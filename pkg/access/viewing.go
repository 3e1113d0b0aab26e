// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import "slices"

// sighting is that a party sees a namespace, by so many bindings. The namespace is the party's at that place.
type sighting struct {
	*party
	count int
	at    int
}

// viewing is all that see one namespace, each once and in no order.
type viewing struct {
	viewers []sighting
	// places says where in the viewers a party is, if they are not few.
	places map[*party]int
}

// fewViewers is how many viewers of a namespace are looked at one by one.
const fewViewers = 16

func (v *viewing) find(p *party) (at int, seen bool) {
	if v.places != nil {
		at, seen = v.places[p]
		return at, seen
	}
	at = slices.IndexFunc(v.viewers, func(one sighting) bool { return one.party == p })
	return at, at >= 0
}

func (v *viewing) add(one sighting) {
	v.viewers = append(v.viewers, one)
	switch {
	case v.places != nil:
		v.places[one.party] = len(v.viewers) - 1
	case len(v.viewers) > fewViewers:
		v.places = map[*party]int{}
		for at := range v.viewers {
			v.places[v.viewers[at].party] = at
		}
	}
}

// remove removes the viewer at the place, to which the last one moves.
func (v *viewing) remove(at int) sighting {
	gone, last := v.viewers[at], len(v.viewers)-1
	v.viewers[at], v.viewers[last] = v.viewers[last], sighting{}
	v.viewers = v.viewers[:last]
	switch {
	case last <= fewViewers:
		v.places = nil
	case at < last:
		v.places[v.viewers[at].party] = at
		fallthrough
	default:
		delete(v.places, gone.party)
	}
	return gone
}

// moved takes note that the namespace is at another place of the viewer's.
func (v *viewing) moved(p *party, to int) {
	if at, seen := v.find(p); seen {
		v.viewers[at].at = to
	}
}
