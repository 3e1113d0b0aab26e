// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// byName returns the way of this name.
func byName(t *testing.T, name string) way {
	t.Helper()
	i := slices.IndexFunc(ways, func(w way) bool { return w.name == name })
	if i < 0 {
		t.Fatalf("there is no way %q", name)
	}
	return ways[i]
}

func TestVerbsAnswerAsForNamespaces(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "verbs-codes-alice", devs)
	space := func(ttl string) fields { return spaceFields("verbs-codes", nil, fields{"ttl": ttl}) }
	applied := byName(t, "apply").call("verbs-codes-applied", spaceFields("verbs-codes-applied", nil, nil))
	const path = "/verbs-codes"
	for _, step := range []struct {
		name string
		call call
		want int
	}{
		{"GET of what is missing", call{path: path}, 404},
		{"PUT of what is missing", call{method: "PUT", path: path, body: space("1h").String()}, 404},
		{"patch of what is missing", call{method: "PATCH", path: path, contentType: mergePatch, body: "{}"}, 404},
		{"DELETE of what is missing", call{method: "DELETE", path: path}, 404},
		{"dry create", call{method: "POST", path: "?dryRun=All", body: space("1h").String()}, 201},
		{"create", call{method: "POST", body: space("1h").String()}, 201},
		{"another create", call{method: "POST", body: space("1h").String()}, 409},
		{"GET", call{path: path}, 200},
		{"PUT", call{method: "PUT", path: path, body: space("2h").String()}, 200},
		{"patch", call{method: "PATCH", path: path, contentType: mergePatch, body: `{"spec":{"ttl":"3h"}}`}, 200},
		{"apply", byName(t, "apply").call("verbs-codes", space("4h")), 200},
		{"create by apply", applied, 201},
		{"the same again", applied, 200},
		{"dry DELETE", call{method: "DELETE", path: path + "?dryRun=All"}, 200},
		{"DELETE", call{method: "DELETE", path: path}, 200},
		{"GET of what is being deleted", call{path: path}, 200},
		{"LIST", call{}, 200},
	} {
		if got := alice.do(t, step.call); got.code != step.want {
			t.Errorf("%s: want %d, have %d %s", step.name, step.want, got.code, got.body)
		}
	}
}

// While a namespace is being deleted there is no way back, nor around.
func TestVerbsOnASpaceThatIsBeingDeleted(t *testing.T) {
	t.Parallel()
	alice, admin := newCaller(t, "verbs-deleted-alice", devs), shared.Admin(t)
	created := alice.space(t, "verbs-deleted", withTTL("2h"))
	hold(t, admin, created.Name)
	deletion := call{method: "DELETE", path: "/verbs-deleted"}
	first := alice.do(t, deletion)
	deleted := first.space(t)
	if first.code != http.StatusOK || deleted.DeletionTimestamp == nil || deleted.Status.Phase != v1alpha1.SpaceTerminating ||
		deleted.UID != created.UID || len(deleted.Finalizers) > 0 || ttl(deleted) != "2h" {
		t.Errorf("DELETE: %d %s", first.code, first.body)
	}
	again := alice.do(t, deletion)
	if second := again.space(t); again.code != http.StatusOK || !second.DeletionTimestamp.Equal(deleted.DeletionTimestamp) {
		t.Errorf("DELETE again: %d %s", again.code, again.body)
	}
	before := alice.get(t, created.Name)
	if before.DeletionTimestamp == nil {
		t.Errorf("GET: %+v", before)
	}
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			want := refusal{code: http.StatusConflict, reason: metav1.StatusReasonConflict,
				message: []string{`spaces.spaces.tenancy.example.io "verbs-deleted"`, "it is being deleted, and cannot be changed any more"}}
			if way.name == "create" || way.name == "dry create" {
				want.reason, want.message = metav1.StatusReasonAlreadyExists, []string{`spaces.spaces.tenancy.example.io "verbs-deleted" already exists`}
			}
			if way.name == "create" {
				want.message = append(want.message, "object is being deleted")
			}
			alice.do(t, way.call("verbs-deleted", spaceFields("verbs-deleted", nil, fields{"ttl": "9h"}))).refused(t, want)
		})
	}
	after := alice.get(t, created.Name)
	if diff := cmp.Diff([]any{before.Spec, before.Status, before.Generation}, []any{after.Spec, after.Status, after.Generation}); diff != "" {
		t.Errorf("the Space has changed (-before +after):\n%s", diff)
	}
}

// The garbage collector knows objects by their UID alone, so that of a Space is not that of its namespace.
func TestVerbsKeepTheUID(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "verbs-uid-alice", devs)
	created := alice.space(t, "verbs-uid", withTTL("2h"))
	behind := namespace(t, "verbs-uid")
	if created.UID == behind.UID || created.UID == "" {
		t.Errorf("the Space has the UID %q, the namespace %q", created.UID, behind.UID)
	}
	if created.ResourceVersion != behind.ResourceVersion || !created.CreationTimestamp.Equal(&behind.CreationTimestamp) {
		t.Errorf("the Space is %+v, the namespace %+v", created.ObjectMeta, behind.ObjectMeta)
	}
	for _, way := range ways {
		if way.creates {
			continue
		}
		changed := alice.do(t, way.call("verbs-uid", spaceFields("verbs-uid", fields{"annotations": fields{"way": way.name}}, nil))).space(t)
		if changed.UID != created.UID || changed.Annotations["way"] != way.name {
			t.Errorf("%s: %+v", way.name, changed.ObjectMeta)
		}
	}
	list := must(spacesOf(alice.Clients).List(t.Context(), metav1.ListOptions{}))(t)
	if len(list.Items) != 1 || list.Items[0].UID != created.UID {
		t.Errorf("LIST: %+v", list.Items)
	}
	if now := namespace(t, "verbs-uid"); now.UID != behind.UID || now.ResourceVersion != list.Items[0].ResourceVersion {
		t.Errorf("the namespace is %+v", now.ObjectMeta)
	}
}

// What changes nothing writes nothing.
func TestVerbsWithoutAChange(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "verbs-noop-alice", devs)
	alice.space(t, "verbs-noop", withTTL("2h"), withLabel("team", "red"))
	same := spaceFields("verbs-noop", fields{"labels": fields{"team": "red"}}, fields{"ttl": "2h"})
	byName := func(name string) call { return byName(t, name).call("verbs-noop", same) }
	alice.do(t, byName("apply"))
	before := alice.get(t, "verbs-noop")
	for name, call := range map[string]call{
		"apply":                 byName("apply"),
		"merge patch":           byName("merge patch"),
		"strategic merge patch": byName("strategic merge patch"),
		"PUT":                   byName("PUT"),
		"PUT of what was read":  {method: "PUT", path: "/verbs-noop", body: alice.do(t, call{path: "/verbs-noop"}).body},
		"empty merge patch":     {method: "PATCH", path: "/verbs-noop", contentType: mergePatch, body: "{}"},
		"empty JSON patch":      {method: "PATCH", path: "/verbs-noop", contentType: jsonPatch, body: "[]"},
		"JSON patch":            {method: "PATCH", path: "/verbs-noop", contentType: jsonPatch, body: `[{"op":"replace","path":"/spec/ttl","value":"2h"}]`},
		"patch of the status":   {method: "PATCH", path: "/verbs-noop", contentType: mergePatch, body: `{"status":null}`},
	} {
		got := alice.do(t, call)
		if got.code != http.StatusOK || got.space(t).ResourceVersion != before.ResourceVersion {
			t.Errorf("%s: %d, want resource version %s: %s", name, got.code, before.ResourceVersion, got.body)
		}
	}
	if diff := cmp.Diff(before, alice.get(t, "verbs-noop")); diff != "" {
		t.Errorf("the Space has changed (-want +got):\n%s", diff)
	}
}

func TestVerbsCountGenerationsOfTheSpec(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "verbs-generation-alice", devs)
	created := alice.space(t, "verbs-generation", withTTL("2h"))
	before, expires := created.Generation, created.Status.ExpiresAt
	for _, step := range []struct {
		patch       string
		want        int64
		wantExpires bool // otherwise than before
	}{
		{`{"metadata":{"labels":{"a":"b"}}}`, 1, false},
		{`{"metadata":{"annotations":{"a":"b"}}}`, 1, false},
		{`{"metadata":{"generation":7}}`, 1, false},
		{`{"status":{"phase":"Terminating"}}`, 1, false},
		{`{"spec":{"ttl":"2h"}}`, 1, false},
		{`{"spec":{"ttl":"3h"}}`, 2, true},
		{`{"spec":{"ttl":"3h0m"}}`, 3, true},
		{`{"spec":{"ttl":"0s"}}`, 4, true},
		{`{"spec":{"ttl":null}}`, 5, true},
		{`{"spec":null}`, 5, true},
	} {
		got := must(spacesOf(alice.Clients).Patch(t.Context(), "verbs-generation", types.MergePatchType, []byte(step.patch), metav1.PatchOptions{}))(t)
		if got.Generation != step.want {
			t.Errorf("%s: want generation %d, have %d", step.patch, step.want, got.Generation)
		}
		if changed := !got.Status.ExpiresAt.Equal(expires); changed != step.wantExpires && before == got.Generation {
			t.Errorf("%s: before it was to expire at %v, now at %v", step.patch, expires, got.Status.ExpiresAt)
		}
		before = got.Generation
	}
	if got := alice.get(t, "verbs-generation").Status.ExpiresAt; got != nil {
		t.Errorf("without a ttl it expires at %v", got)
	}
}

func TestVerbsManageFields(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "verbs-managed-alice", devs)
	spaces := spacesOf(alice.Clients)
	created := must(spaces.Create(t.Context(), newSpace("verbs-managed", withTTL("2h"), withLabel("a", "1")), metav1.CreateOptions{FieldManager: "creator"}))(t)
	updated := created.DeepCopy()
	updated.Annotations = map[string]string{"b": "2"}
	must(spaces.Update(t.Context(), updated, metav1.UpdateOptions{FieldManager: "updater"}))(t)
	applied := alice.do(t, call{method: "PATCH", path: "/verbs-managed?fieldManager=applier", contentType: applyPatch,
		body: spaceFields("verbs-managed", fields{"labels": fields{"c": "3"}}, fields{"ttl": "2h"}).String()}).space(t)

	managers := func(space *v1alpha1.Space) map[string]string {
		result := map[string]string{}
		for _, entry := range space.ManagedFields {
			if entry.APIVersion != "spaces.tenancy.example.io/v1alpha1" || entry.FieldsType != "FieldsV1" || entry.Time == nil || entry.Subresource != "" {
				t.Errorf("an entry of managedFields is %+v", entry)
			}
			result[entry.Manager+" "+string(entry.Operation)] = entry.FieldsV1.String()
		}
		return result
	}
	want := map[string]string{
		"creator Update": `{"f:metadata":{"f:labels":{".":{},"f:a":{}}},"f:spec":{"f:ttl":{}}}`,
		"updater Update": `{"f:metadata":{"f:annotations":{".":{},"f:b":{}}}}`,
		"applier Apply":  `{"f:metadata":{"f:labels":{"f:c":{}}},"f:spec":{"f:ttl":{}}}`,
	}
	for name, space := range map[string]*v1alpha1.Space{"applied": applied, "read": alice.get(t, "verbs-managed")} {
		if diff := cmp.Diff(want, managers(space)); diff != "" {
			t.Errorf("managedFields, %s (-want +got):\n%s", name, diff)
		}
	}
	// Sent back they stay as they are; an empty list of them means a new start.
	back := alice.get(t, "verbs-managed")
	back.Annotations["b"] = "3"
	if diff := cmp.Diff(want, managers(must(spaces.Update(t.Context(), back, metav1.UpdateOptions{FieldManager: "updater"}))(t))); diff != "" {
		t.Errorf("managedFields, sent back (-want +got):\n%s", diff)
	}
	reset := alice.do(t, call{method: "PATCH", path: "/verbs-managed", contentType: mergePatch, body: `{"metadata":{"managedFields":[{}]}}`})
	if left := reset.space(t).ManagedFields; reset.code != http.StatusOK || len(left) > 0 {
		t.Errorf("managedFields, reset: %d %+v", reset.code, left)
	}
}
