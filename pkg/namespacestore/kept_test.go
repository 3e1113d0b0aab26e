// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"runtime"
	"strconv"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"

	"tenancy.example.io/spaces/pkg/access"
)

// keeping is a Feed of namespaces with two bindings each, which change one by one.
type keeping struct {
	feed     *Feed
	index    *access.Index
	revision uint64
}

func newKeeping(tb testing.TB, namespaces, history int) *keeping {
	tb.Helper()
	k := &keeping{feed: newFeed(history), index: access.NewIndex(), revision: uint64(namespaces)}
	setRoles(k.index)
	rows := make([]any, 0, namespaces)
	for at := range namespaces {
		rows = append(rows, namespace(keptName(at), uint64(1+at)))
		bindTo(k.index, keptName(at), "owner-"+strconv.Itoa(at/10))
		bindTo(k.index, keptName(at), "member-"+strconv.Itoa(at/100))
	}
	k.index.Synced()
	k.index.Subscribe(func(s *access.Snapshot, c access.Change) { k.feed.SetAccess(s, c) })
	if err := k.feed.Replace(rows, strconv.Itoa(namespaces)); err != nil {
		tb.Fatal(err)
	}
	return k
}

func keptName(at int) string { return "space-" + strconv.Itoa(100_000+at) }

func (k *keeping) changeAccess(at int) {
	name, owner := keptName(at), "owner-"+strconv.Itoa(at/10)
	k.index.SetBinding(name, owner, toRole("all"), []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "new-" + owner}})
}

func (k *keeping) changeRow(tb testing.TB, at int) {
	tb.Helper()
	k.revision++
	if err := k.feed.Update(namespace(keptName(at), k.revision)); err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkKept reports how many bytes the log keeps for each of its entries: changes of rows, with the rows as they were,
// of access, or of both in turn.
func BenchmarkKept(b *testing.B) {
	const namespaces, history = 10_000, 500
	for what, change := range map[string]func(*keeping, int){
		"rows":   func(k *keeping, at int) { k.changeRow(b, at) },
		"access": func(k *keeping, at int) { k.changeAccess(at) },
		"both": func(k *keeping, at int) {
			if at%2 == 0 {
				k.changeRow(b, at)
			} else {
				k.changeAccess(at)
			}
		},
	} {
		b.Run(what, func(b *testing.B) {
			for b.Loop() {
				k := newKeeping(b, namespaces, history)
				for n := range burst * history {
					change(k, n*7%namespaces)
				}
				full, entries := heap(), len(k.feed.log.entries)
				k.feed.log.entries = nil
				b.ReportMetric(float64(full-heap())/float64(entries), "B/entry")
				runtime.KeepAlive(k)
			}
		})
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
