// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"k8s.io/apimachinery/pkg/watch"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

// stream is a watch that the test reads event by event.
type stream struct {
	watch.Interface
}

// openWatch watches as the user does. It ends with the test.
func openWatch(t *testing.T, user cluster.Clients, opts metav1.ListOptions) stream {
	t.Helper()
	w := must(spacesOf(user).Watch(t.Context(), opts))(t)
	t.Cleanup(w.Stop)
	return stream{w}
}

// watchFromNow returns a watch that has told what there is, and what that is. To watch from the revision of a list would
// not do: a watch may begin with what happened just before.
func watchFromNow(t *testing.T, user cluster.Clients, opts metav1.ListOptions) (stream, []v1alpha1.Space) {
	t.Helper()
	opts.SendInitialEvents = new(true)
	opts.ResourceVersionMatch = metav1.ResourceVersionMatchNotOlderThan
	opts.AllowWatchBookmarks = true
	events := openWatch(t, user, opts)
	var items []v1alpha1.Space
	for event := events.next(t); event.Type != watch.Bookmark; event = events.next(t) {
		if event.Type != watch.Added {
			t.Fatalf("Among the initial events is %s", describe(event))
		}
		items = append(items, *event.Object.(*v1alpha1.Space))
	}
	return events, items
}

// next returns the next event.
func (s stream) next(t *testing.T) watch.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	select {
	case event, ok := <-s.ResultChan():
		if !ok {
			t.Fatal("The watch has ended; an event was expected")
		}
		return event
	case <-ctx.Done():
		t.Fatal("No event came")
	}
	return watch.Event{}
}

// want returns the Space of the next event, which must be of this type and about the Space of this name. A bookmark may
// come at any time, and is passed over.
func (s stream) want(t *testing.T, kind watch.EventType, name string) *v1alpha1.Space {
	t.Helper()
	event := s.next(t)
	for event.Type == watch.Bookmark && kind != watch.Bookmark {
		event = s.next(t)
	}
	space, ok := event.Object.(*v1alpha1.Space)
	if !ok || event.Type != kind || space.Name != name {
		t.Fatalf("The next event is %s, want %s of %q", describe(event), kind, name)
	}
	return space
}

// wantEnd checks that the watch ends without another event.
func (s stream) wantEnd(t *testing.T) {
	t.Helper()
	select {
	case event, ok := <-s.ResultChan():
		if ok {
			t.Fatalf("The next event is %s, want the end", describe(event))
		}
	case <-t.Context().Done():
		t.Fatal("The watch goes on")
	}
}

// drain reads until the watch ends. Only if the server has crashed may it end with an error.
func (s stream) drain(t *testing.T, crashed bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		select {
		case event, ok := <-s.ResultChan():
			if !ok {
				return
			}
			if event.Type == watch.Error && !crashed {
				t.Errorf("The watch ended with %s", describe(event))
			}
		case <-ctx.Done():
			t.Fatal("The watch does not end")
		}
	}
}

func describe(event watch.Event) string {
	if space, ok := event.Object.(*v1alpha1.Space); ok {
		return fmt.Sprintf("%s of %q (resourceVersion %s, phase %s, labels %v)",
			event.Type, space.Name, space.ResourceVersion, space.Status.Phase, space.Labels)
	}
	return fmt.Sprintf("%s: %v", event.Type, event.Object)
}

// wantLast checks that deleted is the full last state of the Space, and not older.
func wantLast(t *testing.T, last, deleted *v1alpha1.Space) {
	t.Helper()
	if diff := cmp.Diff(last, deleted, cmpopts.IgnoreFields(metav1.ObjectMeta{}, "ResourceVersion")); diff != "" {
		t.Errorf("DELETED does not have the last object (-want +got):\n%s", diff)
	}
	wantNotOlder(t, deleted.ResourceVersion, last.ResourceVersion)
}

func wantNotOlder(t *testing.T, got, last string) {
	t.Helper()
	order, err := resourceversion.CompareResourceVersion(got, last)
	if err != nil || order < 0 {
		t.Errorf("The resource version went from %s to %s (%v)", last, got, err)
	}
}
