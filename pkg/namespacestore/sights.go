// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/utils/lru"
)

const (
	// sightsKept is how many callers' sights are kept at most, and sightsRows how many rows those may have together. A
	// sight that nobody asks for any more holds on to rows that may be there no more.
	sightsKept = 4096
	sightsRows = 1 << 16
)

// sight is all rows that a caller sees in one view, by name, and what is noted about them. It is immutable.
type sight struct {
	sequence uint64
	rows     []*Row
	notes    *Notes
}

// sights keeps what callers saw last, so that who lists again pays for what has changed, and not for finding all of it
// again: then it does not matter at all how many rows there are that the caller does not see. It is safe for concurrent
// use.
type sights struct {
	lock sync.Mutex
	kept *lru.Cache
	rows int
}

func newSights() *sights {
	s := &sights{}
	s.kept = lru.NewWithEvictionFunc(sightsKept, func(_ lru.Key, gone any) { s.rows -= len(gone.(sight).rows) })
	return s
}

func (s *sights) get(key string) (sight, bool) {
	kept, ok := s.kept.Get(key)
	if !ok {
		return sight{}, false
	}
	return kept.(sight), true
}

func (s *sights) keep(key string, one sight) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.kept.Remove(key)
	s.kept.Add(key, one)
	for s.rows += len(one.rows); s.rows > sightsRows; {
		s.kept.RemoveOldest()
	}
}

// callerKey tells callers apart who may see different things, whatever is in their names.
func callerKey(caller user.Info) string {
	var key strings.Builder
	for _, name := range append([]string{caller.GetName()}, caller.GetGroups()...) {
		key.WriteString(strconv.Itoa(len(name)))
		key.WriteByte(':')
		key.WriteString(name)
	}
	return key.String()
}

// sightOf returns all rows that the caller sees in the view.
func (f *Feed) sightOf(caller user.Info, v *view) sight {
	key := callerKey(caller)
	old, known := f.sights.get(key)
	now, ok := old, known && old.sequence == v.sequence
	if known && !ok {
		now, ok = f.followSight(old, caller, v)
	}
	if !ok {
		now = sight{v.sequence, v.visible(caller, ""), &Notes{}}
	}
	if !known || old.sequence < v.sequence {
		f.sights.keep(key, now)
	}
	return now
}

// followSight returns how the sight has become by the view, unless that takes as long as to find all rows anew.
func (f *Feed) followSight(old sight, caller user.Info, v *view) (now sight, ok bool) {
	entries, ok := f.between(old.sequence, v.sequence, len(old.rows))
	if !ok {
		return sight{}, false
	}
	var names []string
	for _, e := range entries {
		touched, all := e.touches(caller)
		if all {
			return sight{}, false
		}
		names = append(names, touched...)
	}
	slices.Sort(names)
	if rows, differs := v.amend(old.rows, slices.Compact(names), caller); differs {
		return sight{v.sequence, rows, &Notes{}}, true
	}
	return sight{v.sequence, old.rows, old.notes}, true
}

// between returns the entries that lead from one view to another, if the log has them and if they are not very many more
// than it says.
func (f *Feed) between(from, to uint64, many int) ([]*entry, bool) {
	const few = 64
	f.lock.RLock()
	defer f.lock.RUnlock()
	oldest := f.log.oldest()
	if from+1 < oldest || to < from || to-from > uint64(many+few) {
		return nil, false
	}
	return slices.Clone(f.log.entries[from+1-oldest : to+1-oldest]), true
}

// amend returns the rows with those of the names as the caller sees them in the view, and whether that differs; both are
// sorted.
func (v *view) amend(rows []*Row, names []string, caller user.Info) (amended []*Row, differs bool) {
	amended = make([]*Row, 0, len(rows)+len(names))
	next := 0
	for _, name := range names {
		at := next + firstFrom(rows[next:], name)
		amended = append(amended, rows[next:at]...)
		var before *Row
		if next = at; at < len(rows) && rows[at].Namespace.Name == name {
			before, next = rows[at], at+1
		}
		after := v.seen(name, caller)
		if after != nil {
			amended = append(amended, after)
		}
		differs = differs || before != after
	}
	return append(amended, rows[next:]...), differs
}

// seen returns the row of that name if the caller sees it, or nil.
func (v *view) seen(name string, caller user.Info) *Row {
	if row := v.get(name); row != nil && v.access.Sees(caller, name) {
		return row
	}
	return nil
}
