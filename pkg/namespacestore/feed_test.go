// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func TestFeedTellsObserversOfEveryChange(t *testing.T) {
	var told []string
	describe := func(row *Row) string {
		if row == nil {
			return "-"
		}
		return row.Namespace.ResourceVersion
	}
	feed := newFeed(10, func(before, after *Row) {
		told = append(told, describe(before)+"→"+describe(after))
	})
	must(t, feed.Replace(list(namespace("b", 2), namespace("a", 3), namespace("hidden", 4)), "5"))
	must(t, feed.Add(namespace("c", 6)))
	must(t, feed.Update(namespace("a", 7)))
	must(t, feed.Delete(namespace("b", 8)))
	must(t, feed.Delete(namespace("hidden", 9)))
	must(t, feed.Bookmark("10"))
	must(t, feed.Replace(list(namespace("a", 7), namespace("d", 11)), "12"))
	want := []string{"-→2", "-→3", "-→6", "3→7", "2→-", "6→-", "-→11"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}
}

func TestFeedIsSyncedByItsFirstList(t *testing.T) {
	feed := newFeed(10)
	must(t, feed.Bookmark("3"))
	if feed.HasSynced() {
		t.Error("synced without a list")
	}
	must(t, feed.Replace(nil, "4"))
	if !feed.HasSynced() {
		t.Error("not synced by a list, if an empty one")
	}
}

func TestFeedRefusesWhatIsNoNamespace(t *testing.T) {
	feed := newFeed(10)
	for name, err := range map[string]error{
		"add":              feed.Add(&corev1.Pod{}),
		"delete":           feed.Delete("a"),
		"replace":          feed.Replace([]any{&corev1.Pod{}}, "1"),
		"bad version":      feed.Update(&corev1.Namespace{}),
		"bad list version": feed.Replace(nil, "x"),
	} {
		if name != "bad version" && err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if feed.HasSynced() {
		t.Error("synced by lists that it refused")
	}
}

func TestFeedResumesAtTheRevisionBeforeAList(t *testing.T) {
	feed := syncedFeed(t, 10, 5, namespace("a", 2), namespace("b", 3))
	must(t, feed.Replace(list(namespace("a", 8), namespace("c", 7)), "9"))
	for revision, want := range map[uint64]int{5: 4, 9: 0} {
		v, _, err := feed.resume(revision)
		must(t, err)
		entries, err := feed.log.after(v)
		must(t, err)
		if len(entries) != want {
			t.Errorf("resumed from %d, there are %d entries to tell, want %d", revision, len(entries), want)
		}
	}
	for _, revision := range []uint64{0, 1, 4, 7, 8} {
		if _, _, err := feed.resume(revision); !errors.Is(err, errExpired) {
			t.Errorf("resumed from %d, which was before the first list, or between two: %v", revision, err)
		}
	}
}

func TestFeedKnowsRowsAsTheyWere(t *testing.T) {
	feed := syncedFeed(t, 10, 5, namespace("a", 2))
	must(t, feed.Update(namespace("a", 6)))
	must(t, feed.Replace(list(namespace("a", 8)), "9"))
	for revision, want := range map[uint64]string{5: "2", 6: "6", 9: "8", 10: "8"} {
		v, err := feed.at(revision)
		must(t, err)
		if got := v.get("a").Namespace.ResourceVersion; got != want {
			t.Errorf("at %d a is at %s, want %s", revision, got, want)
		}
	}
	for _, revision := range []uint64{4, 7, 8} {
		if v, err := feed.at(revision); !errors.Is(err, errExpired) {
			t.Errorf("at %d there is a view of %d, though nobody knows how it was", revision, v.revision)
		}
	}
}

func TestFeedAwaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := syncedFeed(t, 10, 5)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		reached := make(chan error, 1)
		go func() {
			_, err := feed.awaitRevision(ctx, 7)
			reached <- err
		}()
		for revision := range uint64(2) {
			must(t, feed.Bookmark(strconv.FormatUint(6+revision, 10)))
			synctest.Wait()
		}
		must(t, <-reached)
		_, err := feed.await(ctx, func(*view) bool { return false })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("awaiting what never comes ends with %v, want the deadline", err)
		}
	})
}

// TestFeedPutsBookmarksAside: replicas get them at different times, and are to agree what the newest revision is.
func TestFeedPutsBookmarksAside(t *testing.T) {
	for name, tc := range map[string]struct {
		steps func(*Feed) error
		want  uint64
	}{
		"nobody asks":                  {steps: func(f *Feed) error { return f.Bookmark("9") }, want: 5},
		"somebody asks afterwards":     {steps: func(f *Feed) error { return errors.Join(f.Bookmark("9"), wants(f, 7)) }, want: 9},
		"somebody asks before":         {steps: func(f *Feed) error { return errors.Join(wants(f, 7), f.Bookmark("9")) }, want: 9},
		"what is asked for is there":   {steps: func(f *Feed) error { return errors.Join(f.Bookmark("9"), wants(f, 5)) }, want: 5},
		"it is older than what came":   {steps: func(f *Feed) error { return errors.Join(f.Update(namespace("a", 11)), f.Bookmark("9"), wants(f, 12)) }, want: 11},
		"it was there before a list":   {steps: func(f *Feed) error { return errors.Join(f.Bookmark("9"), f.Replace(nil, "12")) }, want: 12},
		"it is not what was asked for": {steps: func(f *Feed) error { return errors.Join(f.Bookmark("9"), wants(f, 20)) }, want: 9},
	} {
		t.Run(name, func(t *testing.T) {
			feed := syncedFeed(t, 10, 5)
			must(t, tc.steps(feed))
			if got := feed.head().revision; got != tc.want {
				t.Errorf("the revision is %d, want %d", got, tc.want)
			}
		})
	}
}

func wants(f *Feed, revision uint64) error {
	f.want(revision)
	return nil
}

// TestFeedIsConfirmedByAList: where nothing differs, nothing has happened.
func TestFeedIsConfirmedByAList(t *testing.T) {
	for name, tc := range map[string]struct {
		list []corev1.Namespace
		want uint64
	}{
		"the same":                    {list: []corev1.Namespace{*namespace("a", 2), *namespace("hidden", 6)}, want: 9},
		"one has changed":             {list: []corev1.Namespace{*namespace("a", 7)}, want: 5},
		"one is new":                  {list: []corev1.Namespace{*namespace("a", 2), *namespace("b", 8)}, want: 5},
		"one is gone":                 {want: 5},
		"another is in its place":     {list: []corev1.Namespace{*namespace("b", 8)}, want: 5},
		"that is new is none of ours": {list: []corev1.Namespace{*namespace("a", 2), *namespace("hidden", 8)}, want: 9},
	} {
		t.Run(name, func(t *testing.T) {
			feed := syncedFeed(t, 10, 5, namespace("a", 2))
			feed.want(5)
			if len(feed.Behind()) > 0 {
				t.Error("behind what it has reached")
			}
			feed.want(8)
			if len(feed.Behind()) != 1 {
				t.Error("not behind what it has not reached")
			}
			must(t, feed.Confirm(tc.list, "9"))
			if got := feed.head().revision; got != tc.want {
				t.Errorf("the revision is %d, want %d", got, tc.want)
			}
		})
	}
}
