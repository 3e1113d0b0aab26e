// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/utils/clock"
	testingclock "k8s.io/utils/clock/testing"
)

func viewAt(revision, sequence uint64) *view { return &view{revision: revision, sequence: sequence} }

func TestListsRememberTheFirst(t *testing.T) {
	alice, bob := client{"kubectl", "alice"}, client{"kubectl", "bob"}
	for name, tc := range map[string]struct {
		shown func(*lists)
		asks  client
		want  []uint64
	}{
		"what was never shown is not known": {shown: func(*lists) {}, asks: alice, want: []uint64{0}},
		"what was shown is told once":       {shown: func(l *lists) { l.remember(alice, viewAt(5, 7)) }, asks: alice, want: []uint64{7, 7, 7}},
		"another caller is another client":  {shown: func(l *lists) { l.remember(alice, viewAt(5, 7)) }, asks: bob, want: []uint64{0}},
		"another program is another client": {shown: func(l *lists) { l.remember(client{"curl", "bob"}, viewAt(5, 7)) }, asks: bob, want: []uint64{0}},
		"another revision is another list":  {shown: func(l *lists) { l.remember(alice, viewAt(6, 7)) }, asks: alice, want: []uint64{0}},
		"nobody is not remembered":          {shown: func(l *lists) { l.remember(client{}, viewAt(5, 7)) }, asks: client{}, want: []uint64{0}},
		"of several at a revision it is the first": {
			shown: func(l *lists) {
				l.remember(alice, viewAt(5, 7))
				l.remember(alice, viewAt(5, 9))
			},
			asks: alice, want: []uint64{7, 7},
		},
		"what was told is not learned anew while it is fresh": {
			shown: func(l *lists) {
				l.remember(alice, viewAt(5, 7))
				l.tell(alice, 5)
				l.remember(alice, viewAt(5, 9))
			},
			asks: alice, want: []uint64{7},
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLists(clock.RealClock{})
			tc.shown(&l)
			for _, want := range tc.want {
				if got, ok := l.tell(tc.asks, 5); got != want || ok != (want > 0) {
					t.Errorf("told %d (%v), want %d", got, ok, want)
				}
			}
		})
	}
}

// TestListsForgetRatherThanGrow: what was forgotten is not learned again, since that might be a later view.
func TestListsForgetRatherThanGrow(t *testing.T) {
	l := newLists(clock.RealClock{})
	alice := client{"kubectl", "alice"}
	for n := range uint64(listsRemembered) {
		l.remember(alice, viewAt(1+n, 1+n))
	}
	l.remember(alice, viewAt(listsRemembered+10, 3))
	if len(l.shown) > listsRemembered {
		t.Errorf("%d lists are remembered", len(l.shown))
	}
	for _, revision := range []uint64{1, listsRemembered, listsRemembered + 10} {
		l.remember(alice, viewAt(revision, 99))
		if _, ok := l.tell(alice, revision); ok {
			t.Errorf("the list at %d is known again", revision)
		}
	}
	l.remember(alice, viewAt(listsRemembered+11, 4))
	if got, ok := l.tell(alice, listsRemembered+11); !ok || got != 4 {
		t.Errorf("a later list is not known: %d, %v", got, ok)
	}
}

func TestClientOf(t *testing.T) {
	for name, tc := range map[string]struct {
		in   func(context.Context) context.Context
		want client
	}{
		"a program of a caller":    {in: func(ctx context.Context) context.Context { return as(WithClient(ctx, "kubectl"), "alice") }, want: client{"kubectl", "alice"}},
		"a caller without program": {in: func(ctx context.Context) context.Context { return as(ctx, "alice") }},
		"an empty program":         {in: func(ctx context.Context) context.Context { return as(WithClient(ctx, ""), "alice") }},
		"nobody's program":         {in: func(ctx context.Context) context.Context { return WithClient(ctx, "kubectl") }},
	} {
		t.Run(name, func(t *testing.T) {
			if got := clientOf(tc.in(t.Context())); got != tc.want {
				t.Errorf("client is %v, want %v", got, tc.want)
			}
		})
	}
}

func TestGetListIsRememberedIfItIsWhole(t *testing.T) {
	for name, tc := range map[string]struct {
		opts storage.ListOptions
		want bool
	}{
		"a whole list is":                 {opts: storage.ListOptions{Predicate: selecting("")}, want: true},
		"a page is not":                   {opts: limited(1, "")},
		"a page that has everything is":   {opts: limited(2, ""), want: true},
		"one at an exact revision is not": {opts: storage.ListOptions{Predicate: selecting(""), ResourceVersion: "5", ResourceVersionMatch: "Exact"}},
		"one that is not older than is":   {opts: storage.ListOptions{Predicate: selecting(""), ResourceVersion: "5", ResourceVersionMatch: "NotOlderThan"}, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			feed := syncedFeed(t, 20, 5, namespace("a", 2), namespace("b", 3))
			ctx := as(WithClient(t.Context(), "kubectl"), "bob")
			tc.opts.Recursive = true
			must(t, storeOf(feed).GetList(ctx, "/things/", tc.opts, &corev1.NamespaceList{}))
			if v := feed.listedAt(clientOf(ctx), 5); (v != nil) != tc.want {
				t.Errorf("remembered: %v, want %v", v != nil, tc.want)
			}
		})
	}
}

// A list may have shown less than a later one at the same revision: whoever was shown less must not be taken for the other.
func TestALaterListDoesNotReplaceAnEarlierOne(t *testing.T) {
	now := testingclock.NewFakePassiveClock(time.Unix(1000, 0))
	l := newLists(now)
	alice := client{"kubectl", "alice"}
	l.remember(alice, viewAt(5, 7))
	now.SetTime(now.Now().Add(2 * listsFresh))
	l.remember(alice, viewAt(5, 9))
	if got, ok := l.tell(alice, 5); ok {
		t.Errorf("told %d, though another client of this program may have been shown less", got)
	}
}
