// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"iter"
	"slices"

	"k8s.io/apiserver/pkg/authentication/user"
)

// turn is that a grant appeared, or else disappeared.
type turn struct {
	grant
	appeared bool
}

// pageSize is how many turns a page holds. What the oldest Snapshot does not need is kept until it needs no turn of the
// page; and to see what was so many turns ago, that many divided by the size are looked up.
const pageSize = 256

// page is consecutive turns, oldest first. A page knows the next one and not the one before: so a Snapshot, which is a
// place in a page, holds what has come after it, and what no Snapshot holds goes by itself.
type page struct {
	turns []turn
	about map[string][]int // namespace → places in the turns
	next  *page
}

func newPage() *page {
	return &page{turns: make([]turn, 0, pageSize), about: map[string][]int{}}
}

// note adds the turn, and returns the page for the next one.
func (p *page) note(t turn) *page {
	p.about[t.namespace] = append(p.about[t.namespace], len(p.turns))
	p.turns = append(p.turns, t)
	if len(p.turns) == pageSize {
		p.next = newPage()
		return p.next
	}
	return p
}

func (p *page) end() place { return place{page: p, at: len(p.turns)} }

// place is before a turn, which may be yet to come.
type place struct {
	page *page
	at   int
}

// turns visits all that follow the place, oldest first.
func (p place) turns() iter.Seq[*turn] {
	return func(yield func(*turn) bool) {
		for page, at := p.page, p.at; page != nil; page, at = page.next, 0 {
			for n := range page.turns[at:] {
				if !yield(&page.turns[at+n]) {
					return
				}
			}
		}
	}
}

// about visits those of them that are about the namespace.
func (p place) about(namespace string) iter.Seq[*turn] {
	return func(yield func(*turn) bool) {
		for page, at := p.page, p.at; page != nil; page, at = page.next, 0 {
			if at == len(page.turns) {
				continue
			}
			places := page.about[namespace]
			first, _ := slices.BinarySearch(places, at)
			for _, n := range places[first:] {
				if !yield(&page.turns[n]) {
					return
				}
			}
		}
	}
}

// past is what was there at a place, or was not, and has not stayed so. The first turn that follows tells what was.
type past map[pair]bool

func (p past) add(t *turn) {
	key := pair{t.subject, t.namespace}
	if _, told := p[key]; !told {
		p[key] = !t.appeared
	}
}

// pastOf returns what was different at the place for the caller; nil is nothing.
func (p place) pastOf(caller user.Info) past {
	var was past
	for t := range p.turns() {
		if t.means(caller) {
			if was == nil {
				was = past{}
			}
			was.add(t)
		}
	}
	return was
}

// appendWithout appends those of the names that the subject saw then, too.
func (p past) appendWithout(to []string, who subject, names []string) []string {
	if p == nil {
		return append(to, names...)
	}
	for _, name := range names {
		if _, told := p[pair{who, name}]; !told {
			to = append(to, name)
		}
	}
	return to
}

// appendLost appends the names that have been lost since.
func (p past) appendLost(to []string) []string {
	for one, saw := range p {
		if saw {
			to = append(to, one.namespace)
		}
	}
	return to
}
