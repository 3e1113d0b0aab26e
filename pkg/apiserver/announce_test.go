// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"

	"tenancy.example.io/spaces/pkg/controller/expiry"
)

// board has the Events of a cluster, and refuses what is there already.
type board struct {
	coreclient.CoreV1Interface
	coreclient.EventInterface

	events  map[string]string
	refuses error
}

func (b *board) Events(string) coreclient.EventInterface { return b }

func (b *board) Create(_ context.Context, event *corev1.Event, _ metav1.CreateOptions) (*corev1.Event, error) {
	if _, ok := b.events[event.Name]; ok {
		return nil, apierrors.NewAlreadyExists(corev1.Resource("events"), event.Name)
	}
	b.events[event.Name] = event.Type + " " + event.Reason + " " + event.InvolvedObject.Kind + ": " + event.Message
	return event, b.refuses
}

func TestAnnounce(t *testing.T) {
	b := &board{events: map[string]string{}}
	n := namespaces{client: b}
	deadline := expiry.Deadline{At: time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC), UID: "1", ResourceVersion: "1"}
	same, other, renewed := deadline, deadline, deadline
	same.ResourceVersion = "2"
	other.UID = "2"
	renewed.At = deadline.At.Add(time.Hour)
	for _, each := range []expiry.Deadline{deadline, same, other, renewed} {
		must(t, n.Announce(t.Context(), "a", each, time.Hour, time.Hour))
	}
	must(t, n.Announce(t.Context(), "a", deadline, 10*time.Minute, 9*time.Minute))
	const text = "and is deleted then with everything in it. Renew it if you need it for longer: kubectl space renew a"
	want := map[string]int{
		"Warning Expiring Space: The Space expires in 60m, at 2026-11-20T10:00:00Z, " + text: 2,
		"Warning Expiring Space: The Space expires in 60m, at 2026-11-20T11:00:00Z, " + text: 1,
		"Warning Expiring Space: The Space expires in 9m, at 2026-11-20T10:00:00Z, " + text:  1,
	}
	got := map[string]int{}
	for name, event := range b.events {
		got[event]++
		if errs := validation.IsDNS1123Subdomain(name); errs != nil {
			t.Errorf("no Event can be called %q: %q", name, errs)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("written (-want +got):\n%s", diff)
	}
}

func TestAnnounceFails(t *testing.T) {
	terminating := apierrors.NewForbidden(corev1.Resource("events"), "", errors.New("it is being terminated"))
	terminating.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: corev1.NamespaceTerminatingCause}}
	for name, tc := range map[string]struct{ refuses, want error }{
		"as it is being deleted": {refuses: terminating},
		"by something else":      {refuses: errors.ErrUnsupported, want: errors.ErrUnsupported},
	} {
		t.Run(name, func(t *testing.T) {
			n := namespaces{client: &board{events: map[string]string{}, refuses: tc.refuses}}
			if err := n.Announce(t.Context(), "a", expiry.Deadline{}, time.Hour, time.Hour); !errors.Is(err, tc.want) {
				t.Errorf("error: %v, want %v", err, tc.want)
			}
		})
	}
}
