// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"cmp"
	"slices"
	"sync"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apiserver/pkg/authentication/serviceaccount"
	"k8s.io/apiserver/pkg/authentication/user"
)

// history is what the test has written of RBAC, and when: from it follows who could get which namespace at some time
// between two moments. Where an answer did not come, or does not say, it holds that either may be true.
//
// What it says "could not" of, the kube-apiserver would have refused all that time. All methods are safe for concurrent
// use; writes of one object must not overlap.
type history struct {
	now func() time.Time

	lock  sync.Mutex
	facts map[object][]*fact
	// leaving are the times during which a namespace may have been Terminating. Who saw it then sees it until the end.
	leaving map[string][]*span
	// outages are the times during which a replica may not have heard of changes.
	outages []*span
}

// object names a role or a binding; the namespace of a ClusterRole or ClusterRoleBinding is "".
type object struct {
	kind, namespace, name string
}

// span is a time that something may have lasted. It has no end while that is not known.
type span struct {
	from, to time.Time
}

func (s *span) open() bool { return s.to.IsZero() }

func (s *span) overlaps(from, to time.Time) bool {
	return !s.from.After(to) && (s.open() || !s.to.Before(from))
}

// fact is a state that an object may have had for a time. An object that is not there has no rules, nor subjects.
type fact struct {
	span
	rules    []rbacv1.PolicyRule
	ref      object
	subjects []rbacv1.Subject
}

func newHistory(now func() time.Time) *history {
	return &history{now: now, facts: map[object][]*fact{}, leaving: map[string][]*span{}}
}

// begin says that a request to give the object this state is about to be sent.
func (h *history) begin(o object, f fact) *fact {
	h.lock.Lock()
	defer h.lock.Unlock()
	f.span = span{from: h.now()}
	h.facts[o] = append(h.facts[o], &f)
	return &f
}

// outcome is what is known of a request.
type outcome int

const (
	// unknown is that of a request that was not answered, or not so that it helps.
	unknown outcome = iota
	// done is that of a request after which the object has the state that was asked for.
	done
	// refused is that of a request that has changed nothing.
	refused
)

// end says what came of the request that f stands for.
func (h *history) end(o object, f *fact, result outcome) {
	h.lock.Lock()
	defer h.lock.Unlock()
	now := h.now()
	switch result {
	case done:
		closeAll(h.facts[o], now, func(other *fact) bool { return other != f })
	case refused:
		f.to = now
	case unknown:
	}
}

func closeAll(facts []*fact, now time.Time, which func(*fact) bool) {
	for _, f := range facts {
		if f.open() && which(f) {
			f.to = now
		}
	}
}

// leaves says that a request to delete the namespace is about to be sent. The span is for stays.
func (h *history) leaves(namespace string) *span {
	h.lock.Lock()
	defer h.lock.Unlock()
	s := &span{from: h.now()}
	h.leaving[namespace] = append(h.leaving[namespace], s)
	return s
}

// stays says that the request to delete the namespace was refused.
func (h *history) stays(s *span) {
	h.lock.Lock()
	defer h.lock.Unlock()
	s.to = h.now()
}

// created says that the namespace has been created by a request that was sent at that time. Nothing was in it then; but
// it may have what later requests have put there, and whatever binding came with it.
func (h *history) created(namespace string, sent time.Time, with object) {
	h.lock.Lock()
	defer h.lock.Unlock()
	now := h.now()
	for o, facts := range h.facts {
		if o.namespace == namespace && o != with {
			closeAll(facts, now, func(f *fact) bool { return f.from.Before(sent) })
		}
	}
	for _, s := range h.leaving[namespace] {
		if s.open() {
			s.to = now
		}
	}
}

// outage says that replicas hear of no changes from now on, until the function is called that it returns.
func (h *history) outage() (over func()) {
	h.lock.Lock()
	defer h.lock.Unlock()
	s := &span{from: h.now()}
	h.outages = append(h.outages, s)
	return func() {
		h.lock.Lock()
		defer h.lock.Unlock()
		s.to = h.now()
	}
}

// could tells whether the caller could get the namespace, as far as is known, at any moment between the two, and at any
// before from which a replica did not know better, or the caller saw a namespace that was still Terminating.
func (h *history) could(caller *user.DefaultInfo, namespace string, from, to time.Time) bool {
	h.lock.Lock()
	defer h.lock.Unlock()
	from = reach(h.outages, from, to)
	from = reach(h.leaving[namespace], from, to)
	for o, facts := range h.facts {
		if o.kind != "RoleBinding" && o.kind != "ClusterRoleBinding" || o.namespace != "" && o.namespace != namespace {
			continue
		}
		for _, binding := range facts {
			if binding.overlaps(from, to) && binds(o, binding, caller) && h.allowed(binding, namespace, from, to) {
				return true
			}
		}
	}
	return false
}

// reach returns the beginning of the earliest of the spans that last between the two moments, or from.
func reach(spans []*span, from, to time.Time) time.Time {
	earliest := from
	for _, s := range spans {
		if s.overlaps(from, to) && s.from.Before(earliest) {
			earliest = s.from
		}
	}
	return earliest
}

// allowed tells whether the role had a rule, at some moment at which the binding was there, that allows it.
func (h *history) allowed(binding *fact, namespace string, from, to time.Time) bool {
	if binding.from.After(from) {
		from = binding.from
	}
	if !binding.open() && binding.to.Before(to) {
		to = binding.to
	}
	return slices.ContainsFunc(h.facts[binding.ref], func(role *fact) bool {
		return role.overlaps(from, to) && slices.ContainsFunc(role.rules, func(r rbacv1.PolicyRule) bool {
			return slices.Contains(r.Verbs, "get") && slices.Contains(r.APIGroups, "") && slices.Contains(r.Resources, "namespaces") &&
				(len(r.ResourceNames) == 0 || slices.Contains(r.ResourceNames, namespace))
		})
	})
}

func binds(o object, binding *fact, caller *user.DefaultInfo) bool {
	return slices.ContainsFunc(binding.subjects, func(s rbacv1.Subject) bool {
		switch s.Kind {
		case rbacv1.UserKind:
			return s.Name == caller.Name
		case rbacv1.GroupKind:
			return slices.Contains(caller.Groups, s.Name)
		default:
			return serviceaccount.MatchesUsername(cmp.Or(s.Namespace, o.namespace), s.Name, caller.Name)
		}
	})
}
