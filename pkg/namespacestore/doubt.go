// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"iter"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/watch"
)

// doubt is about who sees a Terminating namespace. The bindings in it go before it does, and those who see it then keep
// seeing it: who that is depends on what a replica learned first. A watch that was told of the namespace by another
// replica, and does not see it here, would wait for its end in vain.
type doubt struct {
	// unknown says that it is not known here who may see it elsewhere.
	unknown bool
	// changes are those of access to it that came just before its end began, or since it was heard of before.
	changes []AccessChange
}

// newDoubt returns the doubt about a row which has come to be the newer one; nil if there is none. It was listed if what
// happened in between is not known.
func (f *Feed) newDoubt(old, newer *Row, listed bool) *doubt {
	if !newer.isTerminating() || old != nil && old.isTerminating() {
		return f.doubts[newer.Namespace.Name]
	}
	changes, known := f.changesSince(f.heard.Add(-skew), newer.Namespace.Name)
	switch {
	case listed && (old == nil || !sameNamespace(old, newer) || !known):
		return &doubt{unknown: true}
	case len(changes) > 0:
		return &doubt{changes: changes}
	default:
		return nil
	}
}

// changesSince returns how access to the namespace has changed since then, and whether the log still knows.
func (f *Feed) changesSince(then time.Time, namespace string) (changes []AccessChange, known bool) {
	f.lock.RLock()
	defer f.lock.RUnlock()
	for e := range since(f.log.accesses, then) {
		if e.access.Concerns(namespace) {
			changes = append(changes, e.access)
		}
	}
	return changes, !f.log.nth(0).arrived.After(then)
}

// recentNames returns the names in the scope of rows that have changed within the skew.
func (f *Feed) recentNames(s *scope) sets.Set[string] {
	names := sets.New[string]()
	f.lock.RLock()
	defer f.lock.RUnlock()
	for e := range since(f.log.entries, f.config.Clock.Now().Add(-skew)) {
		if e.namespace != "" && s.covers(e.namespace) {
			names.Insert(e.namespace)
		}
	}
	return names
}

// viewers are those who may wait for the end of the namespace, if that is known.
func (d *doubt) viewers() iter.Seq[any] {
	return func(yield func(any) bool) {
		for _, change := range d.changes {
			for viewer := range change.Viewers() {
				if !yield(viewer) {
					return
				}
			}
		}
	}
}

// isAbout tells whether the caller of the scope may wait for the end of the namespace.
func (d *doubt) isAbout(s *scope, namespace string) bool {
	return slices.ContainsFunc(d.changes, func(change AccessChange) bool {
		names, all := change.Namespaces(s.caller)
		return all || slices.Contains(names, namespace)
	})
}

// endInDoubt returns what to tell, of the end of a namespace that is not seen here, to a client that may have seen it
// elsewhere.
func (s *Store) endInDoubt(scope *scope, e *entry) ([]watch.Event, error) {
	switch {
	case e.doubt == nil || !scope.covers(e.namespace):
		return nil, nil
	case e.doubt.unknown:
		return nil, apiExpired(watchExpired)
	case e.doubt.isAbout(scope, e.namespace):
		return s.gone(e, e.namespace)
	default:
		return nil, nil
	}
}

// grantInDoubt returns what to tell of grants that show nothing: what they would have shown has gone, or is not selected
// any more. A client that was told of the grant elsewhere may have it.
func (s *Store) grantInDoubt(scope *scope, e *entry) ([]watch.Event, error) {
	var events []watch.Event
	names := scope.touched(e)
	if _, all := e.touches(scope.caller); all {
		names = sets.List(sets.New(names...).Union(s.Feed.recentNames(scope)))
	}
	for _, name := range names {
		row, err := scope.get(e.after, name)
		if err != nil {
			return nil, err
		}
		if row != nil || !scope.sees(e.after, name) || scope.sees(e.before, name) {
			continue
		}
		end, err := s.gone(e, name)
		if err != nil {
			return nil, err
		}
		events = append(events, end...)
	}
	return events, nil
}

// gone returns the DELETED of an object of which nothing is told but its name.
func (s *Store) gone(e *entry, name string) ([]watch.Event, error) {
	object := s.named(name)
	if err := versioner.UpdateObject(object, e.after.revision); err != nil {
		return nil, err
	}
	return []watch.Event{{Type: watch.Deleted, Object: object}}, nil
}

// named returns an object that has nothing but its name.
func (s *Store) named(name string) runtime.Object {
	object := s.New()
	if accessor, err := meta.Accessor(object); err == nil {
		accessor.SetName(name)
	}
	return object
}
