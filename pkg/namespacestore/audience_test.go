// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"iter"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/storage"
)

// only is an AccessChange that concerns these identities, in any way.
type only []any

func (only) Namespaces(user.Info) ([]string, bool) { return nil, true }

func (only) Concerns(string) bool { return true }

func (o only) Viewers() iter.Seq[any] { return slices.Values(o) }

func TestAudienceRingsThoseConcerned(t *testing.T) {
	whole := sees{"alice": {"a"}, "bob": {"*"}, "carol": {"b"}}
	for name, tc := range map[string]struct {
		entry *entry
		want  []string
	}{
		"a row concerns those who see it":          {entry: &entry{namespace: "a"}, want: []string{"alice", "bob"}},
		"a row that nobody else sees":              {entry: &entry{namespace: "c"}, want: []string{"bob"}},
		"a revision alone concerns nobody":         {entry: &entry{}},
		"a change of access concerns whom it says": {entry: &entry{access: only{"carol", "nobody here"}}, want: []string{"carol"}},
		"a row that went concerns everybody where nobody knows who saw it": {
			entry: &entry{namespace: "a", doubt: &doubt{unknown: true}}, want: []string{"alice", "bob", "carol"},
		},
		"a row that went concerns those who have just lost it": {
			entry: &entry{namespace: "a", doubt: &doubt{changes: []AccessChange{only{"carol"}}}}, want: []string{"alice", "bob", "carol"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			places, all := map[string]*place{}, audience{}
			for caller := range whole {
				places[caller] = newPlace([]any{caller, "a group of " + caller})
				all.join(places[caller])
			}
			before := newLog(1).head
			tc.entry.before, tc.entry.after = before, before.successor(time.Time{})
			tc.entry.after.access = whole
			all.ring(tc.entry)
			var rung []string
			for caller, p := range places {
				if len(p.bell) > 0 && p.behind == before {
					rung = append(rung, caller)
				}
			}
			slices.Sort(rung)
			if diff := cmp.Diff(tc.want, rung); diff != "" {
				t.Errorf("rung (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAudienceForgetsWhoLeaves(t *testing.T) {
	all := audience{}
	one, other := newPlace([]any{"alice", "devs"}), newPlace([]any{"bob", "devs"})
	all.join(one)
	all.join(other)
	all.leave(one)
	if got := slices.Sorted(maps.Keys(identitiesOf(all))); !slices.Equal(got, []string{"bob", "devs"}) {
		t.Errorf("there are %v, want bob and devs", got)
	}
	all.leave(other)
	if len(all) > 0 {
		t.Errorf("%v stayed", all)
	}
}

func identitiesOf(a audience) map[string]struct{} {
	identities := map[string]struct{}{}
	for identity := range a {
		identities[identity.(string)] = struct{}{}
	}
	return identities
}

func TestPlaceIsRungOnceAndRemembersTheFirst(t *testing.T) {
	l := newLog(4)
	first := l.head
	p := newPlace(nil)
	p.ring(first)
	l.append(&entry{after: first.successor(time.Time{})})
	p.ring(l.head)
	if len(p.bell) != 1 || p.behind != first {
		t.Errorf("rung %d times, behind view %d; want once, behind the first", len(p.bell), p.behind.sequence)
	}
}

// TestWatchThatIsNotConcerned: whom nobody rings for is not behind: the bookmark says so, and nothing is missed later,
// even if the log has long dropped what happened meanwhile.
func TestWatchThatIsNotConcerned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := syncedFeed(t, 2, 5, namespace("a", 2))
		predicate := selecting("")
		predicate.AllowWatchBookmarks = true
		w := startWatch(t.Context(), t, storeOf(feed), "eve", storage.ListOptions{ResourceVersion: "5", Predicate: predicate})
		synctest.Wait()
		for n := range uint64(5 * burst) {
			must(t, feed.Update(namespace("a", 6+n)))
		}
		time.Sleep(bookmarkEvery)
		if diff := cmp.Diff([]string{"BOOKMARK @" + feedVersion(feed)}, received(w)); diff != "" {
			t.Errorf("after a while (-want +got):\n%s", diff)
		}
		feed.SetAccess(sees{"eve": {"a"}}, anyOf{})
		want := []string{"ADDED a@" + feedVersion(feed), "MODIFIED a@1000"}
		must(t, feed.Update(namespace("a", 1000)))
		if diff := cmp.Diff(want, received(w)); diff != "" {
			t.Errorf("when it is concerned (-want +got):\n%s", diff)
		}
		w.Stop()
		synctest.Wait()
		if len(feed.audience) > 0 {
			t.Errorf("the watch has gone, and left %v", feed.audience)
		}
	})
}
