// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// reported returns the conditions as the namespace controller sets them: all of them, and those True that have a message.
func reported(messages map[corev1.NamespaceConditionType]string) []corev1.NamespaceCondition {
	var conditions []corev1.NamespaceCondition
	for i, holdup := range holdups {
		condition := corev1.NamespaceCondition{Type: holdup.of, Status: corev1.ConditionFalse, Message: "All is well", LastTransitionTime: *at(noon.Add(time.Duration(i) * time.Minute))}
		if message, ok := messages[holdup.of]; ok {
			condition.Status, condition.Message = corev1.ConditionTrue, message
		}
		conditions = append(conditions, condition)
	}
	return conditions
}

type messages = map[corev1.NamespaceConditionType]string

func TestHoldUps(t *testing.T) {
	for name, tc := range map[string]struct {
		conditions []corev1.NamespaceCondition
		finalizers []string
		own        []corev1.FinalizerName
		lasting    bool
		wantReason string
		wantSays   string
		wantSince  *metav1.Time
	}{
		"nothing is known yet": {finalizers: []string{"a.example.com/x"}},
		"nothing is left":      {conditions: reported(nil), own: []corev1.FinalizerName{"kubernetes"}},
		"it is not being deleted": {
			conditions: reported(messages{corev1.NamespaceContentRemaining: "x"}), lasting: true,
		},
		"an API is away": {
			conditions: reported(messages{corev1.NamespaceDeletionDiscoveryFailure: "Discovery failed for some groups, 1 failing: gone.example.com/v1: stale", corev1.NamespaceContentRemaining: "Some resources are remaining: pods. has 1 resource instances"}),
			wantReason: "APIUnavailable", wantSince: at(noon),
			wantSays: "An API does not answer, so nobody knows what is left of it in the Space: Discovery failed for some groups, 1 failing: gone.example.com/v1: stale. Have its server answer, or delete its APIService. " +
				"Something is still in the Space: Some resources are remaining: pods. has 1 resource instances.",
		},
		"an API is broken": {
			conditions: reported(messages{corev1.NamespaceDeletionGVParsingFailure: "x."}), wantReason: "APIUnavailable", wantSince: at(noon.Add(time.Minute)),
			wantSays: "An API answers what cannot be read, so nobody knows what is left of it in the Space: x. Repair its server, or delete its APIService.",
		},
		"a webhook says no": {
			conditions: reported(messages{corev1.NamespaceDeletionContentFailure: "x"}), wantReason: "DeletionFails", wantSince: at(noon.Add(2 * time.Minute)),
			wantSays: "Something in the Space cannot be deleted: x. It is tried again; if this stays, remove what forbids it, such as a webhook.",
		},
		"finalizers of what is in it": {
			conditions: reported(messages{corev1.NamespaceFinalizersRemaining: "held in 1 resource instances", corev1.NamespaceContentRemaining: "configmaps. has 1 resource instances"}),
			finalizers: []string{"later"}, wantReason: "FinalizersRemain", wantSince: at(noon.Add(3 * time.Minute)),
			wantSays: "Something in the Space has finalizers: held in 1 resource instances. Whoever has set them has to remove them: see whether that controller still runs. " +
				"Something is still in the Space: configmaps. has 1 resource instances.",
		},
		"finalizers of its own": {
			conditions: reported(nil), finalizers: []string{"a.example.com/x"}, own: []corev1.FinalizerName{"kubernetes", "b.example.com/y"},
			wantReason: "FinalizersRemain", wantSince: at(noon.Add(-time.Minute)),
			wantSays: "Nothing is left in the Space, but its namespace has the finalizers a.example.com/x, b.example.com/y. Whoever has set them has to remove them: see whether that controller still runs.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			mapping := testMapping()
			namespace := namespaceOf(t, mapping, &spaces.Space{ObjectMeta: metav1.ObjectMeta{Name: "a", Generation: 3}, Status: spaces.SpaceStatus{CreatedBy: "alice"}}, nil)
			namespace.Status.Conditions, namespace.Finalizers, namespace.Spec.Finalizers = tc.conditions, tc.finalizers, tc.own
			if !tc.lasting {
				namespace.DeletionTimestamp = at(noon.Add(-time.Minute))
			}
			space, _ := mapping.Decode(namespace).(*spaces.Space)
			var want *metav1.Condition
			if tc.wantReason != "" {
				want = &metav1.Condition{Type: "Deleted", Status: "False", ObservedGeneration: 3, Reason: tc.wantReason, Message: tc.wantSays, LastTransitionTime: *tc.wantSince}
			}
			if diff := cmp.Diff(want, meta.FindStatusCondition(space.Status.Conditions, spaces.ConditionDeleted)); diff != "" {
				t.Errorf("condition (-want +got):\n%s", diff)
			}
			if got := HoldUp(space); got != tc.wantReason {
				t.Errorf("held up by %q, want %q", got, tc.wantReason)
			}
		})
	}
}
