// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/utils/third_party/forked/golang/btree"
)

// view is all rows and everybody's access to them at one moment. It is immutable once it is in the log; views share
// what they have in common.
type view struct {
	// sequence counts the entries that led to the view.
	sequence uint64
	// revision is the newest of the namespaces' revisions that the view is known to include.
	revision uint64
	// arrived is when the view came about here.
	arrived time.Time
	// partial says that the rows also include some changes that are newer than the revision.
	partial bool
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
	row, _ := v.rows.Get(rowNamed(name))
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
	// doubtful says that a row went, and that it is not known here who saw it: somebody may have seen it at another
	// replica, and be waiting there for its end.
	doubtful bool

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
