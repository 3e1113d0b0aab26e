// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/storage"
)

// deed is what is done to a Feed.
type deed = func(*Feed) error

func adds(ns *corev1.Namespace) deed { return func(f *Feed) error { return f.Update(ns) } }

func removes(ns *corev1.Namespace) deed { return func(f *Feed) error { return f.Delete(ns) } }

func grants(s sees) deed { return func(f *Feed) error { f.SetAccess(s, anyOf{}); return nil } }

func relists(resourceVersion string, namespaces ...*corev1.Namespace) deed {
	return func(f *Feed) error { return f.Replace(list(namespaces...), resourceVersion) }
}

func passes(d time.Duration) deed {
	return func(*Feed) error { time.Sleep(d); return nil }
}

// TestWatchResumedElsewhere has a client resume at a replica, where all the steps before have taken place, from what it
// has been told at another one.
func TestWatchResumedElsewhere(t *testing.T) {
	everybody := sees{"eve": {"a", "b"}}
	for name, tc := range map[string]struct {
		from      string
		predicate storage.SelectionPredicate
		before    []deed
		after     []deed
		want      []string
	}{
		"a grant that was not known there is told": {
			from: "6", before: []deed{grants(everybody), adds(namespace("b", 6))}, want: []string{"ADDED a@2", "ADDED b@6"},
		},
		"a revocation that was not known there is told": {
			from: "6", before: []deed{grants(everybody), passes(time.Hour), grants(sees{}), adds(namespace("b", 6))}, want: []string{"DELETED a@6", "DELETED b@6"},
		},
		"what has long been known is not told again": {
			from: "6", before: []deed{grants(everybody), passes(skew), adds(namespace("b", 6))},
		},
		"a grant that is known later here is of what it is told there": {
			from: "5", after: []deed{grants(everybody)}, want: []string{"ADDED a@2", "ADDED b@3"},
		},
		"what goes here before the grant is known, which was known there, is told to have gone": {
			from: "5", after: []deed{removes(namespace("a", 6)), grants(everybody)}, want: []string{"ADDED b@3", "DELETED a@6"},
		},
		"what leaves the selector before the grant is known, which was known there, is told to have gone": {
			from: "5", predicate: selecting("red"),
			before: []deed{adds(namespace("a", 6, "red"))}, after: []deed{adds(namespace("a", 7)), grants(sees{"eve": {"a"}})},
			want: []string{"DELETED a@7"},
		},
		"what came and went between lists here may be known from there": {
			from: "7", before: []deed{grants(everybody), passes(time.Hour), relists("9", namespace("a", 2), namespace("b", 3))},
			want: []string{"ERROR 410", "closed"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				feed := syncedFeed(t, 20, 5, namespace("a", 2), namespace("b", 3))
				time.Sleep(time.Hour)
				for _, step := range tc.before {
					must(t, step(feed))
				}
				w := startWatch(t.Context(), t, storeOf(feed), "eve", storage.ListOptions{ResourceVersion: tc.from, Predicate: tc.predicate})
				got := received(w)
				for _, step := range tc.after {
					must(t, step(feed))
				}
				if len(tc.after) > 0 {
					got = append(got, received(w)...)
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("events (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestWatchIsToldWhatAListOfTheSameProgramHasSeen: a watch that comes back need not be the one whose list is remembered.
func TestWatchIsToldWhatAListOfTheSameProgramHasSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := syncedFeed(t, 20, 5, namespace("a", 2))
		feed.SetAccess(sees{"eve": {"a"}}, anyOf{})
		ctx := WithClient(t.Context(), "program")
		w := startWatch(ctx, t, storeOf(feed), "eve", storage.ListOptions{ResourceVersion: "5"})
		must(t, feed.Update(namespace("a", 6)))
		received(w)
		w.Stop()
		feed.SetAccess(sees{}, anyOf{})
		must(t, storeOf(feed).GetList(as(ctx, "eve"), "/things/", storage.ListOptions{Predicate: selecting(""), Recursive: true}, &corev1.NamespaceList{}))
		time.Sleep(listsFresh)
		w = startWatch(ctx, t, storeOf(feed), "eve", storage.ListOptions{ResourceVersion: "6"})
		if diff := cmp.Diff([]string{"DELETED a@6"}, received(w)); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

// TestWatchEndsThatSawATerminatingNamespaceElsewhere: at one replica a namespace was Terminating before the binding went,
// and so its viewer keeps seeing it; here it was the other way round.
func TestWatchEndsThatSawATerminatingNamespaceElsewhere(t *testing.T) {
	leaving := func(revision uint64) *corev1.Namespace {
		ns := namespace("a", revision)
		ns.DeletionTimestamp = new(metav1.Now())
		return ns
	}
	for name, tc := range map[string]struct {
		steps []func(*replica) error
	}{
		"it began to go just after the binding went": {
			steps: []func(*replica) error{unbound, passing(lag / 2), taking(leaving(7))},
		},
		"it began to go while nobody looked": {
			steps: []func(*replica) error{unbound, passing(time.Minute), relisting("7", leaving(7))},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &replica{history: 20}
				r.boot()
				setRoles(r.index)
				r.index.SetBinding("a", "viewers", toRole("all"), toEve)
				r.index.Synced()
				must(t, r.feed.Replace(list(namespace("a", 2), namespace("b", 3)), "5"))
				time.Sleep(time.Hour)
				for _, step := range append(tc.steps, passing(time.Minute), taking(namespace("b", 8))) {
					must(t, step(r))
				}
				w := startWatch(t.Context(), t, r.store, "eve", storage.ListOptions{ResourceVersion: "8"})
				got := received(w)
				must(t, r.feed.Delete(namespace("a", 9)))
				got = append(got, received(w)...)
				if !slices.Contains(got, "ERROR 410") && !slices.Contains(got, "DELETED a@9") {
					t.Errorf("events %v, want an end of the namespace or of the watch", got)
				}
			})
		})
	}
}

func unbound(r *replica) error {
	r.index.DeleteBinding("a", "viewers")
	return nil
}

func passing(d time.Duration) func(*replica) error {
	return func(*replica) error { time.Sleep(d); return nil }
}

func taking(ns *corev1.Namespace) func(*replica) error {
	return func(r *replica) error { return r.feed.Update(ns) }
}

func relisting(resourceVersion string, namespaces ...*corev1.Namespace) func(*replica) error {
	return func(r *replica) error {
		return r.feed.Replace(list(append(namespaces, namespace("b", 3))...), resourceVersion)
	}
}
