// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/storage"
)

func TestLogKeepsWhatIsYoung(t *testing.T) {
	const room = 4
	for name, tc := range map[string]struct {
		entries int
		every   time.Duration
		want    int
	}{
		"as many as there is room for stay, however old":     {entries: room, every: keep, want: room},
		"of more than there is room for the young ones stay": {entries: 5 * room, every: keep / 10, want: 11},
		"of old ones no more than there is room for stay":    {entries: 5 * room, every: 2 * keep, want: room},
		"of very many young ones no more than a burst stay":  {entries: 3 * burst * room, want: burst * room},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLog(room)
			now := time.Now()
			for n := range tc.entries {
				now = now.Add(tc.every)
				e := &entry{after: l.head.successor(now)}
				if n%3 == 0 {
					e.access = anyOf{}
				}
				l.append(e)
			}
			if got := len(l.entries); got != tc.want {
				t.Errorf("the log has %d entries, want %d", got, tc.want)
			}
			if want := tc.entries > tc.want; l.dropped != want {
				t.Errorf("dropped = %v, want %v", l.dropped, want)
			}
			ofAccess := slices.DeleteFunc(slices.Clone(l.entries), func(e *entry) bool { return e.access == nil })
			if !slices.Equal(l.accesses, ofAccess) {
				t.Errorf("%d of the entries are said to be about access, want %d", len(l.accesses), len(ofAccess))
			}
		})
	}
}

// TestWatchOfWhoDoesNotRead: the reason comes before what was not read, and whoever writes to the reader is told once
// to give up.
func TestWatchOfWhoDoesNotRead(t *testing.T) {
	for name, tc := range map[string]struct {
		changes   int
		abandoned int32
		want      []string
	}{
		"who can still be told all is waited for": {changes: resultBuffer + burst, abandoned: 0},
		"who cannot is told why":                  {changes: 4 * resultBuffer * burst, abandoned: 1, want: []string{"ERROR 410", "closed"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				feed := syncedFeed(t, 2, 5)
				var abandoned atomic.Int32
				ctx := WithAbandon(t.Context(), func(context.Context) { abandoned.Add(1) })
				w := startWatch(ctx, t, storeOf(feed), "bob", storage.ListOptions{ResourceVersion: "5"})
				synctest.Wait()
				for n := range tc.changes {
					must(t, feed.Update(namespace("a", 6+uint64(n))))
					synctest.Wait()
				}
				time.Sleep(2 * slowCheck)
				if got := abandoned.Load(); got != tc.abandoned {
					t.Errorf("abandoned %d times, want %d", got, tc.abandoned)
				}
				got := received(w)
				if tc.want == nil && len(got) != tc.changes {
					t.Errorf("got %d events, want all %d", len(got), tc.changes)
				}
				if tc.want != nil && !slices.Equal(got[len(got)-2:], tc.want) {
					t.Errorf("the last of the events %v, want %v", got, tc.want)
				}
			})
		})
	}
}

func TestWatchThatIsDroppedTellsSoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatcher(storeOf(syncedFeed(t, 2, 5)), scope{caller: &user.DefaultInfo{Name: "bob"}})
		for len(w.result) < cap(w.result) {
			event, err := w.store.bookmark(5, nil)
			must(t, err)
			w.result <- *event
		}
		abandoned := 0
		w.drop(WithAbandon(t.Context(), func(context.Context) { abandoned++ }), failure(errTooSlow))
		close(w.result)
		got := received(w)
		if want := []string{"ERROR 410", "closed"}; !slices.Equal(got[len(got)-2:], want) || len(got) > cap(w.result)+1 {
			t.Errorf("events are %v, want the failure in the place of what was not read", got)
		}
		if abandoned != 1 {
			t.Errorf("abandoned %d times, want once", abandoned)
		}
	})
}

func TestWatchThatIsStoppedOrEndsIsNotAbandoned(t *testing.T) {
	for name, end := range map[string]func(w *Feed, stop, cancel func()){
		"stopped":  func(_ *Feed, stop, _ func()) { stop() },
		"ended":    func(_ *Feed, _, cancel func()) { cancel() },
		"shutdown": func(f *Feed, _, _ func()) { f.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				feed := syncedFeed(t, 200, 5)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				ctx = WithAbandon(ctx, func(context.Context) { t.Error("abandoned") })
				w := startWatch(ctx, t, storeOf(feed), "bob", storage.ListOptions{ResourceVersion: "5"})
				synctest.Wait()
				for n := range uint64(2 * resultBuffer) {
					must(t, feed.Update(namespace("a", 6+n)))
				}
				synctest.Wait()
				end(feed, w.Stop, cancel)
				if got := received(w); len(got) != resultBuffer+1 || got[resultBuffer] != "closed" {
					t.Errorf("events are %v, want what was sent before the end", got)
				}
			})
		})
	}
}

// TestWatchHastensABookmarkAfterAGrant: what a grant has ADDED has an old resource version.
func TestWatchHastensABookmarkAfterAGrant(t *testing.T) {
	granted, revoked := sees{"eve": {"a"}}, sees{}
	for name, tc := range map[string]struct {
		from  string
		deeds []deed
		want  map[time.Duration][]string
	}{
		"not at once, soon, and only once": {
			from: "5", deeds: []deed{grants(granted)},
			want: map[time.Duration][]string{0: {"ADDED a@2"}, bookmarkSoon: {"BOOKMARK @5"}, bookmarkSoon + bookmarkEvery: {"BOOKMARK @5"}},
		},
		"one for many grants, counted from the first": {
			from: "5", deeds: []deed{grants(granted), grants(revoked), passes(bookmarkSoon / 2), grants(granted)},
			want: map[time.Duration][]string{
				bookmarkSoon / 2: {"ADDED a@2", "DELETED a@5", "ADDED a@2"}, bookmarkSoon: {"BOOKMARK @5"}, bookmarkSoon + bookmarkEvery: {"BOOKMARK @5"},
			},
		},
		"again after the next grant": {
			from: "5", deeds: []deed{grants(granted), passes(bookmarkSoon + time.Second), grants(revoked), grants(granted)},
			want: map[time.Duration][]string{
				bookmarkSoon + time.Second: {"ADDED a@2", "BOOKMARK @5", "DELETED a@5", "ADDED a@2"}, 2*bookmarkSoon + time.Second: {"BOOKMARK @5"},
			},
		},
		"not for a revocation": {
			from: "5", deeds: []deed{grants(revoked)}, want: map[time.Duration][]string{bookmarkEvery: {"BOOKMARK @5"}},
		},
		"not for a change of a row": {
			from: "5", deeds: []deed{adds(namespace("b", 6))}, want: map[time.Duration][]string{bookmarkEvery: {"BOOKMARK @6"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				feed := syncedFeed(t, 20, 5, namespace("a", 2))
				predicate := selecting("")
				predicate.AllowWatchBookmarks = true
				time.Sleep(time.Hour)
				w := startWatch(t.Context(), t, storeOf(feed), "eve", storage.ListOptions{ResourceVersion: tc.from, Predicate: predicate})
				synctest.Wait()
				begin := time.Now()
				for _, do := range tc.deeds {
					must(t, do(feed))
					synctest.Wait()
				}
				got := map[time.Duration][]string{}
				for time.Since(begin) <= bookmarkSoon+bookmarkEvery && len(got) < len(tc.want) {
					if events := received(w); len(events) > 0 {
						got[time.Since(begin)] = events
					}
					time.Sleep(bookmarkSoon / 10)
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("events by time (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestWatchTellsOfARevocationWhatWasAllowed: a client that resumes after a revocation gets the last object that it was
// allowed to see, and nothing of what came later.
func TestWatchTellsOfARevocationWhatWasAllowed(t *testing.T) {
	granted, revoked := grants(sees{"eve": {"a"}}), grants(sees{})
	for name, tc := range map[string]struct {
		before []deed
		want   map[string][]string // the labels of what was told
	}{
		"the last that it saw": {
			before: []deed{granted, adds(namespace("a", 6, "seen")), revoked, adds(namespace("b", 7))},
			want:   map[string][]string{"DELETED a@7": {"seen"}},
		},
		"nothing of what came after the revocation": {
			before: []deed{granted, adds(namespace("a", 6, "seen")), revoked, adds(namespace("a", 7, "secret"))},
			want:   map[string][]string{"DELETED a@7": {"seen"}},
		},
		"nothing of what it had before the grant": {
			before: []deed{adds(namespace("a", 6, "secret")), adds(namespace("a", 7, "seen")), granted, revoked, adds(namespace("a", 8, "secret"))},
			want:   map[string][]string{"DELETED a@8": {"seen"}},
		},
		"what was granted again is there": {
			before: []deed{granted, revoked, adds(namespace("a", 6, "secret")), granted, adds(namespace("a", 7, "seen"))},
			want:   map[string][]string{"ADDED a@7": {"seen"}},
		},
		"what was never seen is not told of": {
			before: []deed{revoked, adds(namespace("a", 6, "secret"))},
			want:   map[string][]string{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				feed := syncedFeed(t, 20, 5, namespace("a", 2, "old"))
				time.Sleep(time.Hour)
				for _, do := range tc.before {
					must(t, do(feed))
				}
				w := startWatch(t.Context(), t, storeOf(feed), "eve", storage.ListOptions{ResourceVersion: feedVersion(feed)})
				if diff := cmp.Diff(tc.want, receivedLabels(w)); diff != "" {
					t.Errorf("labels by event (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func feedVersion(feed *Feed) string { return strconv.FormatUint(feed.head().revision, 10) }

func receivedLabels(w watch.Interface) map[string][]string {
	synctest.Wait()
	told := map[string][]string{}
	for len(w.ResultChan()) > 0 {
		event := <-w.ResultChan()
		told[describe(event)] = slices.Sorted(maps.Keys(plainly(event).(*corev1.Namespace).Labels))
		synctest.Wait()
	}
	return told
}
