// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"cmp"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
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
	namespace, err := f.namespaceOf(obj)
	if err != nil {
		return err
	}
	row, err := newRow(f.config.Mapping, namespace)
	if err != nil {
		return err
	}
	f.advance(step{namespace: namespace.Name, row: f.shown(row), revision: row.revision})
	return nil
}

// Delete implements cache.ReflectorStore.
func (f *Feed) Delete(obj any) error {
	namespace, err := f.namespaceOf(obj)
	if err != nil {
		return err
	}
	revision, err := versioner.ParseResourceVersion(namespace.ResourceVersion)
	if err != nil {
		return err
	}
	f.remove(step{namespace: namespace.Name, revision: revision})
	return nil
}

// Bookmark implements cache.ReflectorBookmarkStore.
func (f *Feed) Bookmark(resourceVersion string) error {
	revision, err := versioner.ParseResourceVersion(resourceVersion)
	if err != nil {
		return err
	}
	f.advance(step{revision: revision})
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
	f.removeAllBut(rows)
	for _, row := range rows {
		old := f.Get(row.Namespace.Name)
		if old != nil && old.Namespace.UID != row.Namespace.UID {
			f.remove(step{namespace: row.Namespace.Name, partial: true})
			old = nil
		}
		if old == nil || old.revision != row.revision {
			f.doubt(old, row)
			f.advance(step{namespace: row.Namespace.Name, row: row, partial: true})
		}
	}
	f.advance(step{revision: revision})
	if !f.HasSynced() {
		close(f.synced)
	}
	return nil
}

// rowsOf returns the rows of the namespaces that are shown, by revision.
func (f *Feed) rowsOf(list []any) ([]*Row, error) {
	rows := make([]*Row, 0, len(list))
	for _, obj := range list {
		namespace, err := f.namespaceOf(obj)
		if err != nil {
			return nil, err
		}
		row, err := newRow(f.config.Mapping, namespace)
		if err != nil {
			return nil, err
		}
		if f.shown(row) != nil {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b *Row) int { return cmp.Compare(a.revision, b.revision) })
	return rows, nil
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
		f.remove(step{namespace: name, partial: true})
	}
}

// doubt takes note of a namespace that has begun to go while nobody looked.
func (f *Feed) doubt(old, row *Row) {
	if row.isTerminating() && (old == nil || !old.isTerminating()) {
		f.doubtful.Insert(row.Namespace.Name)
	}
}

func (f *Feed) remove(s step) {
	s.doubtful = f.doubtful.Has(s.namespace)
	f.doubtful.Delete(s.namespace)
	f.advance(s)
}

func (f *Feed) shown(row *Row) *Row {
	if f.config.Mapping.Shows(row.Namespace) {
		return row
	}
	return nil
}

// namespaceOf returns the namespace without what nobody here reads.
func (f *Feed) namespaceOf(obj any) (*corev1.Namespace, error) {
	namespace, ok := obj.(*corev1.Namespace)
	if !ok {
		return nil, fmt.Errorf("feed of namespaces was given a %T", obj)
	}
	namespace.ManagedFields = nil
	key := f.config.Mapping.Annotation()
	if value, ok := namespace.Annotations[key]; ok {
		namespace.Annotations = map[string]string{key: value}
	} else {
		namespace.Annotations = nil
	}
	return namespace, nil
}
