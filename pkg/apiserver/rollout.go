// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"cmp"
	"maps"
	"time"

	apiequality "k8s.io/apimachinery/pkg/api/equality"

	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/namespacestore"
	"tenancy.example.io/spaces/pkg/provisioning"
)

// laterAfter is when a Space or an account is looked at again that is not in place yet.
const laterAfter = 500 * time.Millisecond

// settling is longer than the creation of a Space takes. What has changed less than that before its end may have come too
// late for it.
const settling = 15 * time.Second

// observe passes on what happens to the namespace of a Space.
func (s *Server) observe(before, after *namespacestore.Row) {
	if !s.observeNamespace(before, after) {
		name := cmp.Or(after, before).Namespace.Name
		s.expiry.Forget(name)
		s.warner.Forget(name)
		return
	}
	name := after.Namespace.Name
	s.expiry.Enqueue(name)
	s.warner.Enqueue(name)
	s.completer.Enqueue(name)
	switch {
	case before != nil && !isOurs(before) && isOurs(after):
		s.completer.Controller.Enqueue(name) // it was adopted, and nobody else is at it
	case !inPlace(after):
	case before == nil && !s.feeds.spaces.HasSynced(): // resume looks at it
	case before == nil && s.books.born(name) && !s.changedLately(after): // it was complete before it could be seen
	case before != nil && isPlanned(before, after):
		s.repairer.Planned(name)
	case before == nil, s.toRepair(before, after), !inPlace(before) && s.changedLately(after):
		s.repairer.Enqueue(name)
	}
}

// isSpace tells whether the row is one of Spaces.
func isSpace(row *namespacestore.Row) bool {
	_, ok := row.Object.(*spacesapi.Space)
	return ok
}

// isOurs tells whether the row is of a Space of ours.
func isOurs(row *namespacestore.Row) bool {
	one, ok := row.Object.(*spacesapi.Space)
	return ok && one.Status.CreatedBy != ""
}

// toRepair tells whether the change may have something to do with what the platform has put into the Space. Most have not.
func (s *Server) toRepair(before, after *namespacestore.Row) bool {
	_, now, ok := afterwards(before, after)
	if !ok {
		return false
	}
	if before.Metadata != after.Metadata {
		return true
	}
	if current, _, err := s.policies.For(now.Spec.Account); err == nil && current.Propagate != nil {
		return !sameMetadata(before, after)
	}
	return !samePlatformLabels(before.Namespace.Labels, after.Namespace.Labels)
}

// isPlanned tells whether a Space that is in place is to contain something else.
func isPlanned(before, after *namespacestore.Row) bool {
	old, now, ok := afterwards(before, after)
	return ok && (old.Spec.Account != now.Spec.Account || !apiequality.Semantic.DeepEqual(old.Spec.Quota, now.Spec.Quota) ||
		old.Spec.Template != now.Spec.Template || !maps.Equal(old.Spec.Parameters, now.Spec.Parameters))
}

// afterwards returns a Space before a change and after it, unless that was its provisioning.
func afterwards(before, after *namespacestore.Row) (old, now *spacesapi.Space, ok bool) {
	old, okOld := before.Object.(*spacesapi.Space)
	now, okNow := after.Object.(*spacesapi.Space)
	return old, now, okOld && okNow && old.Status.Phase != spacesapi.SpaceProvisioning
}

// sameMetadata tells whether neither the Space nor its namespace has other labels or annotations than before.
func sameMetadata(before, after *namespacestore.Row) bool {
	old, okOld := before.Object.(*spacesapi.Space)
	now, okNow := after.Object.(*spacesapi.Space)
	// A label of the namespace does not show where the Space has one of its own; and one that the Space has no longer shows
	// for as long as its namespace has it, but whoever has removed it does not own it any more.
	return okOld && okNow && maps.Equal(old.Labels, now.Labels) && maps.Equal(old.Annotations, now.Annotations) &&
		apiequality.Semantic.DeepEqual(old.ManagedFields, now.ManagedFields) && maps.Equal(before.Namespace.Labels, after.Namespace.Labels)
}

// samePlatformLabels tells whether the labels are the same that the platform sets on all namespaces of Spaces.
func samePlatformLabels(before, after map[string]string) bool {
	for _, labels := range []map[string]string{before, after} {
		for key := range labels {
			if provisioning.IsPlatformLabel(key) && before[key] != after[key] {
				return false
			}
		}
	}
	return true
}

// observeHome passes on what happens to the home of an account. What has changed in the account is rolled out.
func (s *Server) observeHome(before, after *namespacestore.Row) {
	if !s.observeNamespace(before, after) {
		s.observeEnd(before, after)
		return
	}
	if before == nil {
		if s.feeds.accounts.HasSynced() { // otherwise resume looks at it
			s.repairer.EnqueueAfter(after.Namespace.Name, laterAfter)
		}
		return
	}
	old, okOld := before.Object.(*spacesapi.Account)
	now, okNow := after.Object.(*spacesapi.Account)
	if !okOld || !okNow || apiequality.Semantic.DeepEqual(old.Spec, now.Spec) {
		return
	}
	s.repairer.Enqueue(after.Namespace.Name)
	s.rollOut(now.Name)
}

// observeEnd has an account end that is being deleted, and takes back what it has given when it is gone: what is charged to it
// still stays, as the cluster wants it.
func (s *Server) observeEnd(before, after *namespacestore.Row) {
	if after != nil {
		if going, ok := after.Object.(*spacesapi.Account); ok {
			s.ender.Enqueue(going.Name)
		}
		return
	}
	if gone, ok := before.Object.(*spacesapi.Account); ok {
		s.rollOut(gone.Name)
	}
}

// observeQuota rolls out what has changed in the ClusterQuota.
func (s *Server) observeQuota(before, after *namespacestore.Row) {
	if before == nil || after == nil {
		return
	}
	old, okOld := before.Object.(*spacesapi.ClusterQuota)
	now, okNow := after.Object.(*spacesapi.ClusterQuota)
	if okOld && okNow && !apiequality.Semantic.DeepEqual(old.Spec, now.Spec) {
		s.rollOut("")
	}
}

// observeTemplate has the Spaces looked at that follow a template which has changed.
func (s *Server) observeTemplate(_, after *namespacestore.Row) {
	if after == nil {
		return
	}
	changed, ok := after.Object.(*spacesapi.SpaceTemplate)
	if !ok || !changed.Spec.Reapply {
		return
	}
	for _, row := range s.feeds.spaces.Rows() {
		if one, ok := row.Object.(*spacesapi.Space); ok && inPlace(row) && one.Spec.Template == changed.Name {
			s.repairer.Enqueue(row.Namespace.Name)
		}
	}
}

// rollOut has the Spaces looked at that a change concerns: of the account, or of all if it is "".
func (s *Server) rollOut(account string) {
	now := s.clock.Now()
	for name, at := range s.changed {
		if now.Sub(at) > settling {
			delete(s.changed, name)
		}
	}
	s.changed[account] = now
	for _, row := range s.feeds.spaces.Rows() {
		if one, ok := row.Object.(*spacesapi.Space); ok && isOurs(row) && (account == "" || one.Spec.Account == account) {
			s.repairer.Planned(row.Namespace.Name)
		}
	}
}

// changedLately tells whether what the Space is to be like has changed while it may have been created.
func (s *Server) changedLately(row *namespacestore.Row) bool {
	one, ok := row.Object.(*spacesapi.Space)
	if !ok {
		return false
	}
	for _, account := range []string{"", one.Spec.Account} {
		if at, ok := s.changed[account]; ok && s.clock.Since(at) <= settling {
			return true
		}
	}
	return false
}

// observeNamespace passes on what happens to a namespace, and tells whether it is there to stay.
func (s *Server) observeNamespace(before, after *namespacestore.Row) bool {
	switch {
	case after == nil:
		s.index.NamespaceGone(before.Namespace.Name)
		return false
	case after.Namespace.DeletionTimestamp != nil:
		s.index.NamespaceTerminating(after.Namespace.Name)
		return false
	default:
		return true
	}
}
