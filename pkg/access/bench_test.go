// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apiserver/pkg/authentication/user"
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

// withoutGC runs the benchmark without garbage collection: in a larger heap it takes longer and comes more seldom, and what
// falls into so short a time is chance.
func withoutGC(b *testing.B, run func()) {
	b.Helper()
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	b.ResetTimer()
	run()
}

func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// BenchmarkBindingEvent deletes and sets one RoleBinding after another, while somebody holds the snapshots of before, as
// the logs of pkg/namespacestore do. Either it is one of all, which are the further from each other in memory the more
// there are, or it is one of a thousand, whatever N is.
func BenchmarkBindingEvent(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		bindings := boundIn(n)
		for of, some := range map[string][]bound{"all": bindings, "thousand": hereAndThere(bindings, 1_000)} {
			b.Run(fmt.Sprintf("of=%s/N=%d", of, n), func(b *testing.B) {
				i := indexOf(bindings)
				held, at := make([]*Snapshot, 2_000), 0
				i.Subscribe(func(s *Snapshot, _ Change) {
					held[at%len(held)] = s
					at++
				})
				eachInTurn(b, some, func(one bound) {
					i.DeleteBinding(one.namespace, one.name)
					i.SetBinding(one.namespace, one.name, viewer, one.subjects)
				})
				runtime.KeepAlive(held)
			})
		}
	}
}

// BenchmarkMapWrite deletes and sets, in a map, what BenchmarkBindingEvent deletes and sets: with more bindings each is
// further away in memory, and nothing that remembers them can grow by less.
func BenchmarkMapWrite(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("N=%d", n), func(b *testing.B) {
			bindings := boundIn(n)
			known := map[object][]rbacv1.Subject{}
			for _, one := range bindings {
				known[object{one.namespace, one.name}] = one.subjects
			}
			eachInTurn(b, bindings, func(one bound) {
				delete(known, object{one.namespace, one.name})
				known[object{one.namespace, one.name}] = one.subjects
			})
		})
	}
}

func hereAndThere(bindings []bound, n int) []bound {
	some := make([]bound, 0, n)
	for at := range n {
		some = append(some, bindings[at*len(bindings)/n])
	}
	return some
}

// eachInTurn measures the event of one binding after another, which are far from each other.
func eachInTurn(b *testing.B, bindings []bound, event func(bound)) {
	b.Helper()
	next := 0
	withoutGC(b, func() {
		for b.Loop() {
			event(bindings[next%len(bindings)])
			next += len(bindings)/1_000 + 1
		}
	})
}

// BenchmarkSees and BenchmarkNamespaces ask for a caller with 5 groups, and for one with 500, one of which counts.
func BenchmarkSees(b *testing.B) {
	eachCaller(b, func(b *testing.B, s *Snapshot, caller user.Info) {
		for b.Loop() {
			if !s.Sees(caller, benchNamespace(7)) {
				b.Fatal("the caller does not see the namespace")
			}
		}
	})
}

func BenchmarkNamespaces(b *testing.B) {
	eachCaller(b, func(b *testing.B, s *Snapshot, caller user.Info) {
		for b.Loop() {
			if list, _ := s.Namespaces(caller); len(list) != perGroup {
				b.Fatalf("the caller sees %d namespaces", len(list))
			}
		}
	})
}

// BenchmarkNamespacesChanged asks for K namespaces after one of them has come or gone.
func BenchmarkNamespacesChanged(b *testing.B) {
	for _, k := range []int{10, 100, 1_000} {
		for _, n := range []int{1_000, 100_000} {
			i := indexOf(boundIn(n))
			for at := range k {
				i.SetBinding(benchNamespace(at*(n/k)), "bench", viewer, users("bench"))
			}
			b.Run(fmt.Sprintf("K=%d/N=%d", k, n), func(b *testing.B) {
				at := 0
				withoutGC(b, func() {
					for b.Loop() {
						at = (at + 7) % k
						i.DeleteBinding(benchNamespace(at*(n/k)), "bench")
						i.SetBinding(benchNamespace(at*(n/k)), "bench", viewer, users("bench"))
						if list, _ := i.Snapshot().Namespaces(&user.DefaultInfo{Name: "bench"}); len(list) != k {
							b.Fatalf("the caller sees %d namespaces", len(list))
						}
					}
				})
			})
		}
	}
}

func eachCaller(b *testing.B, run func(*testing.B, *Snapshot, user.Info)) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		s := indexOf(boundIn(n)).Snapshot()
		for _, g := range []int{5, 500} {
			caller := &user.DefaultInfo{Name: "somebody", Groups: []string{"group-0"}}
			for len(caller.Groups) < g {
				caller.Groups = append(caller.Groups, "other-"+strconv.Itoa(len(caller.Groups)))
			}
			b.Run(fmt.Sprintf("N=%d/groups=%d", n, g), func(b *testing.B) {
				withoutGC(b, func() { run(b, s, caller) })
			})
		}
	}
}
