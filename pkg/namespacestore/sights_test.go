// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/storage"

	"tenancy.example.io/spaces/pkg/access"
)

// FuzzSightsAreWhatIsVisible changes rows and access at random, and holds what is kept of what callers see, and amended,
// against what is found anew.
func FuzzSightsAreWhatIsVisible(f *testing.F) {
	for seed := range uint64(100) {
		f.Add(seed)
	}
	callers := []user.Info{
		&user.DefaultInfo{Name: "alice", Groups: []string{"devs"}},
		&user.DefaultInfo{Name: "bob"},
		&user.DefaultInfo{Name: "root", Groups: []string{user.SystemPrivilegedGroup}},
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		random := rand.New(rand.NewPCG(seed, 0))
		index, feed := access.NewIndex(), newFeed(1000)
		setRoles(index)
		index.Synced()
		index.Subscribe(func(s *access.Snapshot, c access.Change) { feed.SetAccess(s, c) })
		must(t, feed.Replace(nil, "1"))
		for revision := range uint64(60) {
			must(t, changeAtRandom(random, index, feed, revision+2))
			for _, caller := range callers {
				if random.IntN(4) > 0 {
					continue
				}
				head := feed.head()
				if diff := cmp.Diff(namesOf(head.visible(caller, "")), namesOf(feed.sightOf(caller, head).rows)); diff != "" {
					t.Fatalf("seed %d, revision %d, %s sees (-want +got):\n%s", seed, revision, caller.GetName(), diff)
				}
			}
		}
	})
}

func changeAtRandom(random *rand.Rand, index *access.Index, feed *Feed, revision uint64) error {
	name := "space-" + strconv.Itoa(random.IntN(12))
	who := []string{"alice", "bob", "carol"}[random.IntN(3)]
	switch random.IntN(8) {
	case 0:
		index.DeleteBinding(name, who)
	case 1, 2:
		bindTo(index, name, who)
	case 3:
		index.DeleteBinding("", who)
	case 4:
		bindTo(index, []string{"", name}[random.IntN(2)], who)
	case 5:
		return feed.Delete(namespace(name, revision))
	default:
		return feed.Update(namespace(name, revision))
	}
	return nil
}

func namesOf(rows []*Row) []string {
	names := []string{}
	for _, row := range rows {
		names = append(names, row.Namespace.Name+"@"+row.Namespace.ResourceVersion)
	}
	return names
}

func TestSightsTakeBoundedMemory(t *testing.T) {
	s := newSights()
	for n := range 3 * sightsKept {
		s.keep(strconv.Itoa(n), sight{sequence: 1, rows: make([]*Row, 20)})
	}
	if s.kept.Len() > sightsKept || s.rows != 20*s.kept.Len() || s.rows > sightsRows {
		t.Errorf("%d sights with %d rows are kept", s.kept.Len(), s.rows)
	}
	s.keep("all", sight{sequence: 1, rows: make([]*Row, sightsRows+1)})
	if s.rows > sightsRows {
		t.Errorf("%d rows are kept of a sight that is too large", s.rows)
	}
}

func TestCallersOfOneNameAreToldApartByTheirGroups(t *testing.T) {
	keys := map[string]bool{}
	for _, caller := range []user.Info{
		&user.DefaultInfo{Name: "alice"},
		&user.DefaultInfo{Name: "alice", Groups: []string{"devs"}},
		&user.DefaultInfo{Name: "alice", Groups: []string{"devs", "ops"}},
		&user.DefaultInfo{Name: "alicedevs"},
		&user.DefaultInfo{Name: "alice4:devs"},
	} {
		keys[callerKey(caller)] = true
	}
	if len(keys) != 5 {
		t.Errorf("there are %d keys, want 5", len(keys))
	}
}

// What is noted about rows is found again for as long as the caller sees exactly these.
func TestNotesAreOfTheSameRows(t *testing.T) {
	index, feed := access.NewIndex(), newFeed(100)
	setRoles(index)
	index.Synced()
	index.Subscribe(func(s *access.Snapshot, c access.Change) { feed.SetAccess(s, c) })
	must(t, feed.Replace([]any{namespace("a", 1), namespace("b", 2)}, "2"))
	bindTo(index, "a", "alice")
	store := storeOf(feed)
	list := func(limit int64) *Collection {
		ctx, collection := Collect(as(t.Context(), "alice"))
		opts := storage.ListOptions{Recursive: true, Predicate: storage.Everything}
		opts.Predicate.Limit = limit
		must(t, store.GetList(ctx, "/things/", opts, &corev1.NamespaceList{}))
		return collection
	}
	first := list(0)
	for _, tc := range []struct {
		name   string
		change func() error
		limit  int64
		same   bool
	}{
		{name: "nothing has changed", change: func() error { return nil }, same: true},
		{name: "what others see", change: func() error { return feed.Update(namespace("b", 3)) }, same: true},
		{name: "a row has changed", change: func() error { return feed.Update(namespace("a", 4)) }},
		{name: "there is another row", change: func() error { bindTo(index, "b", "alice"); return nil }},
		{name: "a page has none of its own", change: func() error { return nil }, limit: 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			must(t, tc.change())
			next := list(tc.limit)
			if same := next.Notes == first.Notes; same != tc.same {
				t.Errorf("the notes are the same: %v, want %v", same, tc.same)
			}
			if (next.Notes == nil) != (tc.limit > 0) {
				t.Errorf("there are notes: %v", next.Notes != nil)
			}
			first = next
		})
	}
}

func TestNotedIsWorkedOutOnce(t *testing.T) {
	asked := 0
	work := func() (int, error) {
		if asked++; asked == 1 {
			return 0, errors.New("not yet")
		}
		return asked, nil
	}
	var notes Notes
	if _, err := Noted(&notes, work); err == nil {
		t.Error("an error was lost")
	}
	for _, n := range []*Notes{&notes, &notes, nil} {
		want := 2
		if n == nil {
			want = 3
		}
		if got, err := Noted(n, work); got != want || err != nil {
			t.Errorf("got %d: %v, want %d", got, err, want)
		}
	}
}
