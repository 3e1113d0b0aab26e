// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"tenancy.example.io/spaces/pkg/access"
)

// lag is how late an event may come to a replica: so, or less, do the arrivals at two replicas differ.
const lag = time.Second

var _ = [skew - 2*lag]struct{}{} // whatever has arrived at one replica has arrived at the other within the skew

// replica is a Feed and an Index which follow a past, wired as those of a server.
type replica struct {
	*rand.Rand
	past    past
	history int

	index *access.Index
	feed  *Feed
	store *Store
	up    bool
	deaf  bool // by a gap
}

// act is what happens at a replica.
type act struct {
	at time.Duration
	do func() error
}

// boot has the replica begin with nothing.
func (r *replica) boot() {
	r.index = access.NewIndex()
	r.feed = newFeed(r.history, r.observe)
	r.store = storeOf(r.feed)
	r.index.Subscribe(func(s *access.Snapshot, c access.Change) { r.feed.SetAccess(s, c) })
}

func (r *replica) observe(before, after *Row) {
	switch {
	case after == nil:
		r.index.NamespaceGone(before.Namespace.Name)
	case after.Namespace.DeletionTimestamp != nil:
		r.index.NamespaceTerminating(after.Namespace.Name)
	}
}

// start reads who sees what, as it is at that time, and a while later the namespaces.
func (r *replica) start(at time.Duration) []act {
	read := func() error {
		r.boot()
		setRoles(r.index)
		for _, e := range r.past {
			if e.at <= at && e.access != nil {
				e.access(r.index)
			}
		}
		r.index.Synced()
		return nil
	}
	ready := func() error {
		r.up = true
		return r.relist(at + lag)
	}
	return []act{{at, read}, {at + lag, ready}}
}

func (r *replica) stop() error {
	r.up = false
	r.feed.Close()
	return nil
}

func (r *replica) relist(at time.Duration) error {
	r.deaf = false
	namespaces, resourceVersion := r.past.list(at)
	return r.feed.Replace(namespaces, resourceVersion)
}

// follow returns what happens to a replica that is started, and to whose watch of the namespaces gaps happen, which end
// with a list.
func (r *replica) follow(started time.Duration, gaps ...gap) []act {
	acts := r.start(started)
	acts = append(acts, r.arrivals(func(e event) bool { return e.access != nil && e.at > started })...)
	listed := started + lag
	for _, g := range append(gaps, gap{end: 1<<63 - 1}) {
		for _, a := range r.arrivals(func(e event) bool { return e.access == nil && e.at > listed }) {
			if a.at < g.begin || g.begin == 0 {
				acts = append(acts, a)
			}
		}
		if g.begin > 0 {
			acts = append(acts, act{g.begin, func() error { r.deaf = true; return nil }}, act{g.end, func() error { return r.relist(g.end) }})
		}
		listed = g.end
	}
	return acts
}

// gap is a time in which nothing is heard.
type gap struct{ begin, end time.Duration }

// arrivals returns when and how those events come to the replica, in their order.
func (r *replica) arrivals(which func(event) bool) []act {
	var acts []act
	var last time.Duration
	late := r.lateness()
	for _, e := range r.past {
		if which(e) {
			last = max(last, e.at+late())
			acts = append(acts, act{last, func() error { return r.take(e) }})
		}
	}
	return acts
}

// lateness returns by how much events are late: all of them hardly, or all as much as may be, or each in its own way.
func (r *replica) lateness() func() time.Duration {
	least, spread := time.Duration(0), lag
	switch r.IntN(3) {
	case 0:
		spread = lag / 50
	case 1:
		least, spread = lag-lag/50, lag/50
	}
	return func() time.Duration { return least + time.Duration(r.Int64N(int64(spread))) }
}

func (r *replica) take(e event) error {
	switch {
	case e.access != nil:
		e.access(r.index)
		return nil
	case e.namespace != nil:
		return r.feed.Update(e.namespace.DeepCopy())
	case e.name != "":
		return r.feed.Delete(namespace(e.name, e.revision))
	case r.IntN(2) == 0:
		return r.feed.Bookmark(strconv.FormatUint(e.revision, 10))
	default:
		return nil
	}
}

// play has the acts take place, in order, at their times. Those of the same time come in any order.
func play(t *testing.T, begin time.Duration, acts []act) {
	t.Helper()
	slices.SortStableFunc(acts, func(a, b act) int { return cmp.Compare(a.at, b.at) })
	now := begin
	for _, a := range acts {
		if a.at > now {
			time.Sleep(a.at - now)
			now = a.at
		}
		must(t, a.do())
	}
}
