// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package expiry

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"tenancy.example.io/spaces/test/bench/report"
)

func TestInParallel(t *testing.T) {
	var lock sync.Mutex
	done := map[int]int{}
	work := func(_ context.Context, n int) error {
		lock.Lock()
		defer lock.Unlock()
		done[n]++
		return nil
	}
	if err := inParallel(t.Context(), 3, 2, 7, work); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(map[int]int{2: 1, 3: 1, 4: 1, 5: 1, 6: 1}, done); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
	failing := func(context.Context, int) error { return errors.ErrUnsupported }
	if err := inParallel(t.Context(), 3, 0, 100, failing); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("error: %v", err)
	}
}

func TestDeletionsAreSeenOnce(t *testing.T) {
	events := watch.NewFake()
	d := &deletions{of: namesOf("mine", 1, 3), seen: map[string]time.Time{}, more: make(chan struct{}, 1)}
	go d.follow(events)
	deleted := func(name string) {
		events.Modify(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
		events.Modify(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, DeletionTimestamp: new(metav1.Now())}})
	}
	for _, name := range []string{"mine-1", "mine-0", "mine-4", "mine-1", "mine-2"} {
		deleted(name)
	}
	if err := d.await(t.Context(), time.Now()); err == nil || !strings.HasSuffix(err.Error(), " of 3 are being deleted") {
		t.Errorf("error: %v", err)
	}
	deleted("mine-3")
	if err := d.await(t.Context(), time.Now().Add(time.Minute)); err != nil {
		t.Error(err)
	}
}

func TestTablesJudge(t *testing.T) {
	b := &bench{Config: DefaultConfig(nil)}
	fast := outcome{samples: report.Samples{time.Second}, deleted: 100, spent: time.Second, others: report.Samples{2 * time.Millisecond}}
	slow := outcome{samples: report.Samples{time.Second}, deleted: 100, spent: 2 * time.Second, others: report.Samples{3 * time.Millisecond}}
	idle := report.Samples{time.Millisecond}
	for name, tc := range map[string]struct {
		alone      time.Duration
		ours, bare outcome
		missed     int
	}{
		"all is well":                 {alone: time.Millisecond, ours: fast, bare: fast},
		"too late":                    {alone: time.Second, ours: fast, bare: fast, missed: 1},
		"too slow, and others suffer": {alone: time.Millisecond, ours: slow, bare: fast, missed: 3},
		"parts are added up":          {alone: time.Millisecond, ours: fast, bare: fast.and(slow)},
	} {
		t.Run(name, func(t *testing.T) {
			text := report.Report{Tables: b.tables(report.Samples{tc.alone}, idle, turns{tc.ours, tc.bare, tc.bare})}.Markdown()
			if got := strings.Count(text, "**missed**"); got != tc.missed {
				t.Errorf("%d goals are missed, want %d:\n%s", got, tc.missed, text)
			}
		})
	}
}
