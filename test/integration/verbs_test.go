// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	applyspacesv1alpha1 "tenancy.example.io/spaces/pkg/generated/applyconfiguration/spaces/v1alpha1"
)

// wayOf returns the way of this name.
func wayOf(t *testing.T, name string) way {
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
	space := func(ttl string) members { return spaceFields("verbs-codes", nil, members{"ttl": ttl}) }
	applied := wayOf(t, "apply").call("verbs-codes-applied", spaceFields("verbs-codes-applied", nil, nil))
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
		{"apply", wayOf(t, "apply").call("verbs-codes", space("4h")), 200},
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
			alice.do(t, way.call("verbs-deleted", spaceFields("verbs-deleted", nil, members{"ttl": "9h"}))).refused(t, want)
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
		changed := alice.do(t, way.call("verbs-uid", spaceFields("verbs-uid", members{"annotations": members{"way": way.name}}, nil))).space(t)
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
	same := spaceFields("verbs-noop", members{"labels": members{"team": "red"}}, members{"ttl": "2h"})
	by := func(name string) call { return wayOf(t, name).call("verbs-noop", same) }
	alice.do(t, by("apply"))
	before := alice.get(t, "verbs-noop")
	for name, call := range map[string]call{
		"apply":                 by("apply"),
		"merge patch":           by("merge patch"),
		"strategic merge patch": by("strategic merge patch"),
		"PUT":                   by("PUT"),
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
		body: spaceFields("verbs-managed", members{"labels": members{"c": "3"}}, members{"ttl": "2h"}).String()}).space(t)

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

// The labels of the namespace are shown, and stay the namespace's, whoever reads the Space and writes it back.
func TestVerbsShowTheLabelsOfTheNamespace(t *testing.T) {
	t.Parallel()
	alice, admin := newCaller(t, "verbs-labels-alice", devs), shared.Admin(t)
	alice.space(t, "verbs-labels", withTTL("2h"), withLabel("mine", "1"), withLabel("both", "mine"))
	patchNamespace(t, admin, "verbs-labels", `{"metadata":{"labels":{"theirs":"1","both":"theirs"}}}`)
	labels := func(keysAndValues ...string) map[string]string {
		return platformLabels("verbs-labels", append(keysAndValues, "mine", "1", "both", "mine")...)
	}
	expect := func(when string, want map[string]string) *v1alpha1.Space {
		t.Helper()
		var got *v1alpha1.Space
		eventually(t, when, func(ctx context.Context) (err error) {
			if got, err = spacesOf(alice.Clients).Get(ctx, "verbs-labels", metav1.GetOptions{}); err != nil {
				return err
			}
			if diff := cmp.Diff(want, got.Labels); diff != "" {
				return fmt.Errorf("labels (-want +got):\n%s", diff)
			}
			return nil
		})
		return got
	}
	read := expect("the namespace's labels are shown", labels("theirs", "1"))
	read.Annotations = map[string]string{"written": "back"}
	written := must(spacesOf(alice.Clients).Update(t.Context(), read, metav1.UpdateOptions{FieldManager: "back"}))(t)
	for _, entry := range written.ManagedFields {
		if strings.Contains(entry.FieldsV1.String(), "theirs") {
			t.Errorf("%s owns what it has only read: %s", entry.Manager, entry.FieldsV1)
		}
	}
	alice.kubectl(t, "label", "space", "verbs-labels", "theirs-")
	expect("it is not the Space's to remove", labels("theirs", "1"))
	patchNamespace(t, admin, "verbs-labels", `{"metadata":{"labels":{"theirs":"2"}}}`)
	expect("a change of it is shown", labels("theirs", "2"))
	patchNamespace(t, admin, "verbs-labels", `{"metadata":{"labels":{"theirs":null,"both":null}}}`)
	expect("its removal is shown", labels())
	checkUntouched(t, "verbs-labels")
}

func TestVerbsValidateFields(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "verbs-validation-alice", devs)
	body := spaceFields("verbs-validation", nil, members{"tll": "2h"}).String()
	for query, want := range map[string]struct {
		code    int
		warning string
	}{
		"":                        {201, ""},
		"&fieldValidation=Ignore": {201, ""},
		"&fieldValidation=Warn":   {201, `299 - "unknown field \"spec.tll\""`},
		"&fieldValidation=Strict": {400, ""},
	} {
		got := alice.do(t, call{method: "POST", path: "?dryRun=All" + query, body: body})
		if got.code != want.code || want.warning != "" && got.header.Get("Warning") != want.warning {
			t.Errorf("%s: want %v, have %d %v %s", query, want, got.code, got.header, got.body)
		}
	}
}

// A name that no Space can have is not an error of the server.
func TestVerbsOnImpossibleNames(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "verbs-names-alice", devs)
	for _, name := range []string{"A.B", "a%2Fb", "..", "%2e%2e", "-", "%00", "%20", "ä", strings.Repeat("x", 300), "spaces", "*"} {
		for _, what := range []call{
			{}, {method: "DELETE"}, {method: "PATCH", contentType: mergePatch, body: "{}"}, {path: "?watch=true&timeoutSeconds=1"},
		} {
			what.path = "/" + name + what.path
			if got := alice.do(t, what); got.code >= 500 {
				t.Errorf("%s %s: %d %s", what.method, what.path, got.code, got.body)
			}
		}
	}
}

// The generated client applies, and finds out what it has applied.
func TestVerbsApplyByClient(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "verbs-client-alice", devs)
	spaces := spacesOf(alice.Clients)
	want := applyspacesv1alpha1.Space("verbs-client").
		WithLabels(map[string]string{"team": "red"}).
		WithSpec(applyspacesv1alpha1.SpaceSpec().WithTTL("2h"))
	applied := must(spaces.Apply(t.Context(), want, metav1.ApplyOptions{FieldManager: "client"}))(t)
	got := must(applyspacesv1alpha1.ExtractSpace(applied, "client"))(t)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what was applied (-want +got):\n%s", diff)
	}
	got.WithSpec(applyspacesv1alpha1.SpaceSpec().WithTTL("3h"))
	changed := must(spaces.Apply(t.Context(), got, metav1.ApplyOptions{FieldManager: "client"}))(t)
	if ttl(changed) != "3h" || changed.Labels["team"] != "red" {
		t.Errorf("applied again: %+v", changed)
	}
	_, err := spaces.Apply(t.Context(), want, metav1.ApplyOptions{FieldManager: "another"})
	if !apierrors.IsConflict(err) || !strings.Contains(err.Error(), `conflict with "client": .spec.ttl`) {
		t.Errorf("applied by another: %v", err)
	}
}
