// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/utils/ptr"
)

// listed returns the names in a list of eve's, and the list.
func listed(t *testing.T, ctx context.Context, store *Store, opts storage.ListOptions) (string, *corev1.NamespaceList, error) {
	t.Helper()
	if opts.Predicate.GetAttrs == nil {
		limit, token := opts.Predicate.Limit, opts.Predicate.Continue
		opts.Predicate = selecting("")
		opts.Predicate.Limit, opts.Predicate.Continue = limit, token
	}
	opts.Recursive = true
	list := &corev1.NamespaceList{}
	err := store.GetList(as(ctx, "eve"), "/things", opts, list)
	names := make([]string, 0, len(list.Items))
	for _, ns := range list.Items {
		names = append(names, ns.Name)
	}
	return strings.Join(names, " "), list, err
}

func TestGetListShowsWhatTheCallerSees(t *testing.T) {
	for name, tc := range map[string]struct {
		sees []string
		want string
	}{
		"nothing":                         {},
		"some, by name":                   {sees: []string{"c", "a"}, want: "a c"},
		"what exists of what she may see": {sees: []string{"b", "unknown", "hidden"}, want: "b"},
		"everything":                      {sees: []string{"*"}, want: "a b c"},
	} {
		t.Run(name, func(t *testing.T) {
			feed := syncedFeed(t, 20, 5, namespace("c", 2), namespace("a", 3), namespace("b", 4), namespace("hidden", 1))
			feed.SetAccess(sees{"eve": tc.sees}, anyOf{})
			got, list, err := listed(t, t.Context(), storeOf(feed), storage.ListOptions{})
			must(t, err)
			if got != tc.want || list.ResourceVersion != "5" || list.Items == nil {
				t.Errorf("listed %q at %s (items nil: %v), want %q at 5", got, list.ResourceVersion, list.Items == nil, tc.want)
			}
		})
	}
}

func TestGetListPagesStayTheSameWhileThingsChange(t *testing.T) {
	feed := syncedFeed(t, 20, 5, namespace("a", 1), namespace("b", 2), namespace("c", 3), namespace("d", 4))
	feed.SetAccess(sees{"eve": {"a", "c", "d"}}, anyOf{})
	store := storeOf(feed)

	first, page, err := listed(t, t.Context(), store, limited(1, ""))
	must(t, err)
	if first != "a" || ptr.Deref(page.RemainingItemCount, -1) != 2 {
		t.Errorf("the first page has %q and %d remaining, want a and the 2 that she sees", first, ptr.Deref(page.RemainingItemCount, -1))
	}
	must(t, feed.Update(namespace("aa", 6)))
	must(t, feed.Delete(namespace("c", 7)))
	feed.SetAccess(sees{"eve": {"a", "aa", "b", "c"}}, anyOf{})

	second, page, err := listed(t, t.Context(), store, limited(1, page.Continue))
	must(t, err)
	third, page, err := listed(t, t.Context(), store, limited(1, page.Continue))
	must(t, err)
	if second != "b" || third != "c" || page.Continue != "" || page.ResourceVersion != "5" {
		t.Errorf("then %q and %q (continue %q) at %s, want the rows as they were at 5 that she may see now: b and c",
			second, third, page.Continue, page.ResourceVersion)
	}
}

func limited(limit int64, token string) storage.ListOptions {
	return storage.ListOptions{Predicate: storage.SelectionPredicate{Limit: limit, Continue: token}}
}

func TestGetListAtResourceVersions(t *testing.T) {
	const exact, notOlder = metav1.ResourceVersionMatchExact, metav1.ResourceVersionMatchNotOlderThan
	for name, tc := range map[string]struct {
		opts storage.ListOptions
		want string
		fail func(error) bool
	}{
		"unset is the newest":                    {want: "a b"},
		"0 is any":                               {opts: storage.ListOptions{ResourceVersion: "0"}, want: "a b"},
		"not older than an old one":              {opts: storage.ListOptions{ResourceVersion: "3", ResourceVersionMatch: notOlder}, want: "a b"},
		"exactly an old one":                     {opts: storage.ListOptions{ResourceVersion: "5", ResourceVersionMatch: exact}, want: "a"},
		"exactly the newest":                     {opts: storage.ListOptions{ResourceVersion: "6", ResourceVersionMatch: exact}, want: "a b"},
		"exactly one that is forgotten":          {opts: storage.ListOptions{ResourceVersion: "3", ResourceVersionMatch: exact}, fail: apierrors.IsResourceExpired},
		"not older than one that is yet to come": {opts: storage.ListOptions{ResourceVersion: "9", ResourceVersionMatch: notOlder}, fail: storage.IsTooLargeResourceVersion},
		"exactly one that is yet to come":        {opts: storage.ListOptions{ResourceVersion: "9", ResourceVersionMatch: exact}, fail: storage.IsTooLargeResourceVersion},
		"none":                                   {opts: storage.ListOptions{ResourceVersion: "x"}, fail: apierrors.IsBadRequest},
		"a bad token":                            {opts: limited(1, "x"), fail: apierrors.IsBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				feed := syncedFeed(t, 20, 5, namespace("a", 2))
				feed.SetAccess(sees{"eve": {"*"}}, anyOf{})
				must(t, feed.Update(namespace("b", 6)))
				got, _, err := listed(t, t.Context(), storeOf(feed), tc.opts)
				if tc.fail == nil {
					must(t, err)
				} else if !tc.fail(err) {
					t.Errorf("error: %v", err)
				}
				if got != tc.want {
					t.Errorf("listed %q, want %q", got, tc.want)
				}
			})
		})
	}
}

func TestGetListHasATokenForTheRestOfAnExpiredList(t *testing.T) {
	feed := syncedFeed(t, 3, 5, namespace("a", 1), namespace("b", 2), namespace("c", 3))
	feed.SetAccess(sees{"eve": {"*"}}, anyOf{})
	_, page, err := listed(t, t.Context(), storeOf(feed), limited(1, ""))
	must(t, err)
	for revision := range uint64(2 * burst * 3) {
		must(t, feed.Update(namespace("bb", 6+revision)))
	}
	_, _, err = listed(t, t.Context(), storeOf(feed), limited(1, page.Continue))
	if !apierrors.IsResourceExpired(err) {
		t.Fatalf("error: %v, want expired", err)
	}
	rest, _, err := listed(t, t.Context(), storeOf(feed), limited(5, err.(apierrors.APIStatus).Status().Continue))
	must(t, err)
	if rest != "b bb c" {
		t.Errorf("the rest is %q, want what comes after a now", rest)
	}
}

func TestGetListLeavesOutWhatAFilterDoes(t *testing.T) {
	feed := syncedFeed(t, 20, 5, namespace("a", 1), namespace("b", 2))
	feed.SetAccess(sees{"eve": {"*"}}, anyOf{})
	ctx := WithFilter(t.Context(), func(_ context.Context, object runtime.Object) (bool, error) {
		return object.(*corev1.Namespace).Name == "b", nil
	})
	got, _, err := listed(t, ctx, storeOf(feed), storage.ListOptions{})
	must(t, err)
	if got != "b" {
		t.Errorf("listed %q, want b", got)
	}
}

func TestGetAsksForReviewOnlyOfWhatIsNotSeen(t *testing.T) {
	for name, tc := range map[string]struct {
		sees    []string
		allowed bool
		key     string
		want    bool
		reviews int
	}{
		"what is seen is not reviewed":                 {sees: []string{"a"}, key: "/things/a", want: true},
		"what is not seen may be found by review":      {allowed: true, key: "/things/a", want: true, reviews: 1},
		"what is not seen is not found otherwise":      {key: "/things/a", reviews: 1},
		"what does not exist is reviewed all the same": {key: "/things/unknown", reviews: 1},
	} {
		t.Run(name, func(t *testing.T) {
			feed := syncedFeed(t, 20, 5, namespace("a", 1))
			feed.SetAccess(sees{"eve": tc.sees}, anyOf{})
			store, reviews := storeOf(feed), 0
			store.Reviewer = func(context.Context, user.Info, string) (bool, error) {
				reviews++
				return tc.allowed, nil
			}
			out := &corev1.Namespace{}
			err := store.Get(as(t.Context(), "eve"), tc.key, storage.GetOptions{}, out)
			if found := err == nil && out.Name == "a"; found != tc.want || (err != nil && !storage.IsNotFound(err)) {
				t.Errorf("found %v (%v), want %v", found, err, tc.want)
			}
			if reviews != tc.reviews {
				t.Errorf("%d reviews, want %d", reviews, tc.reviews)
			}
		})
	}
}

// Who has a name now is not shown who had it before, unless everything is for the caller to see.
func TestGetListAtARevisionIsOfTheNamespacesThatAreThere(t *testing.T) {
	const exact = metav1.ResourceVersionMatchExact
	mine := func(uid types.UID, revision uint64) *corev1.Namespace {
		ns := namespace("a", revision)
		ns.UID = uid
		return ns
	}
	for caller, want := range map[string]string{"eve": "", "root": "a"} {
		t.Run(caller, func(t *testing.T) {
			feed := syncedFeed(t, 20, 5, mine("bobs", 2))
			feed.SetAccess(sees{"eve": {"a"}, "root": {"*"}}, anyOf{})
			must(t, feed.Delete(mine("bobs", 6)))
			must(t, feed.Update(mine("eves", 7)))
			for key, recursive := range map[string]bool{"/things/": true, "/things/a": false} {
				shown := &corev1.NamespaceList{}
				must(t, storeOf(feed).GetList(as(t.Context(), caller), key, storage.ListOptions{
					Recursive: recursive, Predicate: storage.Everything, ResourceVersion: "5", ResourceVersionMatch: exact,
				}, shown))
				if got := strings.Join(namesIn(shown), " "); got != want {
					t.Errorf("%s is shown %q under %s, want %q", caller, got, key, want)
				}
			}
		})
	}
}

func namesIn(list *corev1.NamespaceList) []string {
	var names []string
	for _, one := range list.Items {
		names = append(names, one.Name)
	}
	return names
}
