// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

const (
	// revokeLimit is how long a revocation may take to arrive, while nothing else goes wrong. So it is also how old what
	// a replica knows of RBAC may be at any time, but for outages of the kube-apiserver.
	revokeLimit = time.Second
	// catchUp is how long a watch that has resumed may be telling what happened while it was broken.
	catchUp = time.Second
)

// stream is one watch of an informer. Only one goroutine uses it.
type stream struct {
	informer *informer
	// initial says that the watch is still telling what there is.
	initial bool
	// since is when the informer received anything before this watch.
	since, began time.Time
}

// receive takes note of an event, before the informer gets it.
func (s *stream) receive(e watch.Event) (watch.Event, bool) {
	i := s.informer
	since := i.received()
	if s.initial || time.Since(s.began) < catchUp {
		since = s.since
	}
	space, ok := e.Object.(*v1alpha1.Space)
	switch {
	case !ok:
		i.note(e.Type, "", fmt.Sprint(e.Object))
	case e.Type == watch.Bookmark:
		s.initial = s.initial && space.Annotations[metav1.InitialEventsAnnotationKey] == ""
		i.note(e.Type, "", space.ResourceVersion)
	default:
		i.shown(e.Type, space, since)
	}
	return e, true
}

// shown checks that the user could get, at some moment since the given one, what the informer is now shown. Before that
// moment it may have been so too, for as long as a revocation may take to arrive. That something is gone is told to
// whoever could get it at any time: nobody knows what the informer still has of what it was told before.
func (i *informer) shown(what watch.EventType, space *v1alpha1.Space, since time.Time) {
	version := fmt.Sprintf("%s at %s", space.UID, space.ResourceVersion)
	i.note(what, space.Name, fmt.Sprintf("%s %s %v", version, space.Status.Phase, space.Labels))
	now := time.Now()
	could := func(since time.Time) bool { return i.history.could(&i.person.DefaultInfo, space.Name, since, now) }
	if could(since.Add(-revokeLimit)) {
		return
	}
	before := "nor ever"
	if could(time.Time{}) {
		if what == watch.Deleted {
			return
		}
		before = "though before"
	}
	i.leak(space.Name, fmt.Sprintf("%s was shown %s %s %s, which its user could not get since %s, %s before, %s",
		i, what, space.Name, version, since.Format(clock), now.Sub(since).Round(time.Millisecond), before))
}

// clock is the format of times in messages.
const clock = "15:04:05.000"
