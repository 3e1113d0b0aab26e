// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/pager"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// numberedSpaces creates Spaces of alternating callers, and returns the names of the first one's.
func numberedSpaces(t *testing.T, prefix string, n int, mine, theirs caller) []string {
	t.Helper()
	var names []string
	for i := range n {
		names = append(names, mine.space(t, fmt.Sprintf("%s-%02d-mine", prefix, i), withLabel("parity", []string{"even", "odd"}[i%2])).Name)
		theirs.space(t, fmt.Sprintf("%s-%02d-theirs", prefix, i))
	}
	return names
}

func (c caller) page(t *testing.T, options metav1.ListOptions) (*v1alpha1.SpaceList, []string) {
	t.Helper()
	list := must(spacesOf(c.Clients).List(t.Context(), options))(t)
	var names []string
	for i := range list.Items {
		names = append(names, list.Items[i].Name)
	}
	return list, names
}

// The pages of a list are those of one moment, and count what their reader sees.
func TestVerbsListInPages(t *testing.T) {
	t.Parallel()
	alice, bob := newCaller(t, "verbs-pages-alice", devs), newCaller(t, "verbs-pages-bob", ops)
	names := numberedSpaces(t, "verbs-pages", 7, alice, bob)
	first, got := alice.page(t, metav1.ListOptions{Limit: 3})
	if diff := cmp.Diff(names[:3], got); diff != "" {
		t.Errorf("page 1 (-want +got):\n%s", diff)
	}
	if first.Continue == "" || first.RemainingItemCount == nil || *first.RemainingItemCount != 4 {
		t.Errorf("page 1: %+v", first.ListMeta)
	}

	// Between the pages one appears, one changes and one begins to go.
	alice.space(t, "verbs-pages-04-new")
	alice.kubectl(t, "label", "space", names[4], "parity=none", "--overwrite")
	check(t, spacesOf(alice.Clients).Delete(t.Context(), names[5], metav1.DeleteOptions{}))

	second, got := alice.page(t, metav1.ListOptions{Limit: 3, Continue: first.Continue})
	if diff := cmp.Diff(names[3:6], got); diff != "" {
		t.Errorf("page 2 (-want +got):\n%s", diff)
	}
	if second.ResourceVersion != first.ResourceVersion || second.RemainingItemCount == nil || *second.RemainingItemCount != 1 {
		t.Errorf("page 1: %+v, page 2: %+v", first.ListMeta, second.ListMeta)
	}
	if second.Items[1].Labels["parity"] != "even" || second.Items[2].DeletionTimestamp != nil {
		t.Errorf("page 2 has later changes: %+v", second.Items)
	}
	third, got := alice.page(t, metav1.ListOptions{Limit: 3, Continue: second.Continue})
	if diff := cmp.Diff(names[6:], got); diff != "" || third.Continue != "" || third.RemainingItemCount != nil {
		t.Errorf("page 3: %+v, (-want +got):\n%s", third.ListMeta, diff)
	}
	// A token says where to go on, and lets nobody see more.
	_, got = bob.page(t, metav1.ListOptions{Limit: 2, Continue: first.Continue})
	if diff := cmp.Diff([]string{"verbs-pages-02-theirs", "verbs-pages-03-theirs"}, got); diff != "" {
		t.Errorf("by another's token (-want +got):\n%s", diff)
	}
	selected, got := alice.page(t, metav1.ListOptions{Limit: 2, LabelSelector: "parity=odd"})
	if diff := cmp.Diff([]string{names[1], names[3]}, got); diff != "" || selected.Continue == "" || selected.RemainingItemCount != nil {
		t.Errorf("selected: %+v, (-want +got):\n%s", selected.ListMeta, diff)
	}
	_, got = alice.page(t, metav1.ListOptions{Limit: 2, LabelSelector: "parity=odd", Continue: selected.Continue})
	if diff := cmp.Diff([]string{names[5]}, got); diff != "" {
		t.Errorf("selected, page 2 (-want +got):\n%s", diff)
	}
	moved := refusal{code: http.StatusBadRequest, reason: metav1.StatusReasonBadRequest, message: []string{"specifying resource version is not allowed when using continue"}}
	alice.do(t, call{path: "?limit=2&resourceVersion=1&continue=" + first.Continue}).refused(t, moved)
}

func TestVerbsListInPagesWhileThingsChange(t *testing.T) {
	t.Parallel()
	alice, bob := newCaller(t, "verbs-pager-alice", devs), newCaller(t, "verbs-pager-bob", ops)
	stay := numberedSpaces(t, "verbs-pager", 6, alice, bob)
	ctx, stop := context.WithCancel(t.Context())
	var changing sync.WaitGroup
	defer changing.Wait()
	defer stop()
	changing.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			name := fmt.Sprintf("verbs-pager-%02d-passing", i%7)
			_, _ = spacesOf(alice.Clients).Create(ctx, newSpace(name), metav1.CreateOptions{})
			_ = spacesOf(alice.Clients).Delete(ctx, name, metav1.DeleteOptions{})
			_, _ = spacesOf(bob.Clients).Create(ctx, newSpace(fmt.Sprintf("verbs-pager-%02d-other", i%7)), metav1.CreateOptions{})
		}
	})
	for range 20 {
		pages := pager.New(pager.SimplePageFunc(func(options metav1.ListOptions) (runtime.Object, error) {
			return spacesOf(alice.Clients).List(t.Context(), options)
		}))
		pages.PageSize = 2
		var seen []string
		check(t, pages.EachListItem(t.Context(), metav1.ListOptions{}, func(object runtime.Object) error {
			seen = append(seen, object.(*v1alpha1.Space).Name)
			return nil
		}))
		if !slices.IsSorted(seen) || len(slices.Compact(slices.Clone(seen))) != len(seen) {
			t.Errorf("out of order, or twice: %q", seen)
		}
		seen = slices.DeleteFunc(seen, func(name string) bool { return !slices.Contains(stay, name) && name[len(name)-7:] == "passing" })
		if diff := cmp.Diff(stay, seen); diff != "" {
			t.Errorf("those that stay (-want +got):\n%s", diff)
		}
	}
}
