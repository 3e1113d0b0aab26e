// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

// history is all views there ever were, in order.
type history []*view

func (h history) at(revision uint64) *view {
	for _, v := range slices.Backward(h) {
		if v.revision <= revision {
			return v
		}
	}
	return nil
}

// FuzzLogKeepsPlaces holds what the log says of revisions against all the views that have been in it.
func FuzzLogKeepsPlaces(f *testing.F) {
	for seed := range uint64(100) {
		f.Add(seed, uint8(8), uint8(40))
	}
	f.Fuzz(func(t *testing.T, seed uint64, size, steps uint8) {
		if size == 0 {
			t.Skip("a log has room for at least one entry")
		}
		random := rand.New(rand.NewPCG(seed, 0))
		l := newLog(int(size))
		views := history{l.head}
		for range steps {
			next := l.head.successor()
			next.revision += random.Uint64N(3)
			l.append(&entry{after: next})
			views = append(views, next)
			checkPlaces(t, &l, views)
		}
	})
}

func checkPlaces(t *testing.T, l *log, views history) {
	t.Helper()
	oldest := views[max(0, len(views)-1-len(l.entries))]
	for revision := range l.head.revision + 3 {
		want := views.at(revision)
		got, err := l.resume(revision)
		if err != nil {
			checkExpired(t, l, views, revision, err)
			continue
		}
		if got.revision != want.revision {
			t.Errorf("resume(%d) is at revision %d, want %d", revision, got.revision, want.revision)
		}
		for _, v := range views {
			if v.revision == got.revision && v.sequence < got.sequence {
				t.Errorf("resume(%d) is at view %d, but view %d has the same revision", revision, got.sequence, v.sequence)
			}
		}
		if got.sequence < oldest.sequence {
			t.Errorf("resume(%d) is at view %d, which the log has dropped", revision, got.sequence)
		}
		entries, err := l.after(got)
		if err != nil || len(entries) != len(views)-1-int(got.sequence) {
			t.Errorf("after(view %d) has %d entries (%v), want %d", got.sequence, len(entries), err, len(views)-1-int(got.sequence))
		}
	}
}

// checkExpired checks that a place was rightly refused: some view of its revision is not in the log any more, or was
// there before the first revision was.
func checkExpired(t *testing.T, l *log, views history, revision uint64, err error) {
	t.Helper()
	if !errors.Is(err, errExpired) {
		t.Fatalf("resume(%d): %v", revision, err)
	}
	want := views.at(revision)
	for _, v := range views {
		if v.revision == want.revision {
			if v.revision > 0 && v.sequence >= l.oldest()-1 {
				t.Errorf("resume(%d) is expired, but the log has all views of revision %d", revision, want.revision)
			}
			return
		}
	}
}
