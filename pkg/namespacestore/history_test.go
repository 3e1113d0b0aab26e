// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"math/rand/v2"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tenancy.example.io/spaces/pkg/access"
)

// grace is how long a namespace is Terminating, at least, before anything in it goes; see docs/design/0002.
const grace = 5 * time.Second

// event is something that happens in the cluster: to a namespace, to who sees what, or to the revision alone.
type event struct {
	at       time.Duration
	revision uint64
	// name is that of a namespace: it is now as it says, or has gone if that is nil.
	name      string
	namespace *corev1.Namespace
	access    func(*access.Index)
}

// past is all that happens in a cluster, in order.
type past []event

// script makes up a past in which everything is possible that is so in a cluster: who sees a namespace by a RoleBinding
// loses that before the namespace goes, and gets a new one after it came.
type script struct {
	*rand.Rand
	past past
	// calm is when everything is known at all replicas, but what one of them may have missed by a gap.
	calm     []time.Duration
	now      time.Duration
	revision uint64

	rows    map[string]*corev1.Namespace
	born    map[string]types.UID
	leaving map[string]time.Duration
	bound   map[string]bool
	wide    map[string]bool
}

var scriptNames = []string{"a", "b", "c", "d"}

// wideRoles are ClusterRoles, with the namespaces that they open.
var wideRoles = map[string][]string{"some": {"a", "c"}, "others": {"b", "unknown"}, "all": nil}

func writePast(random *rand.Rand) *script {
	s := &script{
		Rand: random, revision: 1,
		rows: map[string]*corev1.Namespace{}, born: map[string]types.UID{}, leaving: map[string]time.Duration{},
		bound: map[string]bool{}, wide: map[string]bool{},
	}
	s.set("a")
	for range 1 + s.IntN(4) {
		s.burst()
		s.now += 2 * lag
		if len(s.leaving) == 0 {
			s.calm = append(s.calm, s.now)
		}
		s.now += time.Duration(s.Int64N(int64(2 * grace)))
	}
	s.now += grace
	for name := range s.leaving {
		s.unbind(name)
		s.remove(name)
	}
	return s
}

// burst has much happen within little more time than it takes to be known at all replicas.
func (s *script) burst() {
	pauses := []time.Duration{0, lag / 100, lag / 10, lag / 2}
	for range 1 + s.IntN(8) {
		s.now += pauses[s.IntN(len(pauses))]
		s.step()
	}
}

func (s *script) step() {
	name := scriptNames[s.IntN(len(scriptNames))]
	switch s.IntN(10) {
	case 0, 1, 2, 3:
		s.live(name)
	case 4, 5, 6:
		s.toggle(name)
	case 7:
		s.toggleWide([]string{"some", "some", "others", "all"}[s.IntN(4)])
	case 8:
		s.add(event{})
	default:
		s.live(name)
		s.toggle(name)
	}
}

// live has the namespace come, change or go.
func (s *script) live(name string) {
	since, leaving := s.leaving[name]
	switch {
	case leaving && s.now < since+grace:
		s.set(name)
	case leaving:
		s.unbind(name)
		s.remove(name)
	case s.rows[name] != nil && s.IntN(3) == 0:
		s.leaving[name] = s.now
		s.set(name)
	default:
		s.set(name)
	}
}

func (s *script) add(e event) {
	s.revision++
	e.at, e.revision = s.now, s.revision
	s.past = append(s.past, e)
}

func (s *script) set(name string) {
	ns := namespace(name, s.revision+1)
	if s.IntN(2) == 0 {
		ns = namespace(name, s.revision+1, "red")
	}
	if since, leaving := s.leaving[name]; leaving {
		ns.DeletionTimestamp = new(metav1.NewTime(time.Unix(0, 0).Add(since)))
	}
	if s.rows[name] == nil {
		s.born[name] = types.UID(ns.ResourceVersion)
	}
	ns.UID = s.born[name]
	s.rows[name] = ns
	s.add(event{name: name, namespace: ns})
}

func (s *script) remove(name string) {
	delete(s.rows, name)
	delete(s.leaving, name)
	s.add(event{name: name})
}

// toggle binds or unbinds the user in the namespace, if that is possible.
func (s *script) toggle(name string) {
	if s.bound[name] {
		s.unbind(name)
		return
	}
	if _, leaving := s.leaving[name]; leaving || s.rows[name] == nil {
		return
	}
	s.bound[name] = true
	s.add(event{access: func(i *access.Index) { i.SetBinding(name, "viewers", toRole("all"), toEve) }})
}

func (s *script) unbind(name string) {
	if s.bound[name] {
		delete(s.bound, name)
		s.add(event{access: func(i *access.Index) { i.DeleteBinding(name, "viewers") }})
	}
}

func (s *script) toggleWide(role string) {
	s.wide[role] = !s.wide[role]
	if s.wide[role] {
		s.add(event{access: func(i *access.Index) { i.SetBinding("", role, toRole(role), toEve) }})
		return
	}
	s.add(event{access: func(i *access.Index) { i.DeleteBinding("", role) }})
}

var toEve = []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "eve"}}

func toRole(name string) rbacv1.RoleRef {
	return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name}
}

// setRoles gives the index the roles that the past refers to.
func setRoles(i *access.Index) {
	for name, names := range wideRoles {
		i.SetRole("", name, []rbacv1.PolicyRule{{
			Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"namespaces"}, ResourceNames: names,
		}})
	}
}

// list returns all namespaces as they are at that time, and the resource version.
func (p past) list(at time.Duration) (namespaces []any, resourceVersion string) {
	rows, revision := map[string]*corev1.Namespace{}, uint64(1)
	for _, e := range p {
		if e.at > at {
			break
		}
		revision = e.revision
		switch {
		case e.namespace != nil:
			rows[e.name] = e.namespace
		case e.name != "":
			delete(rows, e.name)
		}
	}
	for _, row := range rows {
		namespaces = append(namespaces, row.DeepCopy()) // a Feed keeps what it is given
	}
	return namespaces, strconv.FormatUint(revision, 10)
}

func (p past) end() time.Duration { return p[len(p)-1].at }
