// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"fmt"
	"hash/fnv"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	"tenancy.example.io/spaces/pkg/controller/expiry"
)

// reasonExpiring is the reason of the Events that are written before a Space expires.
const reasonExpiring = "Expiring"

// Announce implements expiry.Announcer by an Event in the namespace of the Space. Its name says what it is about, so that
// there is one, whoever writes it.
func (n namespaces) Announce(ctx context.Context, name string, deadline expiry.Deadline, before, left time.Duration) error {
	err := n.event(ctx, name, corev1.Event{
		ObjectMeta: metav1.ObjectMeta{Name: announcementName(name, deadline, before)},
		Type:       corev1.EventTypeWarning,
		Reason:     reasonExpiring,
		Message: fmt.Sprintf("The Space expires in %s, at %s, and is deleted then with everything in it. Renew it if you need it for longer: kubectl space renew %s",
			duration.HumanDuration(left.Round(time.Second)), deadline.At.UTC().Format(time.RFC3339), name),
		LastTimestamp: metav1.NewTime(deadline.At.Add(-left)),
	})
	if apierrors.IsAlreadyExists(err) || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		return nil
	}
	return err
}

// announcementName is the name of the Event about the deadline of this one Space, so long before it.
func announcementName(space string, deadline expiry.Deadline, before time.Duration) string {
	about := fnv.New64a()
	fmt.Fprintf(about, "%s %d %d", deadline.UID, deadline.At.Unix(), before)
	return fmt.Sprintf("%s.%016x", space, about.Sum64())
}
