// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/cache"
)

var (
	_ cache.ReflectorStore         = &Feed{}
	_ cache.ReflectorBookmarkStore = &Feed{}
)

// Add implements cache.ReflectorStore.
func (f *Feed) Add(obj any) error { return f.Update(obj) }

// Update implements cache.ReflectorStore.
func (f *Feed) Update(obj any) error {
	f.heard = f.config.Clock.Now()
	namespace, err := namespaceOf(obj)
	if err != nil {
		return err
	}
	if !f.config.Mapping.Shows(namespace) {
		return f.removeAt(namespace)
	}
	old := f.Get(namespace.Name)
	row, err := f.rowOf(namespace, old)
	if err != nil {
		return err
	}
	f.set(old, step{namespace: row.Namespace.Name, row: row, revision: row.revision})
	return nil
}

// Delete implements cache.ReflectorStore.
func (f *Feed) Delete(obj any) error {
	f.heard = f.config.Clock.Now()
	namespace, err := namespaceOf(obj)
	if err != nil {
		return err
	}
	return f.removeAt(namespace)
}

// removeAt removes the row of the namespace, if there is one, at the revision of the namespace.
func (f *Feed) removeAt(namespace *corev1.Namespace) error {
	revision, err := versioner.ParseResourceVersion(namespace.ResourceVersion)
	if err != nil {
		return err
	}
	f.remove(step{namespace: namespace.Name, revision: revision})
	return nil
}

// Bookmark implements cache.ReflectorBookmarkStore. Its revision may be one of the cluster that no namespace has, and
// replicas get bookmarks at different times. So that they agree, it counts only when somebody asks for it.
func (f *Feed) Bookmark(resourceVersion string) error {
	f.heard = f.config.Clock.Now()
	revision, err := versioner.ParseResourceVersion(resourceVersion)
	if err != nil {
		return err
	}
	f.lock.Lock()
	defer f.lock.Unlock()
	f.bookmarked = max(f.bookmarked, revision)
	f.reachLocked(f.wanted)
	f.log.trim(f.config.Clock.Now())
	return nil
}

// Resync implements cache.ReflectorStore. There is nothing to do.
func (f *Feed) Resync() error { return nil }

// Replace implements cache.ReflectorStore. In which order the rows came to differ from those at hand is not known:
// until all differences are in the log the views keep the revision that they had, so that a watcher that is cut off
// in between, or comes from elsewhere with a revision in between, is told all of them.
func (f *Feed) Replace(list []any, resourceVersion string) error {
	revision, err := versioner.ParseResourceVersion(resourceVersion)
	if err != nil {
		return err
	}
	rows, err := f.rowsOf(list)
	if err != nil {
		return err
	}
	if !f.HasSynced() {
		f.fill(rows, revision)
		return nil
	}
	f.reach() // later a revision from before the list would say too much
	f.removeAllBut(rows)
	for _, row := range rows {
		old := f.Get(row.Namespace.Name)
		if old != nil && old.Namespace.UID != row.Namespace.UID {
			f.remove(step{namespace: row.Namespace.Name, listed: true})
			old = nil
		}
		if old == nil || old.revision != row.revision {
			f.set(old, step{namespace: row.Namespace.Name, row: row, listed: true})
		}
	}
	f.advance(step{revision: revision, listed: true})
	f.heard = f.config.Clock.Now()
	return nil
}

// fill takes the first list, which is one step: nobody has seen anything before.
func (f *Feed) fill(rows []*Row, revision uint64) {
	f.begin(rows, revision)
	for _, row := range rows {
		f.keepDoubt(row.Namespace.Name, f.newDoubt(nil, row, true))
		for _, observe := range f.observers {
			observe(nil, row)
		}
	}
	f.heard = f.config.Clock.Now()
	close(f.synced)
}

// rowsOf returns the rows of the namespaces that are shown, by revision.
func (f *Feed) rowsOf(list []any) ([]*Row, error) {
	rows := make([]*Row, 0, len(list))
	for _, obj := range list {
		namespace, err := namespaceOf(obj)
		if err != nil {
			return nil, err
		}
		if !f.config.Mapping.Shows(namespace) {
			continue
		}
		row, err := f.rowOf(namespace, nil)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b *Row) int { return cmp.Compare(a.revision, b.revision) })
	return rows, nil
}

// rowOf returns the row of a namespace whose row was the old one, or nil. Namespaces that begin to be deleted say what they
// said before, and may be very many at once.
func (f *Feed) rowOf(namespace *corev1.Namespace, old *Row) (*Row, error) {
	annotated := maphash.String(f.seed, namespace.Annotations[f.config.Mapping.Annotation()])
	object := f.redecoded(namespace, old, annotated)
	if object == nil {
		object = f.config.Mapping.Decode(namespace)
	}
	row, err := newRow(object, namespace)
	if err != nil {
		return nil, err
	}
	row.annotated = annotated
	return row, nil
}

// redecoded returns the object of the namespace without decoding it, or nil if it has to be decoded.
func (f *Feed) redecoded(namespace *corev1.Namespace, old *Row, annotated uint64) runtime.Object {
	redecoder, ok := f.config.Mapping.(Redecoder)
	if !ok || old == nil || old.annotated != annotated || !old.wasActive(namespace) {
		return nil
	}
	return redecoder.Redecode(old.Object, namespace)
}

func (f *Feed) removeAllBut(rows []*Row) {
	stay := make(map[string]bool, len(rows))
	for _, row := range rows {
		stay[row.Namespace.Name] = true
	}
	var gone []string
	f.head().rows.Ascend(func(row *Row) bool {
		if name := row.Namespace.Name; !stay[name] {
			gone = append(gone, name)
		}
		return true
	})
	for _, name := range gone {
		f.remove(step{namespace: name, listed: true})
	}
}

func (f *Feed) set(old *Row, s step) {
	f.keepDoubt(s.namespace, f.newDoubt(old, s.row, s.listed))
	f.advance(s)
}

func (f *Feed) keepDoubt(namespace string, d *doubt) {
	if d != nil {
		f.doubts[namespace] = d
	}
}

func (f *Feed) remove(s step) {
	s.doubt = f.doubts[s.namespace]
	delete(f.doubts, s.namespace)
	f.advance(s)
}

// namespaceOf returns the namespace that the Feed was given. A Slimmer has removed what nobody reads.
func namespaceOf(obj any) (*corev1.Namespace, error) {
	namespace, ok := obj.(*corev1.Namespace)
	if !ok {
		return nil, fmt.Errorf("feed of namespaces was given a %T", obj)
	}
	return namespace, nil
}
