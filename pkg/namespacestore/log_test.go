// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
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
		now := time.Now()
		views := history{l.head}
		for range steps {
			now = now.Add(time.Duration(random.IntN(2)) * keep)
			next := l.head.successor(now)
			next.revision += random.Uint64N(3)
			l.append(&entry{after: next})
			views = append(views, next)
			checkPlaces(t, &l, views)
		}
	})
}

func checkPlaces(t *testing.T, l *log, views history) {
	t.Helper()
	oldest := views[len(views)-1-len(l.entries)]
	for revision := range l.head.revision + 3 {
		want := views.at(revision)
		got, recent, err := l.resume(revision)
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
		checkRecent(t, views, got, recent)
		entries, err := l.after(got)
		if err != nil || len(entries) != len(views)-1-int(got.sequence) {
			t.Errorf("after(view %d) has %d entries (%v), want %d", got.sequence, len(entries), err, len(views)-1-int(got.sequence))
		}
	}
}

// checkRecent checks that the entries are all that led to the view and arrived less than the skew before it.
func checkRecent(t *testing.T, views history, v *view, recent []*entry) {
	t.Helper()
	want := 0
	for _, earlier := range views[1 : v.sequence+1] {
		if earlier.arrived.After(v.arrived.Add(-skew)) {
			want++
		}
	}
	if len(recent) != want || want > 0 && recent[want-1].after != v {
		t.Errorf("view %d has %d recent entries before it, want %d", v.sequence, len(recent), want)
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
			known := v.sequence >= l.oldest()-1 && (!l.dropped || !l.nth(0).arrived.After(v.arrived.Add(-skew)))
			if v.revision > 0 && known {
				t.Errorf("resume(%d) is expired, but the log has all views of revision %d", revision, want.revision)
			}
			return
		}
	}
}
