// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"errors"
	"sort"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/utils/third_party/forked/golang/btree"
)

// errExpired says that the log does not reach back far enough.
var errExpired = errors.New("expired")

// view is all rows and everybody's access to them at one moment. It is immutable once it is in the log; views share
// what they have in common.
type view struct {
	// sequence counts the entries that led to the view.
	sequence uint64
	// revision is the newest of the namespaces' revisions that the view is known to include.
	revision uint64
	// partial says that the rows also include some changes that are newer than the revision.
	partial bool
	rows    *btree.BTree[*Row]
	access  Access
}

func (v *view) successor() *view {
	next := *v
	next.sequence++
	return &next
}

func (v *view) get(name string) *Row {
	row, _ := v.rows.Get(rowNamed(name))
	return row
}

// rowNamed returns a row to search for.
func rowNamed(name string) *Row {
	return &Row{Namespace: &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}}
}

func put(rows *btree.BTree[*Row], before, after *Row) {
	if after == nil {
		rows.Delete(before)
		return
	}
	rows.ReplaceOrInsert(after)
}

// entry is a step from one view to the next: one row changed, or the access of somebody, or the revision alone.
type entry struct {
	before, after *view
	namespace     string
	access        AccessChange
}

// touches returns the names of the namespaces that may look different to the caller; or all == true for any.
func (e *entry) touches(caller user.Info) (namespaces []string, all bool) {
	if e.access != nil {
		return e.access.Namespaces(caller)
	}
	if e.namespace == "" {
		return nil, false
	}
	return []string{e.namespace}, false
}

// log is a ring of the latest entries. It needs a lock.
type log struct {
	head    *view
	entries []*entry // that with sequence s at index s % len
	length  int
	// lost is the revision of the newest view that the log has dropped: the log cannot tell what the views of that
	// revision that it still has have in front of them.
	lost uint64
}

func newLog(size int) log {
	rows := btree.New(32, (*Row).before)
	return log{head: &view{rows: rows, access: nobody{}}, entries: make([]*entry, size)}
}

func (l *log) append(e *entry) {
	e.before = l.head
	l.head = e.after
	slot := &l.entries[l.slot(e.after.sequence)]
	if dropped := *slot; dropped != nil {
		l.lost = dropped.before.revision
	} else {
		l.length++
	}
	*slot = e
}

func (l *log) slot(sequence uint64) int { return int(sequence % uint64(len(l.entries))) }

// oldest is the sequence of the first entry that the log still has, or of the next one if it has none.
func (l *log) oldest() uint64 { return l.head.sequence - uint64(l.length) + 1 }

func (l *log) after(v *view) ([]*entry, error) {
	if v.sequence+1 < l.oldest() {
		return nil, errExpired
	}
	entries := make([]*entry, 0, l.head.sequence-v.sequence)
	for s := v.sequence + 1; s <= l.head.sequence; s++ {
		entries = append(entries, l.entries[l.slot(s)])
	}
	return entries, nil
}

// nth returns the view that is n steps after the oldest one, 0 ≤ n ≤ length.
func (l *log) nth(n int) *view {
	if n == l.length {
		return l.head
	}
	return l.entries[l.slot(l.oldest()+uint64(n))].before
}

// at returns a view with the rows as they were at the revision.
func (l *log) at(revision uint64) (*view, error) {
	v, err := l.first(revision)
	if err != nil {
		return nil, err
	}
	if last := l.nth(l.search(revision) - 1); last.partial && v.revision != revision {
		return nil, errExpired
	}
	return v, nil
}

// resume returns a view such that whoever has seen the revision has seen that view, or a later one. There may be many
// of one revision, since a change of access has none of its own: it is the first of them.
func (l *log) resume(revision uint64) (*view, error) {
	v, err := l.first(revision)
	if err != nil {
		return nil, err
	}
	if v.revision <= l.lost {
		return nil, errExpired
	}
	return v, nil
}

// first returns the first view of the newest revision up to the given one.
func (l *log) first(revision uint64) (*view, error) {
	newer := l.search(revision)
	if newer == 0 {
		return nil, errExpired
	}
	newest := l.nth(newer - 1).revision
	if newest == 0 {
		return nil, errExpired
	}
	return l.nth(l.search(newest - 1)), nil
}

// search returns how many views are not newer than the revision.
func (l *log) search(revision uint64) int {
	return sort.Search(l.length+1, func(n int) bool { return l.nth(n).revision > revision })
}
