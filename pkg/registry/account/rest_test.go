// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/pkg/namespacestore"
)

// everything is an Access by which everybody sees all.
type everything struct{}

func (everything) Sees(user.Info, string) bool           { return true }
func (everything) Namespaces(user.Info) ([]string, bool) { return nil, true }
func (everything) Identities(user.Info) []any            { return nil }
func (everything) Viewers(string) iter.Seq[any]          { return func(func(any) bool) {} }

// nothing is an AccessChange that concerns nobody.
type nothing struct{}

func (nothing) Namespaces(user.Info) ([]string, bool) { return nil, false }
func (nothing) Viewers() iter.Seq[any]                { return func(func(any) bool) {} }
func (nothing) Concerns(string) bool                  { return false }

// homes are namespaces that can be deleted, several at a time, as a Feed is told.
type homes struct {
	namespacestore.Namespaces

	feed *namespacestore.Feed

	lock    sync.Mutex
	rows    map[string]*corev1.Namespace
	deleted []string
}

func (h *homes) Get(_ context.Context, name string, _ metav1.GetOptions) (*corev1.Namespace, error) {
	h.lock.Lock()
	defer h.lock.Unlock()
	return h.rows[name].DeepCopy(), nil
}

func (h *homes) Delete(_ context.Context, name string, _ metav1.Preconditions) (*corev1.Namespace, error) {
	h.lock.Lock()
	defer h.lock.Unlock()
	h.deleted = append(h.deleted, name)
	gone := h.rows[name].DeepCopy()
	gone.DeletionTimestamp, gone.ResourceVersion = &noon, strconv.Itoa(100+len(h.deleted))
	h.rows[name] = gone
	return gone.DeepCopy(), h.feed.Update(gone.DeepCopy())
}

// spacesOf are how many Spaces are charged to accounts.
type spacesOf struct {
	count   map[string]int
	deleted []string
	fails   error
}

func (s *spacesOf) Count(account string) int { return s.count[account] }

func (s *spacesOf) Condemn(_ context.Context, account string) error {
	s.deleted = append(s.deleted, account)
	return s.fails
}

// serving returns a REST of accounts of these names, and their homes.
func serving(t *testing.T, may rights, charged Charged, names ...string) (*REST, *homes) {
	t.Helper()
	scheme, codecs := testScheme()
	feed := namespacestore.NewFeed(namespacestore.FeedConfig{Mapping: testMapping(), History: 10, Clock: clock.RealClock{}})
	feed.SetAccess(everything{}, nothing{})
	h := &homes{feed: feed, rows: map[string]*corev1.Namespace{}}
	var rows []any
	for at, name := range names {
		home := homeOf(t, accountNamed(name))
		home.ResourceVersion = strconv.Itoa(10 + at)
		h.rows[home.Name] = home
		rows = append(rows, home.DeepCopy())
	}
	if err := feed.Replace(rows, "100"); err != nil {
		t.Fatal(err)
	}
	store := namespacestore.New(namespacestore.Config{
		Resource: Kind.GroupResource(), New: Kind.New, Mapping: testMapping(), Feed: feed, Namespaces: h,
	})
	served, err := NewREST(Config{
		Scheme: scheme, Options: Kind.RESTOptions(store, codecs.LegacyCodec(v1alpha1.SchemeGroupVersion)), Reviewer: may, Charged: charged,
	})
	if err != nil {
		t.Fatal(err)
	}
	return served, h
}

func foreground() *metav1.DeleteOptions {
	return &metav1.DeleteOptions{PropagationPolicy: new(metav1.DeletePropagationForeground)}
}

func background() *metav1.DeleteOptions {
	return &metav1.DeleteOptions{PropagationPolicy: new(metav1.DeletePropagationBackground)}
}

func dryRun(options *metav1.DeleteOptions) *metav1.DeleteOptions {
	options.DryRun = []string{metav1.DryRunAll}
	return options
}

// What is charged to an account outlives it only if somebody says otherwise, and never the other way round.
func TestDelete(t *testing.T) {
	const inTheWay = `3 Space(s): delete them first, or delete it with --cascade=foreground, which deletes them, too`
	no := errors.New("admission says no")
	for name, tc := range map[string]struct {
		charged   int
		options   *metav1.DeleteOptions
		rights    rights
		validate  rest.ValidateObjectFunc
		fails     error
		wantSpace bool
		wantHome  bool
		want      string
	}{
		"an unused account":                       {rights: rights{toDelete}, options: &metav1.DeleteOptions{}, wantHome: true},
		"an unused account in the foreground":     {rights: rights{toDelete}, options: foreground(), wantHome: true},
		"an unused account in a dry run":          {rights: rights{toDelete}, options: dryRun(&metav1.DeleteOptions{})},
		"an account with Spaces":                  {rights: rights{toDelete}, charged: 3, options: &metav1.DeleteOptions{}, want: inTheWay},
		"an account with Spaces in background":    {rights: rights{toDelete}, charged: 3, options: background(), want: inTheWay},
		"an account with Spaces in a dry run":     {rights: rights{toDelete}, charged: 3, options: dryRun(&metav1.DeleteOptions{}), want: inTheWay},
		"an account and its Spaces":               {rights: rights{toDelete}, charged: 3, options: foreground(), wantSpace: true, wantHome: true},
		"an account and its Spaces in a dry run":  {rights: rights{toDelete}, charged: 3, options: dryRun(foreground())},
		"an account whose Spaces stay":            {rights: rights{toDelete}, charged: 3, options: foreground(), fails: errors.New("no luck"), wantSpace: true, want: "no luck"},
		"an account and its Spaces without right": {charged: 3, options: foreground(), want: `User "alice" cannot delete the namespace "account-a"`},
		"an account and its Spaces when admission says no": {
			rights: rights{toDelete}, charged: 3, options: foreground(),
			validate: func(context.Context, runtime.Object) error { return no }, want: no.Error(),
		},
	} {
		t.Run(name, func(t *testing.T) {
			charged := &spacesOf{count: map[string]int{"a": tc.charged, "b": 99}, fails: tc.fails}
			served, h := serving(t, tc.rights, charged, "a", "b")
			object, gone, err := served.Delete(asAlice(t.Context()), "a", tc.validate, tc.options)
			if (err == nil) != (tc.want == "") || (err != nil && !strings.Contains(err.Error(), tc.want)) {
				t.Fatalf("error: %v, want %q in it", err, tc.want)
			}
			if deleted := len(h.deleted) > 0; deleted != tc.wantHome || gone {
				t.Errorf("deleted are the homes %q, at once: %v; want that it is: %v", h.deleted, gone, tc.wantHome)
			}
			if account, ok := object.(*spaces.Account); tc.wantHome && (!ok || account.DeletionTimestamp == nil) {
				t.Errorf("the answer is %v", object)
			}
			// It may be told more than once: of what it has told already there is nothing left.
			if deleted := slices.Compact(charged.deleted); (len(deleted) > 0) != tc.wantSpace || (tc.wantSpace && deleted[0] != "a") {
				t.Errorf("deleted are the Spaces of %q, want that they are: %v", deleted, tc.wantSpace)
			}
		})
	}
}

func TestDeleteCollectionPassesOverWhatMayNotBeDeleted(t *testing.T) {
	served, h := serving(t, rights{toDelete, "delete namespaces account-c/account-c"}, &spacesOf{}, "a", "b", "c")
	_, err := served.DeleteCollection(asAlice(t.Context()), nil, &metav1.DeleteOptions{}, &metainternalversion.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(h.deleted)
	if diff := cmp.Diff([]string{"account-a", "account-c"}, h.deleted); diff != "" {
		t.Errorf("deleted (-want +got):\n%s", diff)
	}
}

func TestWritesPassTheDoor(t *testing.T) {
	served, _ := serving(t, nil, &spacesOf{}, "a")
	ctx := request.WithRequestInfo(request.WithNamespace(asAlice(t.Context()), metav1.NamespaceNone), &request.RequestInfo{
		APIGroup: spaces.GroupName, APIVersion: v1alpha1.SchemeGroupVersion.Version,
	})
	_, creating := served.Create(ctx, accountNamed("new"), nil, &metav1.CreateOptions{})
	changed := accountNamed("a")
	changed.Spec.Subjects = users("bob")
	_, _, updating := served.Update(ctx, "a", rest.DefaultUpdatedObjectInfo(changed), nil, nil, false, &metav1.UpdateOptions{})
	for name, err := range map[string]error{"create": creating, "update": updating} {
		if !apierrors.IsForbidden(err) {
			t.Errorf("%s: %v, want forbidden", name, err)
		}
	}
	if diff := cmp.Diff([]string{"acc"}, served.ShortNames()); diff != "" {
		t.Errorf("short names (-want +got):\n%s", diff)
	}
}
