// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
	"weak"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apiserver/pkg/authentication/user"
)

// town is namespaces, some of which very many see, and all that they are seen by.
type town struct {
	*rand.Rand
	index      *Index
	model      model
	namespaces []string
	people     []string
	callers    []user.Info
	current    bool
}

func newTown(seed uint64) *town {
	t := &town{
		Rand:  rand.New(rand.NewPCG(seed, 0)),
		index: NewIndex(),
		model: model{roles: map[object][]rbacv1.PolicyRule{{name: "viewer"}: getAny}, bindings: map[object]boundRole{}},
		callers: []user.Info{
			&user.DefaultInfo{Name: "user-0"}, &user.DefaultInfo{Name: "user-1", Groups: []string{"user-1", "user-2"}},
			&user.DefaultInfo{Name: "user-3", Groups: []string{"group-0", "group-1", "group-0"}},
			&user.DefaultInfo{Name: "nobody"},
		},
		current: true,
	}
	for n := range 12 {
		t.namespaces = append(t.namespaces, "n"+strconv.Itoa(n))
	}
	for n := range 3 * fewViewers {
		t.people = append(t.people, "user-"+strconv.Itoa(n%(2*fewViewers)))
	}
	t.index.SetRole("", "viewer", getAny)
	t.index.hold(func() bool { return t.current })
	return t
}

// step changes a binding. In between all are withheld for some time.
func (t *town) step() {
	id := object{namespace: t.namespaces[t.IntN(len(t.namespaces))], name: strconv.Itoa(t.IntN(3))}
	if t.IntN(40) == 0 {
		id.namespace = ""
	}
	if t.IntN(20) == 0 {
		t.current = !t.current
	}
	if t.current {
		defer t.index.release()
	}
	if t.IntN(3) == 0 {
		delete(t.model.bindings, id)
		t.index.DeleteBinding(id.namespace, id.name)
		return
	}
	first := t.IntN(len(t.people))
	bound := boundRole{viewer, users(t.people[first:min(len(t.people), first+1+t.IntN(20))]...)}
	if t.IntN(2) == 0 {
		bound.subjects = groups("group-"+strconv.Itoa(t.IntN(3)), "user-"+strconv.Itoa(t.IntN(3)))
	}
	t.model.bindings[id] = bound
	t.index.SetBinding(id.namespace, id.name, bound.ref, bound.subjects)
}

// memory is a Snapshot, and what is to be seen by it.
type memory struct {
	*Snapshot
	callers []user.Info
	sees    map[int]map[string]bool // by the place of the caller
}

func (t *town) remember(s *Snapshot) *memory {
	m := &memory{Snapshot: s, callers: t.callers, sees: map[int]map[string]bool{}}
	for n, caller := range t.callers {
		m.sees[n] = map[string]bool{}
		for _, namespace := range append(t.namespaces, "elsewhere") {
			m.sees[n][namespace] = t.model.sees(caller, namespace)
		}
	}
	return m
}

// ask returns what the Snapshot says and should not.
func (m *memory) ask() error {
	for n, caller := range m.callers {
		listed, all := m.Namespaces(caller)
		if !slices.IsSorted(listed) || len(slices.Compact(slices.Clone(listed))) != len(listed) {
			return fmt.Errorf("%s: Namespaces() = %v, want it sorted and each once", caller.GetName(), listed)
		}
		for namespace, want := range m.sees[n] {
			got := [...]bool{m.Sees(caller, namespace), all || slices.Contains(listed, namespace), identified(m.Snapshot, caller, namespace)}
			if got != [...]bool{want, want, want} {
				return fmt.Errorf("%s sees %s by Sees, Namespaces and Viewers: %v, want %v", caller.GetName(), namespace, got, want)
			}
		}
	}
	return nil
}

// TestSnapshotsStayAsTheyWere asks Snapshots again and again, after many changes and while there are more.
func TestSnapshotsStayAsTheyWere(t *testing.T) {
	for seed := range uint64(3) {
		town := newTown(seed)
		asked := make(chan *memory, 1)
		var group sync.WaitGroup
		for range 2 {
			group.Go(func() { askAgain(t, asked) })
		}
		var latest *memory
		town.index.Subscribe(func(s *Snapshot, _ Change) { latest = &memory{Snapshot: s} })
		town.index.Synced()
		for range 300 {
			town.step()
			if latest.callers == nil && town.current {
				latest = town.remember(latest.Snapshot)
				asked <- latest
			}
		}
		close(asked)
		group.Wait()
	}
}

// askAgain asks some of the memories often, and those that it still holds in the end.
func askAgain(t *testing.T, memories <-chan *memory) {
	var held []*memory
	for m := range memories {
		if len(held) < 30 {
			held = append(held, m)
		} else {
			held[rand.IntN(len(held))] = m
		}
		for _, again := range []*memory{m, held[rand.IntN(len(held))], held[len(held)/2]} {
			if err := again.ask(); err != nil {
				t.Error(err)
				break
			}
		}
	}
	for _, m := range held {
		if err := m.ask(); err != nil {
			t.Error(err)
			return
		}
	}
}

// TestHistoryGoesWithItsSnapshots drops Snapshots, and looks whether what only they need is collected.
func TestHistoryGoesWithItsSnapshots(t *testing.T) {
	i := synced()
	change := func() {
		for n := range 2 * pageSize {
			i.SetBinding("a", "b", viewer, users("user-"+strconv.Itoa(n)))
		}
	}
	held := i.Snapshot()
	first := weak.Make(held.since.page)
	change()
	second := weak.Make(i.Snapshot().since.page)
	change()
	runtime.GC()
	if first.Value() == nil || second.Value() == nil {
		t.Error("what has changed since a Snapshot is gone, and the Snapshot is not")
	}
	runtime.KeepAlive(held)
	deadline := time.Now().Add(10 * time.Second)
	for first.Value() != nil || second.Value() != nil {
		if time.Now().After(deadline) {
			t.Fatal("what nobody needs is kept")
		}
		runtime.GC()
	}
	if held := i.Snapshot(); !held.Sees(&user.DefaultInfo{Name: "user-" + strconv.Itoa(2*pageSize-1)}, "a") {
		t.Error("the last one to get it does not see it")
	}
}
