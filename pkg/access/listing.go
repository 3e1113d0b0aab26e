// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import "slices"

// listing is the namespaces that a party sees.
type listing struct {
	*party
	version int
	names   []string
	sorted  bool
}

// list returns the namespaces that the party sees now, in any order.
func (p *party) list() listing {
	if p.sorted != nil {
		return listing{party: p, names: p.sorted, sorted: true}
	}
	return listing{party: p, version: p.version, names: slices.Clone(p.namespaces)}
}

// sort returns the names, sorted, which must not be changed: they are kept for as long as they stay the same. The lock must
// not be held.
func (r *relation) sort(l listing) []string {
	if l.sorted {
		return l.names
	}
	slices.Sort(l.names)
	r.lock.Lock()
	defer r.lock.Unlock()
	if l.version == l.party.version {
		l.party.sorted = l.names
	}
	return l.names
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
