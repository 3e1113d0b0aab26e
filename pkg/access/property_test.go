// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/authentication/serviceaccount"
	"k8s.io/apiserver/pkg/authentication/user"
)

// model evaluates RBAC as its documentation says, from scratch for every question.
type model struct {
	roles    map[object][]rbacv1.PolicyRule
	bindings map[object]boundRole
}

type boundRole struct {
	ref      rbacv1.RoleRef
	subjects []rbacv1.Subject
}

func (m *model) sees(caller user.Info, namespace string) bool {
	if slices.Contains(caller.GetGroups(), user.SystemPrivilegedGroup) {
		return true
	}
	for id, bound := range m.bindings {
		if id.namespace != "" && id.namespace != namespace {
			continue
		}
		role := object{name: bound.ref.Name}
		if bound.ref.Kind == "Role" {
			role.namespace = id.namespace
		}
		if slices.ContainsFunc(bound.subjects, func(s rbacv1.Subject) bool { return means(s, caller, id.namespace) }) &&
			slices.ContainsFunc(m.roles[role], func(r rbacv1.PolicyRule) bool { return allows(r, namespace) }) {
			return true
		}
	}
	return false
}

func means(s rbacv1.Subject, caller user.Info, namespace string) bool {
	switch s.Kind {
	case rbacv1.UserKind:
		return caller.GetName() == s.Name
	case rbacv1.GroupKind:
		return slices.Contains(caller.GetGroups(), s.Name)
	default:
		if s.Namespace != "" {
			namespace = s.Namespace
		}
		return namespace != "" && caller.GetName() == serviceaccount.MakeUsername(namespace, s.Name)
	}
}

func allows(r rbacv1.PolicyRule, namespace string) bool {
	has := func(list []string, value string) bool {
		return slices.Contains(list, value) || slices.Contains(list, "*")
	}
	return has(r.Verbs, "get") && has(r.APIGroups, "") && has(r.Resources, "namespaces") &&
		(len(r.ResourceNames) == 0 || slices.Contains(r.ResourceNames, namespace))
}

// world makes random events, for an index and a model alike.
type world struct {
	*rand.Rand
	index *Index
	model model
}

var worldNamespaces = []string{"a", "b", "c", "d"}

func (w *world) pick(from ...string) string { return from[w.IntN(len(from))] }

func (w *world) some(from ...string) []string {
	var list []string
	for _, one := range from {
		if w.IntN(3) == 0 {
			list = append(list, one)
		}
	}
	return list
}

func (w *world) step() string {
	switch w.IntN(5) {
	case 0, 1:
		return w.changeRole()
	default:
		return w.changeBinding()
	}
}

func (w *world) changeRole() string {
	role := object{namespace: w.pick("", "", "a", "b"), name: w.pick("r1", "r2", "r3")}
	if w.IntN(4) == 0 {
		delete(w.model.roles, role)
		w.index.DeleteRole(role.namespace, role.name)
		return fmt.Sprintf("delete role %v", role)
	}
	rules := make([]rbacv1.PolicyRule, w.IntN(3))
	for i := range rules {
		rules[i] = rbacv1.PolicyRule{
			Verbs:         w.some("get", "*", "list"),
			APIGroups:     w.some("", "*", "apps"),
			Resources:     w.some("namespaces", "*", "pods"),
			ResourceNames: w.some("a", "b", ""),
		}
	}
	w.model.roles[role] = rules
	w.index.SetRole(role.namespace, role.name, rules)
	return fmt.Sprintf("set role %v to %v", role, rules)
}

func (w *world) changeBinding() string {
	id := object{namespace: w.pick("", "a", "b", "c", "d"), name: w.pick("b1", "b2", "b3")}
	if w.IntN(4) == 0 {
		delete(w.model.bindings, id)
		w.index.DeleteBinding(id.namespace, id.name)
		return fmt.Sprintf("delete binding %v", id)
	}
	bound := boundRole{ref: rbacv1.RoleRef{Kind: "ClusterRole", Name: w.pick("r1", "r2", "r3", "none")}}
	if id.namespace != "" && w.IntN(2) == 0 {
		bound.ref.Kind = "Role"
	}
	bound.subjects = append(bound.subjects, users(w.some("alice", "bob")...)...)
	bound.subjects = append(bound.subjects, groups(w.some("devs", "ops")...)...)
	for _, name := range w.some("robot") {
		bound.subjects = append(bound.subjects, serviceAccount(w.pick("", "a", "tools"), name)...)
	}
	w.model.bindings[id] = bound
	w.index.SetBinding(id.namespace, id.name, bound.ref, bound.subjects)
	return fmt.Sprintf("set binding %v to %v", id, bound)
}

// FuzzIndexEqualsNaiveEvaluation holds an Index against the model after every event, and what it publishes against
// what has changed.
func FuzzIndexEqualsNaiveEvaluation(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed, uint8(60))
	}
	callers := []user.Info{
		alice, robot, master,
		&user.DefaultInfo{Name: "bob", Groups: []string{"ops", "devs"}},
		&user.DefaultInfo{Name: "eve"},
		&user.DefaultInfo{Name: serviceaccount.MakeUsername("a", "robot")},
	}
	f.Fuzz(func(t *testing.T, seed uint64, events uint8) {
		w := &world{
			Rand:  rand.New(rand.NewPCG(seed, 0)),
			index: NewIndex(),
			model: model{roles: map[object][]rbacv1.PolicyRule{}, bindings: map[object]boundRole{}},
		}
		w.index.Synced()
		changed := Change{}
		w.index.Subscribe(func(_ *Snapshot, change Change) { changed = change })
		for n := range int(events) {
			before := w.index.Snapshot()
			changed = Change{}
			did := w.step()
			for _, caller := range callers {
				w.check(t, caller, before, changed, fmt.Sprintf("seed %d, event %d (%s), %s", seed, n, did, caller.GetName()))
			}
		}
		w.clear()
		checkEmpty(t, w.index)
	})
}

// clear deletes all that there is, roles and bindings in any order, while one namespace is Terminating.
func (w *world) clear() {
	leaving := w.pick(worldNamespaces...)
	w.index.NamespaceTerminating(leaving)
	defer w.index.NamespaceGone(leaving)
	first := w.IntN(2) == 0
	if first {
		w.clearRoles()
	}
	for id := range w.model.bindings {
		w.index.DeleteBinding(id.namespace, id.name)
	}
	if !first {
		w.clearRoles()
	}
}

func (w *world) clearRoles() {
	for id := range w.model.roles {
		w.index.DeleteRole(id.namespace, id.name)
	}
}

func checkEmpty(t *testing.T, i *Index) {
	t.Helper()
	held := map[string]int{
		"roles": len(i.roles), "bindings": len(i.bindings), "parties": len(i.relation.parties), "leaving": len(i.leaving),
		"viewings": len(i.relation.viewings),
	}
	for what, n := range held {
		if n > 0 {
			t.Errorf("the index holds %d %s of nothing", n, what)
		}
	}
}

// identified tells whether one of the caller's identities is among the viewers.
func identified(s *Snapshot, caller user.Info, namespace string) bool {
	return meet(s.Identities(caller), s.Viewers(namespace))
}

func concerned(s *Snapshot, caller user.Info, changed Change) bool {
	return meet(s.Identities(caller), changed.Viewers())
}

func meet(identities []any, viewers iter.Seq[any]) bool {
	for viewer := range viewers {
		if slices.Contains(identities, viewer) {
			return true
		}
	}
	return false
}

func (w *world) check(t *testing.T, caller user.Info, before *Snapshot, changed Change, when string) {
	t.Helper()
	after := w.index.Snapshot()
	listed, all := after.Namespaces(caller)
	touched, anyTouched := changed.Namespaces(caller)
	for _, namespace := range worldNamespaces {
		want := w.model.sees(caller, namespace)
		if got := after.Sees(caller, namespace); got != want {
			t.Errorf("%s: Sees(%q) = %v, want %v", when, namespace, got, want)
		}
		if got := all || slices.Contains(listed, namespace); got != want {
			t.Errorf("%s: Namespaces() has %q = %v, want %v", when, namespace, got, want)
		}
		if got := identified(after, caller, namespace); got != want {
			t.Errorf("%s: an identity is among the viewers of %q = %v, want %v", when, namespace, got, want)
		}
		if before.Sees(caller, namespace) != want && (!concerned(after, caller, changed) || !changed.Concerns(namespace)) {
			t.Errorf("%s: the change does not concern %q, or no identity", when, namespace)
		}
		if before.Sees(caller, namespace) != want && !anyTouched && !slices.Contains(touched, namespace) {
			t.Errorf("%s: the change does not tell of %q", when, namespace)
		}
	}
	if !slices.IsSorted(listed) || sets.New(listed...).Len() != len(listed) {
		t.Errorf("%s: Namespaces() = %v, want it sorted and each once", when, listed)
	}
}
