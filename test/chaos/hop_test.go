// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/watch"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

const (
	hops = 80
	// hopLimit is how long a replica may take to tell a watch that has come from the other one what it does not know.
	hopLimit = 2 * time.Second
	// maxMisses ends the test when the point is made, since each miss takes its time.
	maxMisses = 8
)

// Two replicas learn of a change of access and of a change of a namespace in an order of their own. A watch that breaks
// between the two and resumes at the other replica must be told of both, or be told to list again.
func TestWatchHopsBetweenReplicas(t *testing.T) {
	s := newStage(t)
	h := &hopper{stage: s, binding: roleBinding("sight", clusterRoleRef("view"), userOf("hopper"))}
	hopper := s.As(t, "hopper")
	for i := range s.replicas {
		h.at[i] = s.at(t, hopper, i)
	}
	for _, name := range []string{toggled, patched} {
		must(s.admin.Kube.CoreV1().Namespaces().Create(t.Context(), namespaceOf(name, nil), metav1.CreateOptions{}))(t)
	}
	must(s.admin.Kube.RbacV1().RoleBindings(patched).Create(t.Context(), h.binding, metav1.CreateOptions{}))(t)

	round := 0
	for ; round < hops && len(h.missed) < maxMisses; round++ {
		h.hop(t, round)
	}
	t.Logf("%d hops: %d resumed between the two changes, %d were told to list again", round, h.between, h.expired)
	if len(h.missed) > 0 {
		t.Errorf("%d of %d watches missed what the other replica had not told them:", len(h.missed), round)
	}
	for _, missed := range h.missed {
		t.Error(missed)
	}
}

const (
	// toggled is the namespace that the user gains and loses, and patched the one that changes at the same time.
	toggled, patched = "hop-toggled", "hop-patched"
)

// hopper is a user with a watch that goes from replica to replica.
type hopper struct {
	*stage
	at      [2]cluster.Clients
	binding *rbacv1.RoleBinding
	between int
	expired int
	missed  []string
}

// hop breaks a watch at one replica after the first of two changes, resumes it at the other, and waits for the rest.
// Every second time the access is granted, in between it is revoked.
func (h *hopper) hop(t *testing.T, round int) {
	t.Helper()
	granting, from := round%2 == 0, round/2%2
	want := sets.New(patched)
	if !granting {
		want.Insert(toggled)
	}
	for _, at := range h.at {
		h.awaitSight(t, at, want)
	}
	known, revision := h.firstEvent(t, h.at[from], func() { h.change(t, round, granting) })
	if known.Has(toggled) == granting {
		return
	}
	h.between++
	what := fmt.Sprintf("round %d, from replica %d to %d at %s, granting %t", round, from, 1-from, revision, granting)
	h.resume(t, h.at[1-from], revision, granting, what)
}

func (h *hopper) awaitSight(t *testing.T, at cluster.Clients, want sets.Set[string]) {
	t.Helper()
	check(t, await(t.Context(), time.Minute, func(ctx context.Context) error {
		list, err := spacesOf(at).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		if got := namesOf(list.Items); !got.Equal(want) {
			return fmt.Errorf("the list has %v, want %v", sets.List(got), sets.List(want))
		}
		return nil
	}))
}

func namesOf(items []v1alpha1.Space) sets.Set[string] {
	names := sets.New[string]()
	for i := range items {
		names.Insert(items[i].Name)
	}
	return names
}

// change changes the access to one namespace, and the other namespace, at the same time.
func (h *hopper) change(t *testing.T, round int, granting bool) {
	t.Helper()
	bindings := h.admin.Kube.RbacV1().RoleBindings(toggled)
	change := remove(bindings, h.binding.Name)
	if granting {
		change = create(bindings, h.binding)
	}
	var changes sync.WaitGroup
	changes.Go(func() {
		if err := change(t.Context()); err != nil {
			t.Error("Changing the access:", err)
		}
	})
	changes.Go(func() {
		patch := fmt.Appendf(nil, `{"metadata":{"annotations":{"round":"%d"}}}`, round)
		_, err := h.admin.Kube.CoreV1().Namespaces().Patch(t.Context(), patched, types.MergePatchType, patch, metav1.PatchOptions{})
		if err != nil {
			t.Error("Changing the namespace:", err)
		}
	})
	changes.Wait()
}

// firstEvent opens a watch, makes the change, and breaks the watch after one event. It returns what the client has then
// seen, and where it would resume.
func (h *hopper) firstEvent(t *testing.T, at cluster.Clients, change func()) (known sets.Set[string], revision string) {
	t.Helper()
	w := must(spacesOf(at).Watch(t.Context(), metav1.ListOptions{
		SendInitialEvents:    new(true),
		ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan,
		AllowWatchBookmarks:  true,
	}))(t)
	defer w.Stop()
	var changing sync.WaitGroup
	defer changing.Wait()
	var began time.Time
	known = sets.New[string]()
	for event := range w.ResultChan() {
		space, ok := event.Object.(*v1alpha1.Space)
		switch {
		case !ok:
			t.Fatalf("The watch sent %s: %v", event.Type, event.Object)
		case revision != "":
			if took := time.Since(began); event.Type == watch.Bookmark || took > hopLimit {
				t.Errorf("The first event after two changes was %s, after %s", event.Type, took)
			}
			apply(known, event.Type, space)
			return known, space.ResourceVersion
		case event.Type == watch.Bookmark:
			revision, began = space.ResourceVersion, time.Now()
			changing.Go(change)
		default:
			apply(known, event.Type, space)
		}
	}
	t.Fatal("The watch has ended")
	return nil, ""
}

func apply(known sets.Set[string], kind watch.EventType, space *v1alpha1.Space) {
	switch kind {
	case watch.Deleted:
		known.Delete(space.Name)
	case watch.Added, watch.Modified:
		known.Insert(space.Name)
	default:
	}
}

// resume goes on at the replica until it is told of the change of access, or to list again.
func (h *hopper) resume(t *testing.T, at cluster.Clients, revision string, granting bool, what string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hopLimit)
	defer cancel()
	w := must(spacesOf(at).Watch(ctx, metav1.ListOptions{ResourceVersion: revision}))(t)
	defer w.Stop()
	want := watch.Deleted
	if granting {
		want = watch.Added
	}
	for event := range w.ResultChan() {
		if event.Type == watch.Error {
			if err := apierrors.FromObject(event.Object); !apierrors.IsResourceExpired(err) {
				t.Errorf("%s: the watch was answered %v", what, err)
			}
			h.expired++
			return
		}
		if space, ok := event.Object.(*v1alpha1.Space); ok && space.Name == toggled && event.Type == want {
			return
		}
	}
	h.missed = append(h.missed, what)
}
