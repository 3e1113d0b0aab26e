// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

// eventsOf returns the messages of the Events for that reason in the namespace.
func eventsOf(ctx context.Context, admin cluster.Clients, namespace, reason string) ([]corev1.Event, error) {
	list, err := admin.Kube.CoreV1().Events(namespace).List(ctx, metav1.ListOptions{FieldSelector: "reason=" + reason})
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

// awaitEvents returns the Events for that reason, when there are so many.
func awaitEvents(t *testing.T, admin cluster.Clients, namespace, reason string, count int) (events []corev1.Event) {
	t.Helper()
	eventually(t, fmt.Sprintf("there are %d Events for the reason %s in %s", count, reason, namespace), func(ctx context.Context) (err error) {
		events, err = eventsOf(ctx, admin, namespace, reason)
		if err == nil && len(events) != count {
			err = fmt.Errorf("there are %d", len(events))
		}
		return err
	})
	return events
}

// People are told before, once by however many servers and however often they start, and anew when they have renewed.
func TestExpiryIsAnnounced(t *testing.T) {
	t.Parallel()
	c := cluster.ForTest(t, "--expiry-warnings=15s,1h")
	second := must(c.StartSpaces(t.Context(), filepath.Join(c.Bin, "spaces-apiserver"), "--expiry-warnings=15s,1h"))(t)
	admin, alice := c.Admin(t), c.As(t, "alice", devs)
	space := createSpace(t, alice, newSpace("announced", withTTL("16s")))
	event := awaitEvents(t, admin, space.Name, "Expiring", 1)[0]
	if at := event.LastTimestamp; at.Before(&metav1.Time{Time: expiryOf(t, space).Add(-16 * time.Second)}) || at.After(expiryOf(t, space).Add(-10*time.Second)) {
		t.Errorf("told at %s of what expires at %s, want 15s before", at, expiryOf(t, space))
	}
	if want := "at " + expiryOf(t, space).UTC().Format(time.RFC3339); event.Type != corev1.EventTypeWarning || !strings.Contains(event.Message, want) {
		t.Errorf("told as %s: %q, want a warning that says %q", event.Type, event.Message, want)
	}
	check(t, second.Restart(t.Context()))
	check(t, c.Server.Restart(t.Context()))
	check(t, c.AwaitAvailable(t.Context()))
	renewed := renew(t, alice, space.Name, renewal("17s"))
	awaitEvents(t, admin, space.Name, "Expiring", 2)
	space.Status.ExpiresAt = renewed.Status.ExpiresAt
	wantExpiry(t, admin, space)
	if events := must(eventsOf(t.Context(), admin, space.Name, "Expiring"))(t); len(events) > 2 {
		t.Errorf("told %d times, want twice", len(events))
	}
}

// What the cluster does not let be deleted says so, until it is renewed or deleted.
func TestExpiryThatTheClusterForbids(t *testing.T) {
	t.Parallel()
	admin, alice := shared.Admin(t), shared.As(t, unique("overdue-alice"), devs)
	prefix := unique("overdue")
	policy{
		name:       prefix,
		rule:       resources("", "namespaces"),
		operations: []admissionregistrationv1.OperationType{"DELETE"},
		condition:  fmt.Sprintf(`oldObject.metadata.name.startsWith(%q) && "locked" in oldObject.metadata.labels`, prefix),
		expression: "false",
		message:    "it is locked",
	}.enforce(t, admin)
	renewed, deleted := prefix+"-renewed", prefix+"-deleted"
	for _, name := range []string{renewed, deleted} {
		createSpace(t, alice, newSpace(name, withTTL("1h")))
		patchNamespace(t, admin, name, `{"metadata":{"labels":{"locked":""}}}`)
		unlock := func() error {
			_, err := admin.Kube.CoreV1().Namespaces().Patch(context.WithoutCancel(t.Context()), name, types.MergePatchType,
				[]byte(`{"metadata":{"labels":{"locked":null}}}`), metav1.PatchOptions{})
			return err
		}
		t.Cleanup(func() { _ = unlock() })
		eventually(t, "the policy is known", func(ctx context.Context) error {
			if err := admin.Kube.CoreV1().Namespaces().Delete(ctx, name, metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}); err != nil {
				return nil //nolint:nilerr // that is it
			}
			return errors.New("it is not")
		})
		renew(t, alice, name, renewal("1s"))
	}
	for _, name := range []string{renewed, deleted} {
		awaitOverdue(t, alice, name, true)
		awaitEvents(t, admin, name, "NotDeleted", 1)
	}
	wantExpiresIn(t, alice, renew(t, alice, renewed, renewal("1h")), time.Hour, "1h")
	awaitOverdue(t, alice, renewed, false)
	patchNamespace(t, admin, deleted, `{"metadata":{"labels":{"locked":null}}}`)
	awaitDeletion(t, admin, deleted)
}

func awaitOverdue(t *testing.T, user cluster.Clients, name string, want bool) {
	t.Helper()
	eventually(t, fmt.Sprintf("that %s is overdue is %v", name, want), func(ctx context.Context) error {
		space, err := spacesOf(user).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		condition := meta.FindStatusCondition(space.Status.Conditions, v1alpha1.ConditionExpired)
		if got := condition != nil && condition.Status == metav1.ConditionTrue && strings.Contains(condition.Message, "it is locked"); got != want {
			return fmt.Errorf("the conditions are %v", space.Status.Conditions)
		}
		return nil
	})
}
