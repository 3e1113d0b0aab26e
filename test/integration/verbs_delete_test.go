// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// Options of a deletion that say how dependents go are accepted, and make no difference: they go with the namespace.
func TestVerbsDeleteWithOptions(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "verbs-options-alice", devs)
	for name, tc := range map[string]struct{ query, body string }{
		"background":      {"", `{"propagationPolicy":"Background"}`},
		"foreground":      {"", `{"propagationPolicy":"Foreground"}`},
		"orphan":          {"", `{"propagationPolicy":"Orphan"}`},
		"orphan-of-old":   {"", `{"orphanDependents":true}`},
		"of-our-group":    {"", `{"kind":"DeleteOptions","apiVersion":"spaces.tenancy.example.io/v1alpha1","propagationPolicy":"Foreground"}`},
		"of-the-core":     {"", `{"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":30}`},
		"at-once":         {"?gracePeriodSeconds=0", ""},
		"policy-in-query": {"?propagationPolicy=Foreground", ""},
	} {
		space := alice.space(t, "verbs-options-"+name)
		got := alice.do(t, call{method: "DELETE", path: "/" + space.Name + tc.query, body: tc.body})
		deleted := got.space(t)
		if got.code != http.StatusOK || deleted.DeletionTimestamp == nil || len(deleted.Finalizers) > 0 || deleted.UID != space.UID {
			t.Errorf("%s: %d %s", name, got.code, got.body)
		}
		if behind := namespace(t, space.Name); behind.DeletionTimestamp == nil || len(behind.Finalizers) > 0 {
			t.Errorf("%s: the namespace is %+v", name, behind.ObjectMeta)
		}
	}
}

func TestVerbsDeleteCollection(t *testing.T) {
	t.Parallel()
	alice, bob, admin := newCaller(t, "verbs-collection-alice", devs), newCaller(t, "verbs-collection-bob", ops), shared.Admin(t)
	red, blue := withLabel("team", "red"), withLabel("team", "blue")
	alice.space(t, "verbs-collection-a", red)
	alice.space(t, "verbs-collection-b", blue)
	bob.space(t, "verbs-collection-c", red)
	bob.space(t, "verbs-collection-d", red)
	bind(t, admin, "verbs-collection-c", "alice", clusterRole("edit"), user(alice.name))
	createNamespace(t, admin, "verbs-collection-e", map[string]string{"team": "red"})
	bind(t, admin, "verbs-collection-e", "alice", clusterRole("cluster-admin"), user(alice.name))
	awaitSight(t, alice.Clients, "verbs-collection-c", "verbs-collection-e")

	for _, tc := range []struct {
		query string
		want  []string // what is answered
		gone  []string // what is being deleted then
	}{
		{"?labelSelector=team%3Dred&dryRun=All", []string{"verbs-collection-a"}, nil},
		{"?fieldSelector=status.phase%3DTerminating", nil, nil},
		{"?labelSelector=team%3Dred", []string{"verbs-collection-a"}, []string{"verbs-collection-a"}},
		{"", []string{"verbs-collection-a", "verbs-collection-b"}, []string{"verbs-collection-a", "verbs-collection-b"}},
	} {
		got := alice.do(t, call{method: "DELETE", path: tc.query})
		var answered v1alpha1.SpaceList
		got.into(t, &answered)
		var names []string
		for i := range answered.Items {
			names = append(names, answered.Items[i].Name)
		}
		if diff := cmp.Diff(tc.want, names); diff != "" || got.code != http.StatusOK {
			t.Errorf("DELETE %s: %d, names (-want +got):\n%s", tc.query, got.code, diff)
		}
		if diff := cmp.Diff(tc.gone, terminating(t, "verbs-collection-")); diff != "" {
			t.Errorf("after DELETE %s, what is being deleted (-want +got):\n%s", tc.query, diff)
		}
	}
}

// terminating returns the names of the namespaces with the prefix that are being deleted.
func terminating(t *testing.T, prefix string) []string {
	t.Helper()
	var names []string
	for _, name := range namespaces(t, prefix) {
		if namespace(t, name).DeletionTimestamp != nil {
			names = append(names, name)
		}
	}
	return names
}

func TestVerbsDryRun(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "verbs-dryrun-alice", devs)
	before := alice.space(t, "verbs-dryrun", withTTL("2h"))
	changed := spaceFields("verbs-dryrun", members{"labels": members{"a": "b"}}, members{"ttl": "3h"}).String()
	for name, tc := range map[string]struct {
		call call
		code int
		want string // ttl of the answer
	}{
		"create":                {call{method: "POST", path: "?dryRun=All", body: spaceFields("verbs-dryrun-new", nil, members{"ttl": "3h"}).String()}, 201, "3h"},
		"create of what exists": {call{method: "POST", path: "?dryRun=All", body: changed}, 409, ""},
		"PUT":                   {call{method: "PUT", path: "/verbs-dryrun?dryRun=All", body: changed}, 200, "3h"},
		"merge patch":           {call{method: "PATCH", path: "/verbs-dryrun?dryRun=All", contentType: mergePatch, body: changed}, 200, "3h"},
		"apply":                 {call{method: "PATCH", path: "/verbs-dryrun?dryRun=All&fieldManager=x&force=true", contentType: applyPatch, body: changed}, 200, "3h"},
		"creating apply":        {call{method: "PATCH", path: "/verbs-dryrun-new?dryRun=All&fieldManager=x", contentType: applyPatch, body: spaceFields("verbs-dryrun-new", nil, members{"ttl": "3h"}).String()}, 201, "3h"},
		"PUT of an old version": {call{method: "PUT", path: "/verbs-dryrun?dryRun=All", body: spaceFields("verbs-dryrun", members{"resourceVersion": "1"}, nil).String()}, 409, ""},
		"DELETE":                {call{method: "DELETE", path: "/verbs-dryrun?dryRun=All"}, 200, "2h"},
		"DELETE by its body":    {call{method: "DELETE", path: "/verbs-dryrun", body: `{"dryRun":["All"]}`}, 200, "2h"},
		"DELETE of another":     {call{method: "DELETE", path: "/verbs-dryrun", body: `{"dryRun":["All"],"preconditions":{"uid":"x"}}`}, 409, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := alice.do(t, tc.call)
			if got.code != tc.code {
				t.Fatalf("want %d, have %d %s", tc.code, got.code, got.body)
			}
			if tc.want != "" && ttl(got.space(t)) != tc.want {
				t.Errorf("want ttl %s, have %s", tc.want, got.body)
			}
			if diff := cmp.Diff(before, alice.get(t, "verbs-dryrun")); diff != "" {
				t.Errorf("the Space has changed (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{"verbs-dryrun"}, namespaces(t, "verbs-dryrun")); diff != "" {
				t.Errorf("namespaces (-want +got):\n%s", diff)
			}
		})
	}
}

func TestVerbsDryDeleteCollection(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "verbs-drydc-alice", devs)
	alice.space(t, "verbs-drydc-a")
	alice.space(t, "verbs-drydc-b")
	check(t, spacesOf(alice.Clients).DeleteCollection(t.Context(), metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}, metav1.ListOptions{}))
	if gone := terminating(t, "verbs-drydc-"); len(gone) > 0 {
		t.Errorf("it deleted %q", gone)
	}
}

// The roles by which somebody has deleted a Space go before it does. To delete it once more is answered as the first time, to
// those who see it still, and changes nothing.
func TestVerbsDeleteAgain(t *testing.T) {
	t.Parallel()
	name := unique("verbs-again")
	alice, bob, eve, admin := newCaller(t, name+"-alice", devs), newCaller(t, name+"-bob", ops), newCaller(t, name+"-eve", ops), shared.Admin(t)
	space := alice.space(t, name)
	bind(t, admin, name, "bob", clusterRole("view"), user(bob.name))
	awaitSight(t, bob.Clients, name)
	hold(t, admin, name)
	bob.do(t, call{method: "DELETE", path: "/" + name}).refused(t, forbidden("cannot delete the namespace"))
	first := alice.do(t, call{method: "DELETE", path: "/" + name}).space(t)
	eventually(t, "the roles in the Space are gone", func(ctx context.Context) error {
		bindings, err := admin.Kube.RbacV1().RoleBindings(name).List(ctx, metav1.ListOptions{})
		if err == nil && len(bindings.Items) > 0 {
			err = fmt.Errorf("there are %d", len(bindings.Items))
		}
		return err
	})
	for _, seeing := range []caller{alice, bob} {
		for _, path := range []string{"", "?dryRun=All", "?propagationPolicy=Foreground", "?gracePeriodSeconds=0"} {
			got := seeing.do(t, call{method: "DELETE", path: "/" + name + path})
			if got.code != http.StatusOK || got.space(t).UID != space.UID || !got.space(t).DeletionTimestamp.Equal(first.DeletionTimestamp) {
				t.Errorf("%s deletes it again with %q: %d %s", seeing.name, path, got.code, got.body)
			}
		}
		seeing.do(t, call{method: "DELETE", path: "/" + name, body: `{"preconditions":{"uid":"other"}}`}).
			refused(t, refusal{code: http.StatusConflict, reason: metav1.StatusReasonConflict})
		seeing.do(t, merge("/"+name, `{"metadata":{"labels":{"a":"b"}}}`)).refused(t, forbidden("cannot manage it"))
	}
	eve.do(t, call{method: "DELETE", path: "/" + name}).refused(t, refusal{code: http.StatusNotFound, reason: metav1.StatusReasonNotFound})
	if behind := namespace(t, name); !behind.DeletionTimestamp.Equal(first.DeletionTimestamp) {
		t.Errorf("the namespace is being deleted since %v, want %v", behind.DeletionTimestamp, first.DeletionTimestamp)
	}
}
