// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"maps"
	"slices"
)

// place is where a watch is in the log. The Feed rings the bell of those whom an entry concerns, and of nobody else.
type place struct {
	identities []any
	bell       chan struct{} // has room for one ring
	// behind is the view from which on there may be something to tell, or nil. It is under the lock of the Feed.
	behind *view
}

func newPlace(identities []any) *place {
	return &place{identities: identities, bell: make(chan struct{}, 1)}
}

func (p *place) ring(from *view) {
	if p.behind != nil {
		return
	}
	p.behind = from
	select {
	case p.bell <- struct{}{}:
	default:
	}
}

// audience is all places, by the identities of their callers. It needs a lock.
type audience map[any][]*place

func (a audience) join(p *place) {
	for _, identity := range p.identities {
		a[identity] = append(a[identity], p)
	}
}

func (a audience) leave(p *place) {
	for _, identity := range p.identities {
		places := a[identity]
		if at := slices.Index(places, p); at >= 0 {
			last := len(places) - 1
			places[at], places[last] = places[last], nil
			a[identity] = places[:last]
		}
		if len(a[identity]) == 0 {
			delete(a, identity)
		}
	}
}

// ring tells those whom the entry concerns.
func (a audience) ring(e *entry) {
	if len(a) == 0 {
		return
	}
	if e.doubt != nil {
		a.ringInDoubt(e)
	}
	switch {
	case e.access != nil:
		for identity := range e.access.Viewers() {
			a.ringAll(identity, e)
		}
	case e.namespace != "":
		for identity := range e.after.access.Viewers(e.namespace) {
			a.ringAll(identity, e)
		}
	}
}

func (a audience) ringInDoubt(e *entry) {
	viewers := e.doubt.viewers()
	if e.doubt.unknown {
		viewers = maps.Keys(a)
	}
	for identity := range viewers {
		a.ringAll(identity, e)
	}
}

func (a audience) ringAll(identity any, e *entry) {
	for _, p := range a[identity] {
		p.ring(e.before)
	}
}
