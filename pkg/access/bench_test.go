// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"fmt"
	"runtime"
	"strconv"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apiserver/pkg/authentication/user"

	"tenancy.example.io/spaces/test/bench/turns"
)

// Every namespace has two RoleBindings: one of a user who sees perUser of them, one of a group that sees perGroup.
const (
	perUser  = 10
	perGroup = 100
)

// bound is a binding as an informer has it.
type bound struct {
	namespace, name string
	subjects        []rbacv1.Subject
}

// boundIn returns the bindings of n namespaces.
func boundIn(n int) []bound {
	bindings := make([]bound, 0, 2*n)
	for at := range n {
		namespace := benchNamespace(at)
		bindings = append(bindings,
			bound{namespace, "owner", users("user-" + strconv.Itoa(at/perUser))},
			bound{namespace, "team", groups("group-" + strconv.Itoa(at/perGroup))})
	}
	return bindings
}

func benchNamespace(at int) string { return fmt.Sprintf("space-%06d", at) }

func indexOf(bindings []bound) *Index {
	i := NewIndex()
	i.SetRole("", "viewer", getAny)
	for _, b := range bindings {
		i.SetBinding(b.namespace, b.name, viewer, b.subjects)
	}
	i.Synced()
	return i
}

// BenchmarkIndexBuild builds the index of 100,000 namespaces with 200,000 bindings, and reports what each takes.
func BenchmarkIndexBuild(b *testing.B) {
	bindings := boundIn(100_000)
	before := heap()
	var index *Index
	for b.Loop() {
		index = indexOf(bindings)
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/build")
	b.ReportMetric(float64(heap()-before)/float64(len(bindings)), "B/binding")
	runtime.KeepAlive(index)
	runtime.KeepAlive(bindings)
}

func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// someCalls are one turn of what takes a microsecond, or less.
const someCalls = 1_000

// BenchmarkBindingEvent deletes and sets one RoleBinding after another, while somebody holds the snapshots of before, as
// the logs of pkg/namespacestore do. Either it is one of all, which are the further from each other in memory the more
// there are, or it is one of a thousand, whatever N is.
func BenchmarkBindingEvent(b *testing.B) {
	for _, of := range []string{"all", "thousand"} {
		b.Run("of="+of, func(b *testing.B) {
			indexes := turns.Each(func(n int) *boundIndex { return newBoundIndex(n, of == "thousand") })
			turns.Measure(b, someCalls, indexes, (*boundIndex).change)
		})
	}
}

// boundIndex is an Index, and the bindings in it that have events.
type boundIndex struct {
	*Index
	around
}

func newBoundIndex(n int, fewEvents bool) *boundIndex {
	bindings := boundIn(n)
	i := &boundIndex{indexOf(bindings), around{of: bindings}}
	if fewEvents {
		i.of = hereAndThere(bindings, 1_000)
	}
	held, at := make([]*Snapshot, 2_000), 0
	i.Subscribe(func(s *Snapshot, _ Change) {
		held[at%len(held)] = s
		at++
	})
	return i
}

// change deletes and sets the next binding.
func (i *boundIndex) change() {
	one := i.next()
	i.DeleteBinding(one.namespace, one.name)
	i.SetBinding(one.namespace, one.name, viewer, one.subjects)
}

// around goes around bindings, so that one is far from the one before.
type around struct {
	of []bound
	at int
}

func (a *around) next() bound {
	one := a.of[a.at%len(a.of)]
	a.at += len(a.of)/1_000 + 1
	return one
}

func hereAndThere(bindings []bound, n int) []bound {
	some := make([]bound, 0, n)
	for at := range n {
		some = append(some, bindings[at*len(bindings)/n])
	}
	return some
}

// boundMap is a map of bindings, and nothing else.
type boundMap struct {
	known map[object][]rbacv1.Subject
	around
}

func newBoundMap(n int) *boundMap {
	m := &boundMap{map[object][]rbacv1.Subject{}, around{of: boundIn(n)}}
	for _, one := range m.of {
		m.known[object{one.namespace, one.name}] = one.subjects
	}
	return m
}

// BenchmarkMapWrite deletes and sets, in a map, what BenchmarkBindingEvent deletes and sets: with more bindings each is
// further away in memory, and nothing that remembers them can grow by less.
func BenchmarkMapWrite(b *testing.B) {
	turns.Measure(b, someCalls, turns.Each(newBoundMap), func(m *boundMap) {
		one := m.next()
		delete(m.known, object{one.namespace, one.name})
		m.known[object{one.namespace, one.name}] = one.subjects
	})
}

// BenchmarkSees and BenchmarkNamespaces ask for a caller with 5 groups, and for one with 500, one of which counts.
func BenchmarkSees(b *testing.B) {
	eachCaller(b, func(b *testing.B, s *Snapshot, caller user.Info) {
		if !s.Sees(caller, benchNamespace(7)) {
			b.Fatal("the caller does not see the namespace")
		}
	})
}

func BenchmarkNamespaces(b *testing.B) {
	eachCaller(b, func(b *testing.B, s *Snapshot, caller user.Info) {
		if list, _ := s.Namespaces(caller); len(list) != perGroup {
			b.Fatalf("the caller sees %d namespaces", len(list))
		}
	})
}

func eachCaller(b *testing.B, ask func(*testing.B, *Snapshot, user.Info)) {
	snapshots := turns.Each(func(n int) *Snapshot { return indexOf(boundIn(n)).Snapshot() })
	for _, g := range []int{5, 500} {
		caller := &user.DefaultInfo{Name: "somebody", Groups: []string{"group-0"}}
		for len(caller.Groups) < g {
			caller.Groups = append(caller.Groups, "other-"+strconv.Itoa(len(caller.Groups)))
		}
		b.Run(fmt.Sprintf("groups=%d", g), func(b *testing.B) {
			turns.Measure(b, someCalls/10, snapshots, func(s *Snapshot) { ask(b, s, caller) })
		})
	}
}

// BenchmarkNamespacesChanged asks for K namespaces after one of them has come or gone.
func BenchmarkNamespacesChanged(b *testing.B) {
	for _, k := range []int{10, 100, 1_000} {
		b.Run(fmt.Sprintf("K=%d", k), func(b *testing.B) {
			indexes := turns.Each(func(n int) *boundIndex { return newSeeingIndex(n, k, users("bench")) })
			turns.Measure(b, someCalls/10, indexes, func(i *boundIndex) {
				i.change()
				if list, _ := i.Snapshot().Namespaces(&user.DefaultInfo{Name: "bench"}); len(list) != k {
					b.Fatalf("the caller sees %d namespaces", len(list))
				}
			})
		})
	}
}

// newSeeingIndex returns an index of n namespaces, k of which that caller sees: the bindings are those that let it.
func newSeeingIndex(n, k int, caller []rbacv1.Subject) *boundIndex {
	i := &boundIndex{Index: indexOf(boundIn(n))}
	for at := range k {
		one := bound{benchNamespace(at * (n / k)), "bench", caller}
		i.SetBinding(one.namespace, one.name, viewer, one.subjects)
		i.of = append(i.of, one)
	}
	return i
}
