// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/client-go/tools/cache"
)

var versioner = storage.APIObjectVersioner{}

// Observer is told of every change of a row, in order, after it can be read: of one that appeared (before is nil), that
// changed, or that went (after is nil). It is called from the goroutine that feeds the Feed, which waits for it.
type Observer func(before, after *Row)

// Feed follows the namespaces that a Mapping shows and the access to them, as one log of immutable views. It is the
// store of a Reflector of namespaces, which alone calls the methods of cache.ReflectorStore. All other methods are
// safe for concurrent use.
type Feed struct {
	mapping   Mapping
	observers []Observer

	lock     sync.RWMutex
	log      log
	advanced chan struct{} // closed when the log grows
	synced   chan struct{} // closed when all namespaces have been read
	closed   chan struct{} // closed when watches end
}

var (
	_ cache.ReflectorStore         = &Feed{}
	_ cache.ReflectorBookmarkStore = &Feed{}
)

// NewFeed returns a Feed that knows of nothing. Its log holds as many entries as history says; observers are told of
// every change.
func NewFeed(mapping Mapping, history int, observers ...Observer) *Feed {
	return &Feed{
		mapping:   mapping,
		observers: observers,
		log:       newLog(history),
		advanced:  make(chan struct{}),
		synced:    make(chan struct{}),
		closed:    make(chan struct{}),
	}
}

// SetAccess makes this the Access of all views to come. The change says how it differs from the one before.
func (f *Feed) SetAccess(access Access, change AccessChange) {
	f.lock.Lock()
	defer f.lock.Unlock()
	next := f.log.head.successor()
	next.access = access
	f.appendLocked(&entry{after: next, access: change})
}

// Get returns the row of the namespace, or nil.
func (f *Feed) Get(name string) *Row {
	return f.head().get(name)
}

// HasSynced tells whether the Feed has been given all namespaces that exist.
func (f *Feed) HasSynced() bool { return isClosed(f.synced) }

// Synced is closed when the Feed has been given all namespaces that exist.
func (f *Feed) Synced() <-chan struct{} { return f.synced }

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// Close ends all watches, at once and for good. Everything else goes on.
func (f *Feed) Close() {
	f.lock.Lock()
	defer f.lock.Unlock()
	if !isClosed(f.closed) {
		close(f.closed)
	}
}

// Add implements cache.ReflectorStore.
func (f *Feed) Add(obj any) error { return f.Update(obj) }

// Update implements cache.ReflectorStore.
func (f *Feed) Update(obj any) error {
	namespace, err := namespaceOf(obj)
	if err != nil {
		return err
	}
	row, err := newRow(f.mapping, namespace)
	if err != nil {
		return err
	}
	f.advance(step{namespace: namespace.Name, row: f.shown(row), revision: row.revision})
	return nil
}

// Delete implements cache.ReflectorStore.
func (f *Feed) Delete(obj any) error {
	namespace, err := namespaceOf(obj)
	if err != nil {
		return err
	}
	revision, err := versioner.ParseResourceVersion(namespace.ResourceVersion)
	if err != nil {
		return err
	}
	f.advance(step{namespace: namespace.Name, revision: revision})
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
			f.advance(step{namespace: row.Namespace.Name, partial: true})
		}
		if old == nil || old.revision != row.revision {
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
		namespace, err := namespaceOf(obj)
		if err != nil {
			return nil, err
		}
		row, err := newRow(f.mapping, namespace)
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
		f.advance(step{namespace: name, partial: true})
	}
}

func (f *Feed) shown(row *Row) *Row {
	if f.mapping.Shows(row.Namespace) {
		return row
	}
	return nil
}

// step is what happens to a view: a row is set, or removed if row is nil, or none changes if namespace is "".
type step struct {
	namespace string
	row       *Row
	revision  uint64
	partial   bool
}

// advance takes the step, and then tells the observers.
func (f *Feed) advance(s step) {
	before := f.take(s)
	if before == nil && s.row == nil {
		return
	}
	for _, observe := range f.observers {
		observe(before, s.row)
	}
}

func (f *Feed) take(s step) (before *Row) {
	f.lock.Lock()
	defer f.lock.Unlock()
	before = f.log.head.get(s.namespace)
	next := f.log.head.successor()
	next.revision = max(next.revision, s.revision)
	next.partial = s.partial
	if before != nil || s.row != nil {
		next.rows = next.rows.Clone()
		put(next.rows, before, s.row)
	}
	f.appendLocked(&entry{after: next, namespace: s.namespace})
	return before
}

func (f *Feed) appendLocked(e *entry) {
	f.log.append(e)
	close(f.advanced)
	f.advanced = make(chan struct{})
}

func (f *Feed) head() *view {
	f.lock.RLock()
	defer f.lock.RUnlock()
	return f.log.head
}

// after returns the entries that follow the view in the log, and a channel that is closed when there are more of them.
func (f *Feed) after(v *view) ([]*entry, <-chan struct{}, error) {
	f.lock.RLock()
	defer f.lock.RUnlock()
	entries, err := f.log.after(v)
	return entries, f.advanced, err
}

// resume returns the view from which a watch that has seen the revision has missed nothing.
func (f *Feed) resume(revision uint64) (*view, error) {
	f.lock.RLock()
	defer f.lock.RUnlock()
	return f.log.resume(revision)
}

// at returns the view that has the rows as they were at the revision.
func (f *Feed) at(revision uint64) (*view, error) {
	f.lock.RLock()
	defer f.lock.RUnlock()
	return f.log.at(revision)
}

// await returns the first view from now on that the condition holds for.
func (f *Feed) await(ctx context.Context, condition func(*view) bool) (*view, error) {
	for {
		f.lock.RLock()
		head, advanced := f.log.head, f.advanced
		f.lock.RUnlock()
		if condition(head) {
			return head, nil
		}
		select {
		case <-advanced:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// namespaceOf returns the namespace without what nobody here reads.
func namespaceOf(obj any) (*corev1.Namespace, error) {
	namespace, ok := obj.(*corev1.Namespace)
	if !ok {
		return nil, fmt.Errorf("feed of namespaces was given a %T", obj)
	}
	namespace.ManagedFields = nil
	return namespace, nil
}
