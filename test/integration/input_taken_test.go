// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A namespace that was not created as a Space is nobody's to take, whoever sees it and whatever rights they have in it.
func TestInputOfTheNameOfANamespace(t *testing.T) {
	t.Parallel()
	alice, admin := newCaller(t, "input-taken-alice", devs), shared.Admin(t)
	taken := refusal{code: http.StatusConflict, reason: metav1.StatusReasonAlreadyExists, message: []string{"already exists"}}
	missing := refusal{code: http.StatusNotFound, reason: metav1.StatusReasonNotFound, message: []string{"not found"}}
	forbidden := func(message string) refusal {
		return refusal{code: http.StatusForbidden, reason: metav1.StatusReasonForbidden, message: []string{message}}
	}
	unrightful := forbidden(`User "input-taken-alice" cannot manage it, nor update the namespace`)
	unmanaged := forbidden("the namespace was not created as a Space; change it as a namespace")
	for name, tc := range map[string]struct {
		role                   string // of alice in the namespace
		apply, change, removal refusal
	}{
		"hidden": {"", taken, missing, missing},
		"viewed": {"view", unrightful, unrightful, forbidden(`User "input-taken-alice" cannot delete the namespace`)},
		"owned": {"spaces:owner", unmanaged, unmanaged,
			forbidden("the namespace was not created as a Space; delete it as a namespace")},
		"administered": {"cluster-admin", unmanaged, unmanaged,
			forbidden("the namespace was not created as a Space; delete it as a namespace")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			space := "input-taken-" + name
			createNamespace(t, admin, space, map[string]string{"env": "prod"})
			if tc.role != "" {
				bind(t, admin, space, "alice", clusterRole(tc.role), user(alice.name))
				awaitSight(t, alice.Clients, space)
			}
			before := namespace(t, space)
			for _, way := range ways {
				want := tc.change
				switch {
				case way.dry && tc.role == "": // what is hidden is found taken by a write only
					continue
				case way.name == "create", way.name == "dry create":
					want = taken
				case strings.Contains(way.name, "apply"):
					want = tc.apply
				}
				got := alice.do(t, way.call(space, spaceFields(space, members{"labels": members{"a": "b"}}, members{"ttl": "1h"})))
				want.message = append([]string{fmt.Sprintf("spaces.spaces.tenancy.example.io %q", space)}, want.message...)
				t.Run(way.name, func(t *testing.T) { got.refused(t, want) })
			}
			for _, query := range []string{"", "?dryRun=All"} {
				alice.do(t, call{method: "DELETE", path: "/" + space + query}).refused(t, tc.removal)
			}
			if got := alice.do(t, call{method: "DELETE", path: "?fieldSelector=metadata.name%3D" + space}); got.code != http.StatusOK {
				t.Errorf("deletecollection: %d %s", got.code, got.body)
			}
			if diff := cmp.Diff(before, namespace(t, space)); diff != "" {
				t.Errorf("the namespace has changed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestInputOfPreconditions(t *testing.T) {
	t.Parallel()
	alice, bob := newCaller(t, "input-conditions-alice", devs), newCaller(t, "input-conditions-bob", ops)
	space, others := alice.space(t, "input-conditions-a", withTTL("2h")), bob.space(t, "input-conditions-b")
	behind := namespace(t, space.Name)
	conflict := func(message ...string) refusal {
		return refusal{code: http.StatusConflict, reason: metav1.StatusReasonConflict, message: message}
	}
	deletion := func(preconditions members) call {
		return call{method: "DELETE", path: "/" + space.Name, body: members{"preconditions": preconditions}.String()}
	}
	put := func(metadata members) call {
		return call{method: "PUT", path: "/" + space.Name, body: spaceFields(space.Name, metadata, nil).String()}
	}
	patch := func(metadata members) call {
		return call{method: "PATCH", path: "/" + space.Name, contentType: mergePatch, body: members{"metadata": metadata, "spec": members{"ttl": "9h"}}.String()}
	}
	modified := conflict("the object has been modified; please apply your changes to the latest version and try again")
	for name, tc := range map[string]struct {
		call call
		want refusal
	}{
		"deletion of another's UID":          {deletion(members{"uid": others.UID}), conflict("the UID in the precondition", string(others.UID), string(space.UID))},
		"deletion of the namespace's UID":    {deletion(members{"uid": behind.UID}), conflict("the UID in the precondition", string(behind.UID), string(space.UID))},
		"deletion of a UID that is none":     {deletion(members{"uid": "x"}), conflict("the UID in the precondition (x)")},
		"deletion of an older version":       {deletion(members{"resourceVersion": "1"}), conflict("the ResourceVersion in the precondition (1)", space.ResourceVersion)},
		"deletion of another's version":      {deletion(members{"resourceVersion": others.ResourceVersion}), conflict("the ResourceVersion in the precondition")},
		"deletion of a version that is none": {deletion(members{"resourceVersion": "abc"}), conflict("the ResourceVersion in the precondition (abc)")},
		"deletion of one right, one wrong":   {deletion(members{"uid": space.UID, "resourceVersion": "1"}), conflict("the ResourceVersion in the precondition (1)")},
		"PUT of another's UID":               {put(members{"uid": others.UID}), conflict(string(others.UID), string(space.UID))},
		"PUT of the namespace's UID":         {put(members{"uid": behind.UID}), conflict(string(behind.UID), string(space.UID))},
		"PUT of an older version":            {put(members{"resourceVersion": "1"}), modified},
		"PUT of a newer version":             {put(members{"resourceVersion": "999999999999"}), modified},
		"patch of an older version":          {patch(members{"resourceVersion": "1"}), modified},
		"patch of another's UID":             {patch(members{"uid": others.UID}), invalid("metadata.uid", "field is immutable")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alice.do(t, tc.call).refused(t, tc.want)
			if diff := cmp.Diff(space, alice.get(t, space.Name)); diff != "" {
				t.Errorf("the Space has changed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestInputOfRightPreconditions(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "input-right-alice", devs)
	space := alice.space(t, "input-right", withTTL("2h"))
	metadata := members{"uid": space.UID, "resourceVersion": space.ResourceVersion}
	put := alice.do(t, call{method: "PUT", path: "/input-right", body: spaceFields("input-right", metadata, members{"ttl": "3h"}).String()})
	if put.code != http.StatusOK {
		t.Fatalf("PUT: %d %s", put.code, put.body)
	}
	preconditions := members{"uid": space.UID, "resourceVersion": put.space(t).ResourceVersion}
	got := alice.do(t, call{method: "DELETE", path: "/input-right", body: members{"preconditions": preconditions}.String()})
	if got.code != http.StatusOK || got.space(t).DeletionTimestamp == nil {
		t.Errorf("DELETE: %d %s", got.code, got.body)
	}
}

// What kubectl shows of a refusal is the field, what is wrong with it, and what to do.
func TestInputByKubectl(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "input-kubectl-alice", devs)
	alice.space(t, "input-kubectl", withTTL("2h"))
	const refused = `The Space "input-kubectl" is invalid: `
	for name, tc := range map[string]struct{ args, want string }{
		"a name":         {"create -f " + manifest(t, "name: Input-Kubectl-New"), `The Space "Input-Kubectl-New" is invalid: metadata.name: Invalid value: "Input-Kubectl-New": a lowercase RFC 1123 label`},
		"a reserved one": {"create -f " + manifest(t, "name: kube-input-kubectl"), `metadata.name: Forbidden: "kube-input-kubectl" is reserved for the platform (by the pattern "kube-*"): choose another name`},
		"a ttl":          {"apply -f " + manifest(t, "name: input-kubectl-new", "spec: {ttl: 1d}"), `spec.ttl: Invalid value: "1d": must be a duration such as "2h", "1h30m" or "90s"; h is the largest unit, so write "24h" for a day`},
		"a field":        {"apply -f " + manifest(t, "name: input-kubectl-new", "spec: {tll: 1h}"), `strict decoding error: unknown field "spec.tll"`},
		"an unknown field, applied on the server": {"apply --server-side -f " + manifest(t, "name: input-kubectl-new", "spec: {tll: 1h}"), `.spec.tll: field not declared in schema`},
		"finalizers":    {"create -f " + manifest(t, "name: input-kubectl-new, finalizers: [a/b]"), `metadata.finalizers: Forbidden: a Space has no finalizers: remove them`},
		"a label":       {"label space input-kubectl spaces.tenancy.example.io/account=a", `metadata.labels[spaces.tenancy.example.io/account]: Forbidden: keys that start with "spaces.tenancy.example.io/" are set by the platform only: remove it, or choose another prefix`},
		"an annotation": {"annotate space input-kubectl spaces.tenancy.example.io/object={}", `metadata.annotations[spaces.tenancy.example.io/object]: Forbidden: keys that start with`},
		"a patch":       {`patch space input-kubectl -p {"spec":{"ttl":"-1h"}}`, refused + `spec.ttl: Invalid value: "-1h": must not be negative; write "0s" for a Space that never expires`},
		"a finalizer":   {`patch space input-kubectl --type=json -p [{"op":"add","path":"/metadata/finalizers","value":["a/b"]}]`, `metadata.finalizers: Forbidden: a Space has no finalizers`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			contains(t, alice.kubectlFails(t, strings.Fields(tc.args)...), tc.want)
		})
	}
}
