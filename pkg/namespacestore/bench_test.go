// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"fmt"
	"strconv"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/storage"

	"tenancy.example.io/spaces/pkg/access"
	"tenancy.example.io/spaces/test/bench/turns"
)

var visible = []int{10, 100, 1_000}

func viewerOf(k int) string { return "viewer-" + strconv.Itoa(k) }

// benchFeed returns a Feed of n namespaces, each with an owner. Of k of them, here and there, that viewer is one, too.
func benchFeed(b *testing.B, n int) *Feed {
	b.Helper()
	index := access.NewIndex()
	setRoles(index)
	rows := make([]any, 0, n)
	for at := range n {
		name := fmt.Sprintf("space-%06d", at)
		rows = append(rows, namespace(name, uint64(1+at)))
		bindTo(index, name, "owner-"+strconv.Itoa(at/10))
		for _, k := range visible {
			if at%(n/k) == 0 {
				bindTo(index, name, viewerOf(k))
			}
		}
	}
	index.Synced()
	feed := newFeed(10)
	index.Subscribe(func(s *access.Snapshot, c access.Change) { feed.SetAccess(s, c) })
	if err := feed.Replace(rows, strconv.Itoa(n)); err != nil {
		b.Fatal(err)
	}
	return feed
}

func bindTo(i *access.Index, namespace, user string) {
	i.SetBinding(namespace, user, toRole("all"), []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}})
}

// BenchmarkCopy copies what BenchmarkList lists, from the rows that are known, and does nothing else. With more namespaces
// the same rows are further apart in memory: nothing that reads them can grow by less.
func BenchmarkCopy(b *testing.B) {
	feeds := turns.Each(func(n int) *Feed { return benchFeed(b, n) })
	for _, k := range visible {
		b.Run(fmt.Sprintf("K=%d", k), func(b *testing.B) {
			all := turns.Each(func(n int) []*Row {
				rows, _ := feeds[n].Visible(&user.DefaultInfo{Name: viewerOf(k)})
				return rows
			})
			items := make([]corev1.Namespace, k)
			turns.Measure(b, turns.Calls(k), all, func(rows []*Row) {
				if len(rows) != k {
					b.Fatalf("there are %d", len(rows))
				}
				for i, row := range rows {
					items[i] = *row.Object.(*corev1.Namespace)
				}
			})
		})
	}
}

// BenchmarkList lists what one of n callers sees: the time depends on how much that is, and not on how much there is.
func BenchmarkList(b *testing.B) {
	stores := turns.Each(func(n int) *Store { return storeOf(benchFeed(b, n)) })
	opts := storage.ListOptions{Recursive: true, Predicate: storage.Everything}
	for _, k := range visible {
		b.Run(fmt.Sprintf("K=%d", k), func(b *testing.B) {
			ctx := as(b.Context(), viewerOf(k))
			turns.Measure(b, turns.Calls(k), stores, func(store *Store) {
				shown := &corev1.NamespaceList{}
				if err := store.GetList(ctx, "/things/", opts, shown); err != nil || len(shown.Items) != k {
					b.Fatalf("listed %d: %v", len(shown.Items), err)
				}
			})
		})
	}
}
