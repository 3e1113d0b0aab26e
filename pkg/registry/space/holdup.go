// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// reasonFinalizers is the reason of the condition Deleted of a Space that only waits for finalizers.
const reasonFinalizers = "FinalizersRemain"

// holdups are what may hold up the deletion of a namespace, by the conditions that say so there; first what nothing else
// gets better without.
var holdups = []struct {
	of             corev1.NamespaceConditionType
	reason         string
	what, whatToDo string
}{
	{corev1.NamespaceDeletionDiscoveryFailure, "APIUnavailable", "An API does not answer, so nobody knows what is left of it in the Space", "Have its server answer, or delete its APIService."},
	{corev1.NamespaceDeletionGVParsingFailure, "APIUnavailable", "An API answers what cannot be read, so nobody knows what is left of it in the Space", "Repair its server, or delete its APIService."},
	{corev1.NamespaceDeletionContentFailure, "DeletionFails", "Something in the Space cannot be deleted", "It is tried again; if this stays, remove what forbids it, such as a webhook."},
	{corev1.NamespaceFinalizersRemaining, reasonFinalizers, "Something in the Space has finalizers", "Whoever has set them has to remove them: see whether that controller still runs."},
	{corev1.NamespaceContentRemaining, "ContentRemains", "Something is still in the Space", ""},
}

// heldUp returns the condition Deleted of a Space whose namespace is being deleted, or nil if nothing holds that up.
func heldUp(namespace *corev1.Namespace, generation int64) *metav1.Condition {
	var reason string
	var since metav1.Time
	var said []string
	for _, holdup := range holdups {
		condition := conditionOf(namespace, holdup.of)
		if condition == nil || condition.Status != corev1.ConditionTrue {
			continue
		}
		if reason == "" {
			reason, since = holdup.reason, condition.LastTransitionTime
		}
		said = append(said, strings.TrimSpace(fmt.Sprintf("%s: %s. %s", holdup.what, strings.TrimSuffix(condition.Message, "."), holdup.whatToDo)))
	}
	if finalizers := finalizersOf(namespace); reason == "" && len(namespace.Status.Conditions) > 0 && len(finalizers) > 0 {
		reason, since = reasonFinalizers, ptr.Deref(namespace.DeletionTimestamp, metav1.Time{})
		said = []string{fmt.Sprintf("Nothing is left in the Space, but its namespace has the finalizers %s. Whoever has set them has to remove them: see whether that controller still runs.",
			strings.Join(finalizers, ", "))}
	}
	if reason == "" {
		return nil
	}
	return &metav1.Condition{
		Type:               spaces.ConditionDeleted,
		Status:             metav1.ConditionFalse,
		ObservedGeneration: generation,
		LastTransitionTime: cmp.Or(since, namespace.CreationTimestamp),
		Reason:             reason,
		Message:            strings.Join(said, " "),
	}
}

func conditionOf(namespace *corev1.Namespace, kind corev1.NamespaceConditionType) *corev1.NamespaceCondition {
	for i := range namespace.Status.Conditions {
		if condition := &namespace.Status.Conditions[i]; condition.Type == kind {
			return condition
		}
	}
	return nil
}

// finalizersOf returns those of the namespace that the cluster does not remove by itself when nothing is left in it.
func finalizersOf(namespace *corev1.Namespace) []string {
	finalizers := slices.Clone(namespace.Finalizers)
	for _, finalizer := range namespace.Spec.Finalizers {
		if finalizer != corev1.FinalizerKubernetes {
			finalizers = append(finalizers, string(finalizer))
		}
	}
	return finalizers
}

// HoldUp returns why the Space is still being deleted, as one word, or "" if nothing is known to hold that up.
func HoldUp(space *spaces.Space) string {
	if condition := meta.FindStatusCondition(space.Status.Conditions, spaces.ConditionDeleted); condition != nil {
		return condition.Reason
	}
	return ""
}
