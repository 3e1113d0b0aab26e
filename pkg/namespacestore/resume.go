// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
)

// resumption is what a watch has missed that goes on from a revision. Of the names whose visibility has changed for the
// caller meanwhile it tells how they are now, and not how they came and went: what the caller may not see any more must
// not appear again. Of all others it tells every change.
type resumption struct {
	scope *scope
	store *Store
	// start is where the watch goes on, and now is where the entries lead to.
	start, now *view
	entries    []*entry
	// elsewhere says that the client may have got what it knows from another replica. The recent entries, which led to
	// the start, may not have been known there.
	elsewhere bool
	recent    []*entry

	changed map[string]*change
	// settling are the names whose visibility has changed, by the place of the last entry that touches them; atStart
	// stands for the recent entries.
	settling map[int][]string
}

// atStart is before the first of the entries that follow the start.
const atStart = -1

// change is what the entries say of a name whose visibility has changed.
type change struct {
	last int
	// seen says that the caller was allowed to see it, and allowed is the last row, if there was one.
	seen    bool
	allowed *Row
}

// collect finds the names whose visibility has changed, and what has become of them.
func (r *resumption) collect() {
	r.changed, r.settling = map[string]*change{}, map[int][]string{}
	all := slices.Concat(r.recent, r.entries)
	for _, e := range all {
		if e.access != nil {
			for _, name := range r.scope.touchedAmong(e, all) {
				r.changed[name] = &change{}
			}
		}
	}
	for _, e := range r.recent {
		r.note(atStart, e)
	}
	for n, e := range r.entries {
		r.note(n, e)
	}
	for name, c := range r.changed {
		r.settling[c.last] = append(r.settling[c.last], name)
	}
}

func (r *resumption) note(place int, e *entry) {
	if e.access == nil && r.changed[e.namespace] == nil {
		return
	}
	names, all := e.touches(r.scope.caller)
	if all {
		names = slices.Collect(maps.Keys(r.changed))
	}
	for _, name := range names {
		c := r.changed[name]
		if c == nil {
			continue
		}
		c.last = place
		c.seen = c.seen || r.scope.sees(e.before, name) || r.scope.sees(e.after, name)
		if row := r.scope.allowed(e, name); row != nil {
			c.allowed = row
		}
	}
}

// eachEvent visits what was missed, and the view up to which all has been told then, in such an order that a client
// which is cut off in between, and goes on from what it got last, misses nothing.
func (r *resumption) eachEvent(visit func([]watch.Event, *view) error) error {
	r.collect()
	events, err := r.settle(atStart, r.start.revision)
	if err != nil {
		return err
	}
	if err := visit(events, r.start); err != nil {
		return err
	}
	for n, e := range r.entries {
		if events, err = r.at(n, e); err != nil {
			return err
		}
		if err := visit(events, e.after); err != nil {
			return err
		}
	}
	return nil
}

func (r *resumption) at(place int, e *entry) ([]watch.Event, error) {
	var events []watch.Event
	if e.access == nil && r.changed[e.namespace] == nil {
		unchanged, err := r.events(e)
		if err != nil {
			return nil, err
		}
		events = unchanged
	}
	settled, err := r.settle(place, e.after.revision)
	return append(events, settled...), err
}

func (r *resumption) events(e *entry) ([]watch.Event, error) {
	events, err := r.scope.events(e)
	if err != nil || len(events) > 0 {
		return events, err
	}
	return r.store.endInDoubt(r.scope, e)
}

// settle returns how the names are now whose last entry is at the place.
func (r *resumption) settle(place int, revision uint64) ([]watch.Event, error) {
	names := r.settling[place]
	slices.Sort(names)
	var events []watch.Event
	for _, name := range names {
		before, now, err := r.rows(name)
		if err != nil {
			return nil, err
		}
		if gone := r.gone(name, before, now); gone != nil {
			if err := versioner.UpdateObject(gone, revision); err != nil {
				return nil, err
			}
			events = append(events, watch.Event{Type: watch.Deleted, Object: gone})
		}
		switch {
		case now == nil, now == before:
		case before == nil || !sameNamespace(before, now):
			events = append(events, watch.Event{Type: watch.Added, Object: now.Object.DeepCopyObject()})
		default:
			events = append(events, watch.Event{Type: watch.Modified, Object: now.Object.DeepCopyObject()})
		}
	}
	return events, nil
}

// rows returns what the client knows of the name, as far as that is known, and what it shall know.
func (r *resumption) rows(name string) (before, now *Row, err error) {
	if !r.elsewhere {
		if before, err = r.scope.get(r.start, name); err != nil {
			return nil, nil, err
		}
	}
	now, err = r.scope.get(r.now, name)
	return before, now, err
}

// gone returns the last object of the name that the caller was allowed to see if it is gone, or if another has taken
// its place, and the client may have it; or nil.
func (r *resumption) gone(name string, before, now *Row) runtime.Object {
	allowed := r.changed[name].allowed
	switch {
	case before != nil && (now == nil || !sameNamespace(before, now)):
		if allowed == nil || !sameNamespace(before, allowed) {
			allowed = before
		}
		return allowed.Object.DeepCopyObject()
	case r.elsewhere && now == nil && allowed != nil:
		return allowed.Object.DeepCopyObject()
	case r.elsewhere && now == nil && r.changed[name].seen:
		return r.store.named(name)
	default:
		return nil
	}
}

func sameNamespace(a, b *Row) bool { return a.Namespace.UID == b.Namespace.UID }

// touched returns the names that the entry may make look different.
func (s *scope) touched(e *entry) []string {
	names, all := e.touches(s.caller)
	if all {
		names = e.after.names()
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !s.covers(name) })
}

// touchedAmong is the same, and has those names, too, whose rows have gone by the other entries.
func (s *scope) touchedAmong(e *entry, others []*entry) []string {
	names := s.touched(e)
	if _, all := e.touches(s.caller); !all {
		return names
	}
	for _, other := range others {
		if other.access == nil && other.namespace != "" {
			names = append(names, s.touched(other)...)
		}
	}
	return names
}

// allowed returns the row that the caller was allowed to see after the entry, or before it.
func (s *scope) allowed(e *entry, name string) *Row {
	for _, v := range []*view{e.after, e.before} {
		if row := v.seen(name, s.caller); row != nil {
			return row
		}
	}
	return nil
}

func (s *scope) sees(v *view, name string) bool { return v.access.Sees(s.caller, name) }

// goOn tells what a watch has missed that resumes.
func (w *watcher) goOn(ctx context.Context) error {
	entries, head, err := w.store.Feed.next(w.place)
	if err != nil {
		return errTooSlow
	}
	missed := &resumption{
		scope: &w.scope, store: w.store,
		start: w.at, now: head, entries: entries,
		elsewhere: w.resumed, recent: w.recent,
	}
	w.recent = nil
	return missed.eachEvent(func(events []watch.Event, told *view) error {
		if err := w.sendAll(ctx, events); err != nil {
			return err
		}
		w.at = told
		w.hasten(ctx, events)
		return nil
	})
}
