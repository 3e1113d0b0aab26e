// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-base/metrics/testutil"
	testingclock "k8s.io/utils/clock/testing"
)

func TestStuckDeletionsAreCounted(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	dying := func(name string, since time.Duration, kind corev1.NamespaceConditionType) *corev1.Namespace {
		namespace := placed(t, name, nil)
		namespace.DeletionTimestamp = new(metav1.NewTime(now.Add(-since)))
		if kind != "" {
			namespace.Status.Conditions = []corev1.NamespaceCondition{{Type: kind, Status: corev1.ConditionTrue, Message: "x"}}
		}
		return namespace
	}
	feeds := newFeeds(10, testingclock.NewFakePassiveClock(now))
	must(t, told(feeds).Replace(listed(
		placed(t, "active", nil),
		dying("just-now", stuckAfter, corev1.NamespaceContentRemaining),
		dying("pods-1", stuckAfter+1, corev1.NamespaceContentRemaining),
		dying("pods-2", time.Hour, corev1.NamespaceContentRemaining),
		dying("held", time.Hour, corev1.NamespaceFinalizersRemaining),
		dying("silent", time.Hour, ""),
	), "1000"))
	want := `
# HELP spaces_stuck_deletions [ALPHA] How many Spaces have been Terminating for more than five minutes, by the reason of their condition Deleted.
# TYPE spaces_stuck_deletions gauge
spaces_stuck_deletions{reason="ContentRemains"} 2
spaces_stuck_deletions{reason="FinalizersRemain"} 1
spaces_stuck_deletions{reason="Unknown"} 1
`
	if err := testutil.CustomCollectAndCompare(&stuck{rows: feeds.spaces.Rows, clock: testingclock.NewFakePassiveClock(now)}, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}
