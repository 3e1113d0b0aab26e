// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/utils/clock"
)

var versioner = storage.APIObjectVersioner{}

// Observer is told of every change of a row, in order, after it can be read: of one that appeared (before is nil), that
// changed, or that went (after is nil). It is called from the goroutine that feeds the Feed, which waits for it.
type Observer func(before, after *Row)

// Feed follows the namespaces that a Mapping shows and the access to them, as one log of immutable views. It is the
// store of a Reflector of namespaces, which alone calls the methods of cache.ReflectorStore. All other methods are
// safe for concurrent use.
type Feed struct {
	config    FeedConfig
	observers []Observer
	// doubts are about Terminating namespaces. Only the Reflector's goroutine uses them.
	doubts map[string]*doubt
	// heard is when the Reflector had something to tell last. Only its goroutine uses it.
	heard  time.Time
	lists  lists
	sights *sights
	// seed is that of the hashes of annotations.
	seed maphash.Seed

	lock     sync.RWMutex
	log      log
	audience audience
	// bookmarked is a revision that is reached when it is wanted, and wanted the newest one that was asked for.
	bookmarked, wanted uint64
	advanced           chan struct{} // closed when the log grows
	behind             chan struct{} // has an element when a revision is wanted that is not known to be reached
	synced             chan struct{} // closed when all namespaces have been read
	closed             chan struct{} // closed when watches end
}

// FeedConfig is what a Feed is made of; all of it is required.
type FeedConfig struct {
	Mapping Mapping
	// History is how many entries the log holds, at least.
	History int
	Clock   clock.PassiveClock
}

// NewFeed returns a Feed that knows of nothing.
func NewFeed(config FeedConfig) *Feed {
	return &Feed{
		config:   config,
		doubts:   map[string]*doubt{},
		lists:    newLists(config.Clock),
		sights:   newSights(),
		seed:     maphash.MakeSeed(),
		log:      newLog(config.History),
		audience: audience{},
		advanced: make(chan struct{}),
		synced:   make(chan struct{}),
		behind:   make(chan struct{}, 1),
		closed:   make(chan struct{}),
	}
}

// Observe has the observer told of every change. It is to be called before the Feed is told anything.
func (f *Feed) Observe(observer Observer) { f.observers = append(f.observers, observer) }

// SetAccess makes this the Access of all views to come. The change says how it differs from the one before.
func (f *Feed) SetAccess(access Access, change AccessChange) {
	f.lock.Lock()
	defer f.lock.Unlock()
	next := f.log.head.successor(f.config.Clock.Now())
	next.access = access
	f.appendLocked(&entry{after: next, access: change})
}

// Get returns the row of the namespace, or nil.
func (f *Feed) Get(name string) *Row {
	return f.head().get(name)
}

// Rows returns all rows, by name.
func (f *Feed) Rows() []*Row {
	v := f.head()
	rows := make([]*Row, 0, v.rows.Len())
	v.rows.Ascend(func(row *Row) bool {
		rows = append(rows, row)
		return true
	})
	return rows
}

// Visible returns the rows that the caller sees, by name; and all == true if those are all rows, and will be.
func (f *Feed) Visible(caller user.Info) (rows []*Row, all bool) {
	v := f.head()
	_, all = v.access.Namespaces(caller)
	return v.visible(caller, ""), all
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

// step is what happens to a view: a row is set, or removed if row is nil, or none changes if namespace is "".
type step struct {
	namespace string
	row       *Row
	revision  uint64
	listed    bool
	doubt     *doubt
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
	next := f.log.head.successor(f.config.Clock.Now())
	next.revision = max(next.revision, s.revision)
	e := &entry{after: next, listed: s.listed, doubt: s.doubt}
	if before != nil || s.row != nil {
		e.namespace = s.namespace
		next.rows = next.rows.Clone()
		put(next.rows, before, s.row)
	}
	f.appendLocked(e)
	return before
}

// begin makes these the rows.
func (f *Feed) begin(rows []*Row, revision uint64) {
	f.lock.Lock()
	defer f.lock.Unlock()
	next := f.log.head.successor(f.config.Clock.Now())
	next.revision = revision
	next.rows = newRows()
	for _, row := range rows {
		next.rows.ReplaceOrInsert(row)
	}
	f.appendLocked(&entry{after: next})
}

func (f *Feed) appendLocked(e *entry) {
	f.log.append(e)
	f.audience.ring(e)
	close(f.advanced)
	f.advanced = make(chan struct{})
}

func (f *Feed) head() *view {
	f.lock.RLock()
	defer f.lock.RUnlock()
	return f.log.head
}

// join has the place's bell rung for what follows the view.
func (f *Feed) join(p *place, v *view) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.audience.join(p)
	if f.log.head != v {
		p.ring(v)
	}
}

func (f *Feed) leave(p *place) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.audience.leave(p)
}

// next returns the entries that may have something to tell at the place, if any, and the view to which all entries lead.
func (f *Feed) next(p *place) (entries []*entry, head *view, err error) {
	f.lock.Lock()
	defer f.lock.Unlock()
	if p.behind != nil {
		entries, err = f.log.after(p.behind)
		p.behind = nil
	}
	return entries, f.log.head, err
}

// keeps tells whether the log still has what follows the view.
func (f *Feed) keeps(v *view) bool {
	f.lock.RLock()
	defer f.lock.RUnlock()
	return f.log.has(v)
}

// resume returns the view from which a watch that has seen the revision has missed nothing, but for changes of access
// in the recent entries, which led to the view: if it has seen the revision elsewhere, those may not have been known
// there.
func (f *Feed) resume(revision uint64) (v *view, recent []*entry, err error) {
	f.lock.RLock()
	defer f.lock.RUnlock()
	return f.log.resume(revision)
}

// listedAt returns the view that the client was shown at the revision, if that is remembered and in the log.
func (f *Feed) listedAt(c client, revision uint64) *view {
	sequence, ok := f.lists.tell(c, revision)
	if !ok {
		return nil
	}
	f.lock.RLock()
	defer f.lock.RUnlock()
	return f.log.numbered(sequence)
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
