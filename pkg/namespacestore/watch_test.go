// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/storage"
)

func startWatch(ctx context.Context, t *testing.T, store *Store, caller string, opts storage.ListOptions) watch.Interface {
	t.Helper()
	key := "/things/"
	opts.Recursive = true
	if opts.Predicate.GetAttrs == nil {
		opts.Predicate = selecting("")
	}
	w, err := store.Watch(as(ctx, caller), key, opts)
	must(t, err)
	t.Cleanup(w.Stop)
	return w
}

// received returns what the watch has told so far, as TYPE name@resourceVersion.
func received(w watch.Interface) []string {
	synctest.Wait()
	var events []string
	for {
		select {
		case event, ok := <-w.ResultChan():
			if !ok {
				return append(events, "closed")
			}
			events = append(events, describe(event))
			synctest.Wait()
		default:
			return events
		}
	}
}

func describe(event watch.Event) string {
	switch object := plainly(event).(type) {
	case *corev1.Namespace:
		end := ""
		if object.Annotations[metav1.InitialEventsAnnotationKey] == "true" {
			end = " end"
		}
		return fmt.Sprintf("%s %s@%s%s", event.Type, object.Name, object.ResourceVersion, end)
	case *metav1.Status:
		return fmt.Sprintf("%s %d", event.Type, object.Code)
	default:
		return fmt.Sprintf("%s %T", event.Type, object)
	}
}

// plainly returns the object of the event, also of one that watches share.
func plainly(event watch.Event) runtime.Object {
	if shared, ok := event.Object.(runtime.CacheableObject); ok {
		return shared.GetObject()
	}
	return event.Object
}

func TestWatch(t *testing.T) {
	bookmarks := selecting("")
	bookmarks.AllowWatchBookmarks = true
	type step = func(*Feed) error
	add := func(ns *corev1.Namespace) step { return func(f *Feed) error { return f.Update(ns) } }
	remove := func(ns *corev1.Namespace) step { return func(f *Feed) error { return f.Delete(ns) } }
	access := func(s sees) step { return func(f *Feed) error { f.SetAccess(s, anyOf{}); return nil } }
	for name, tc := range map[string]struct {
		caller string
		opts   storage.ListOptions
		steps  []step
		want   []string
	}{
		"unset tells first what is there": {
			caller: "bob", opts: storage.ListOptions{}, want: []string{"ADDED a@2", "ADDED b@3"},
		},
		"initial events end with a bookmark if asked for": {
			caller: "bob", opts: storage.ListOptions{SendInitialEvents: new(true), Predicate: bookmarks},
			want: []string{"ADDED a@2", "ADDED b@3", "BOOKMARK @5 end"},
		},
		"without initial events it starts now": {
			caller: "bob", opts: storage.ListOptions{SendInitialEvents: new(false)},
			steps: []step{add(namespace("c", 6))}, want: []string{"ADDED c@6"},
		},
		"a revision is resumed from": {
			caller: "bob", opts: storage.ListOptions{ResourceVersion: "5"},
			steps: []step{add(namespace("a", 6)), remove(namespace("b", 7))}, want: []string{"MODIFIED a@6", "DELETED b@7"},
		},
		"a revision that is yet to come is waited for": {
			caller: "bob", opts: storage.ListOptions{ResourceVersion: "7"},
			steps: []step{add(namespace("a", 6)), add(namespace("a", 7)), add(namespace("a", 8))}, want: []string{"MODIFIED a@8"},
		},
		"a revision before the first list is expired": {
			caller: "bob", opts: storage.ListOptions{ResourceVersion: "4"}, want: []string{"ERROR 410", "closed"},
		},
		"a revision that is not in the log any more is expired": {
			caller: "bob", opts: storage.ListOptions{ResourceVersion: "1"}, want: []string{"ERROR 410", "closed"},
		},
		"a stranger is told nothing": {
			caller: "eve", opts: storage.ListOptions{Predicate: bookmarks, SendInitialEvents: new(true)},
			steps: []step{add(namespace("a", 6)), remove(namespace("b", 7))}, want: []string{"BOOKMARK @5 end"},
		},
		"a grant is ADDED, a revocation DELETED at the newest revision": {
			caller: "eve", opts: storage.ListOptions{ResourceVersion: "5"},
			steps: []step{
				access(sees{"eve": {"a"}}), access(sees{"eve": {"a", "unknown"}}), add(namespace("b", 6)),
				access(sees{"eve": {"b"}}), access(sees{"eve": {"b"}}),
			},
			want: []string{"ADDED a@2", "DELETED a@6", "ADDED b@6"},
		},
		"entering and leaving a selector": {
			caller: "bob", opts: storage.ListOptions{ResourceVersion: "5", Predicate: selecting("red")},
			steps: []step{
				add(namespace("a", 6, "red")), add(namespace("a", 7, "red", "big")), add(namespace("a", 8)), add(namespace("a", 9)),
				add(namespace("b", 10, "red")), remove(namespace("b", 11)),
			},
			want: []string{"ADDED a@6", "MODIFIED a@7", "DELETED a@8", "ADDED b@10", "DELETED b@11"},
		},
		"a new list is told as what differs": {
			caller: "bob", opts: storage.ListOptions{ResourceVersion: "5"},
			steps: []step{func(f *Feed) error { return f.Replace(list(namespace("a", 8), namespace("c", 7)), "9") }, add(namespace("a", 10))},
			want:  []string{"DELETED b@5", "ADDED c@7", "MODIFIED a@8", "MODIFIED a@10"},
		},
		"a row that was deleted and created anew between lists is told as both": {
			caller: "bob", opts: storage.ListOptions{ResourceVersion: "5"},
			steps: []step{func(f *Feed) error {
				again := namespace("a", 8)
				again.UID = "another"
				return f.Replace(list(again, namespace("b", 3)), "9")
			}},
			want: []string{"DELETED a@5", "ADDED a@8"},
		},
		"a server that stops ends it": {
			caller: "bob", opts: storage.ListOptions{ResourceVersion: "5"},
			steps: []step{func(f *Feed) error { f.Close(); f.Close(); return nil }}, want: []string{"closed"},
		},
		"a server that stops ends one that waits for a revision": {
			caller: "bob", opts: storage.ListOptions{ResourceVersion: "500"},
			steps: []step{func(f *Feed) error { f.Close(); return nil }}, want: []string{"closed"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				feed := syncedFeed(t, 20, 5, namespace("a", 2), namespace("b", 3))
				time.Sleep(time.Hour)
				w := startWatch(t.Context(), t, storeOf(feed), tc.caller, tc.opts)
				got := received(w)
				for _, step := range tc.steps {
					must(t, step(feed))
					got = append(got, received(w)...)
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("events (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestWatchDropsAReaderThatIsTooSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := syncedFeed(t, 10, 5)
		slow := startWatch(t.Context(), t, storeOf(feed), "bob", storage.ListOptions{ResourceVersion: "5"})
		quick := startWatch(t.Context(), t, storeOf(feed), "bob", storage.ListOptions{ResourceVersion: "5"})
		const changes = 10 * resultBuffer
		var quicklyRead int
		for n := range uint64(changes) {
			must(t, feed.Update(namespace("a", 6+n)))
			quicklyRead += len(received(quick))
		}
		if quicklyRead != changes {
			t.Errorf("the quick reader got %d events, want %d", quicklyRead, changes)
		}
		got := received(slow)
		if want := []string{"ERROR 410", "closed"}; !slices.Equal(got[len(got)-2:], want) {
			t.Errorf("the slow reader's last events are %v, want %v", got[len(got)-2:], want)
		}
	})
}

func TestWatchSendsBookmarksAndEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := syncedFeed(t, 10, 5)
		predicate := selecting("")
		predicate.AllowWatchBookmarks = true
		ctx, cancel := context.WithTimeout(t.Context(), 150*time.Second)
		defer cancel()
		w := startWatch(ctx, t, storeOf(feed), "bob", storage.ListOptions{ResourceVersion: "5", Predicate: predicate})
		must(t, feed.Update(namespace("hidden", 8)))
		time.Sleep(149 * time.Second)
		if diff := cmp.Diff([]string{"BOOKMARK @8", "BOOKMARK @8", "BOOKMARK @8"}, received(w)); diff != "" {
			t.Errorf("one a minute and one before the end (-want +got):\n%s", diff)
		}
		time.Sleep(2 * time.Second)
		if diff := cmp.Diff([]string{"closed"}, received(w)); diff != "" {
			t.Errorf("at the end (-want +got):\n%s", diff)
		}
	})
}

func TestWatchWithoutACallerFails(t *testing.T) {
	store := storeOf(syncedFeed(t, 10, 5))
	if _, err := store.Watch(t.Context(), "/things/", storage.ListOptions{Predicate: storage.Everything, Recursive: true}); !storage.IsInternalError(err) {
		t.Errorf("Watch: %v, want an internal error", err)
	}
}

// FuzzWatchConverges changes rows and access at random under a watch that is cut off at random and resumes from the
// last resource version it has got, as a reflector does: what it has told adds up to what a LIST shows.
func FuzzWatchConverges(f *testing.F) {
	for seed := range uint64(150) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		synctest.Test(t, func(t *testing.T) { converge(t, rand.New(rand.NewPCG(seed, 0))) })
	})
}

func converge(t *testing.T, random *rand.Rand) {
	feed := syncedFeed(t, 64, 5, namespace("a", 2), namespace("b", 3, "red"))
	client := &reflector{store: storeOf(feed), caller: "eve", predicate: selecting([]string{"", "red"}[random.IntN(2)])}
	client.predicate.AllowWatchBookmarks = random.IntN(2) == 0
	client.list(t)
	cluster := &cluster{Rand: random, feed: feed, revision: 5, rows: map[string]*corev1.Namespace{"a": namespace("a", 2), "b": namespace("b", 3, "red")}}
	for range 40 {
		if random.IntN(4) == 0 {
			client.reconnect(t)
		}
		must(t, cluster.step())
		client.read(t)
	}
	shown := &corev1.NamespaceList{}
	must(t, client.store.GetList(as(t.Context(), client.caller), "/things/", client.options(""), shown))
	want := map[string]string{}
	for _, ns := range shown.Items {
		want[ns.Name] = ns.ResourceVersion
	}
	if diff := cmp.Diff(want, client.rows); diff != "" {
		t.Errorf("the client's rows differ from a list (-list +client):\n%s", diff)
	}
}

// cluster makes random changes.
type cluster struct {
	*rand.Rand
	feed     *Feed
	revision uint64
	rows     map[string]*corev1.Namespace
}

func (c *cluster) step() error {
	c.revision++
	name := []string{"a", "b", "c", "d"}[c.IntN(4)]
	switch c.IntN(6) {
	case 0, 1:
		c.feed.SetAccess(sees{"eve": c.some()}, anyOf{})
		return nil
	case 2:
		if c.rows[name] == nil {
			return c.feed.Bookmark(strconv.FormatUint(c.revision, 10))
		}
		delete(c.rows, name)
		return c.feed.Delete(namespace(name, c.revision))
	case 3:
		return c.relist()
	default:
		c.rows[name] = c.random(name)
		return c.feed.Update(c.rows[name].DeepCopy())
	}
}

// relist has changes seen in sum.
func (c *cluster) relist() error {
	for range c.IntN(4) {
		name := []string{"a", "b", "c", "d"}[c.IntN(4)]
		c.revision++
		delete(c.rows, name)
		if c.IntN(3) > 0 {
			c.rows[name] = c.random(name)
		}
	}
	c.revision++
	var rows []any // the feed keeps what it is given
	for _, row := range c.rows {
		rows = append(rows, row.DeepCopy())
	}
	return c.feed.Replace(rows, strconv.FormatUint(c.revision, 10))
}

func (c *cluster) random(name string) *corev1.Namespace {
	if c.IntN(2) == 0 {
		return namespace(name, c.revision, "red")
	}
	return namespace(name, c.revision)
}

func (c *cluster) some() []string {
	var names []string
	for _, name := range []string{"a", "b", "c", "d"} {
		if c.IntN(2) == 0 {
			names = append(names, name)
		}
	}
	return names
}

// reflector is a client that lists, and then watches from the last resource version that it has seen.
type reflector struct {
	store     *Store
	caller    string
	predicate storage.SelectionPredicate
	rows      map[string]string
	version   string
	watch     watch.Interface
}

func (r *reflector) options(resourceVersion string) storage.ListOptions {
	return storage.ListOptions{ResourceVersion: resourceVersion, Predicate: r.predicate, Recursive: true}
}

func (r *reflector) list(t *testing.T) {
	t.Helper()
	shown := &corev1.NamespaceList{}
	must(t, r.store.GetList(as(t.Context(), r.caller), "/things/", r.options(""), shown))
	r.rows, r.version = map[string]string{}, shown.ResourceVersion
	for _, ns := range shown.Items {
		r.rows[ns.Name] = ns.ResourceVersion
	}
	r.reconnect(t)
}

func (r *reflector) reconnect(t *testing.T) {
	t.Helper()
	if r.watch != nil {
		r.watch.Stop()
	}
	r.watch = startWatch(t.Context(), t, r.store, r.caller, r.options(r.version))
}

func (r *reflector) read(t *testing.T) {
	t.Helper()
	for {
		synctest.Wait()
		select {
		case event, ok := <-r.watch.ResultChan():
			if !ok || event.Type == watch.Error {
				r.list(t)
				continue
			}
			r.take(event)
		default:
			return
		}
	}
}

func (r *reflector) take(event watch.Event) {
	ns := plainly(event).(*corev1.Namespace)
	r.version = ns.ResourceVersion
	switch event.Type {
	case watch.Deleted:
		delete(r.rows, ns.Name)
	case watch.Added, watch.Modified:
		r.rows[ns.Name] = ns.ResourceVersion
	case watch.Bookmark, watch.Error: // a place and an end, and no row
	}
}
