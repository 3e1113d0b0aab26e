// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/storage"
)

// account is a Budget that takes note of everything, and lets nobody say "dear".
type account struct {
	notes []string
}

func (a *account) note(format string, args ...any) {
	a.notes = append(a.notes, fmt.Sprintf(format, args...))
}

var errTooDear = apierrors.NewForbidden(corev1.Resource("things"), "new", errors.New("it is too dear"))

func (a *account) Reserve(_ context.Context, object, old runtime.Object) (Reservation, error) {
	words := func(object runtime.Object) string {
		if object == nil {
			return "nothing"
		}
		return object.(*corev1.Namespace).Annotations["object"]
	}
	a.note("reserve %q for %q", words(object), words(old))
	if words(object) == "dear" {
		return nil, errTooDear
	}
	return a, nil
}

func (a *account) Commit(revision uint64) { a.note("commit %d", revision) }
func (a *account) Rollback()              { a.note("roll back") }
func (a *account) Doubt()                 { a.note("doubt") }

// failing are Namespaces whose writes fail.
type failing struct {
	*memory
	err error
}

func (f failing) Create(ctx context.Context, ns *corev1.Namespace, opts metav1.CreateOptions) (*corev1.Namespace, error) {
	if f.err != nil {
		return nil, f.err
	}
	return f.memory.Create(ctx, ns, opts)
}

func TestWritesAreReserved(t *testing.T) {
	broken := &url.Error{Op: "Post", URL: "https://cluster", Err: errors.New("connection reset")}
	for name, tc := range map[string]struct {
		say  string
		fail error
		want []string
	}{
		"a creation":              {say: "x", want: []string{`reserve "x" for "nothing"`, "commit 6"}},
		"what there is not room":  {say: "dear", want: []string{`reserve "dear" for "nothing"`}},
		"a refusal":               {say: "x", fail: apierrors.NewForbidden(namespacesResource, "new", nil), want: []string{`reserve "x" for "nothing"`, "roll back"}},
		"a name that is taken":    {say: "x", fail: apierrors.NewAlreadyExists(namespacesResource, "new"), want: []string{`reserve "x" for "nothing"`, "roll back"}},
		"too many requests":       {say: "x", fail: apierrors.NewTooManyRequests("later", 1), want: []string{`reserve "x" for "nothing"`, "roll back"}},
		"an error inside":         {say: "x", fail: apierrors.NewInternalError(errors.New("etcd is slow")), want: []string{`reserve "x" for "nothing"`, "doubt"}},
		"a timeout":               {say: "x", fail: apierrors.NewTimeoutError("no answer", 1), want: []string{`reserve "x" for "nothing"`, "doubt"}},
		"a broken connection":     {say: "x", fail: broken, want: []string{`reserve "x" for "nothing"`, "doubt"}},
		"nobody who listens":      {say: "x", fail: &url.Error{Err: syscall.ECONNREFUSED}, want: []string{`reserve "x" for "nothing"`, "roll back"}},
		"a caller who went away":  {say: "x", fail: context.Canceled, want: []string{`reserve "x" for "nothing"`, "doubt"}},
		"a request out of time":   {say: "x", fail: context.DeadlineExceeded, want: []string{`reserve "x" for "nothing"`, "doubt"}},
		"a server that goes away": {say: "x", fail: apierrors.NewServiceUnavailable("bye"), want: []string{`reserve "x" for "nothing"`, "doubt"}},
	} {
		t.Run(name, func(t *testing.T) {
			m, store := newMemory(t)
			budget := &account{}
			store.Namespaces, store.Budget = failing{m, tc.fail}, budget
			err := store.Create(as(t.Context(), "eve"), "/things/new", thing("new", tc.say), &corev1.Namespace{}, 0)
			if succeeds := tc.fail == nil && tc.say != "dear"; (err == nil) != succeeds {
				t.Errorf("error: %v", err)
			}
			if diff := cmp.Diff(tc.want, budget.notes); diff != "" {
				t.Errorf("what the budget was told (-want +got):\n%s", diff)
			}
		})
	}
}

// Each try of an update is reserved, and that of an update which changes nothing is not.
func TestUpdatesAreReserved(t *testing.T) {
	for name, tc := range map[string]struct {
		update storage.UpdateFunc
		race   bool
		want   []string
		fails  bool
	}{
		"an update":                 {update: say("y"), want: []string{`reserve "x y" for "x"`, "commit 7"}},
		"an update after a race":    {update: say("y"), race: true, want: []string{`reserve "x y" for "x"`, "roll back", `reserve "raced y" for "raced"`, "commit 8"}},
		"an update of nothing":      {update: say(""), want: nil},
		"one that there is no room": {update: storage.SimpleUpdate(func(runtime.Object) (runtime.Object, error) { return thing("a", "dear"), nil }), want: []string{`reserve "dear" for "x"`}, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			m, store := newMemory(t, thing("a", "x"))
			budget := &account{}
			store.Budget = budget
			if tc.race {
				m.before = func(string) { m.put(with(m.rows["a"], "raced")) }
			}
			err := store.GuaranteedUpdate(as(t.Context(), "eve"), "/things/a", &corev1.Namespace{}, false, nil, tc.update, nil)
			if (err != nil) != tc.fails {
				t.Errorf("error: %v", err)
			}
			if diff := cmp.Diff(tc.want, budget.notes); diff != "" {
				t.Errorf("what the budget was told (-want +got):\n%s", diff)
			}
		})
	}
}

// A reservation ends even if the write does so in a panic.
func TestReservationsEndInPanics(t *testing.T) {
	m, store := newMemory(t)
	budget := &account{}
	store.Budget = budget
	m.before = func(string) { panic("out of order") }
	func() {
		defer func() { _ = recover() }()
		_ = store.Create(as(t.Context(), "eve"), "/things/new", thing("new", "x"), &corev1.Namespace{}, 0)
	}()
	if diff := cmp.Diff([]string{`reserve "x" for "nothing"`, "doubt"}, budget.notes); diff != "" {
		t.Errorf("what the budget was told (-want +got):\n%s", diff)
	}
}
