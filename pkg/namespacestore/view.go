// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"sync"
	"time"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/utils/third_party/forked/golang/btree"
)

// view is all rows and everybody's access to them at one moment. It is immutable once it is in the log; views share
// what they have in common.
type view struct {
	// sequence counts the entries that led to the view.
	sequence uint64
	// revision is the newest of the namespaces' revisions that the view is known to include. While a list is taken in,
	// the rows also include some changes that are newer.
	revision uint64
	// arrived is when the view came about here.
	arrived time.Time
	rows    *btree.BTree[*Row]
	access  Access
}

func (v *view) successor(now time.Time) *view {
	next := *v
	next.sequence++
	next.arrived = now
	return &next
}

func (v *view) get(name string) *Row {
	pivot, _ := pivots.Get().(*Row)
	pivot.Namespace.Name = name
	row, _ := v.rows.Get(pivot)
	pivots.Put(pivot)
	return row
}

func (v *view) names() []string {
	names := make([]string, 0, v.rows.Len())
	v.rows.Ascend(func(row *Row) bool {
		names = append(names, row.Namespace.Name)
		return true
	})
	return names
}

// degree is that of the tree of rows: small, since each change copies a path of nodes for the views of before.
const degree = 8

func newRows() *btree.BTree[*Row] { return btree.New(degree, (*Row).before) }

// pivots are rows to search for.
var pivots = sync.Pool{New: func() any { return &Row{} }}

// rowNamed returns a row to search for.
func rowNamed(name string) *Row { return &Row{Namespace: Namespace{Name: name}} }

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
	// listed says that the step was found by a list: what came and went in between is not known.
	listed bool
	// doubt is about a row that went; see there. It is nil if there is none.
	doubt *doubt

	lock   sync.Mutex
	shared map[sharedKey]*sharedObject
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
