// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
)

const (
	jsonPatch  = string(types.JSONPatchType)
	mergePatch = string(types.MergePatchType)
	applyPatch = string(types.ApplyYAMLPatchType)
)

func TestInputOfRequests(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "input-requests-alice", devs)
	alice.space(t, "input-requests", withTTL("2h"))
	const path = "/input-requests"
	good := spaceFields("input-requests-new", nil, nil)
	with := func(key string, value any) string {
		changed := maps.Clone(good)
		changed[key] = value
		return changed.String()
	}
	unsupported := refusal{code: http.StatusUnsupportedMediaType, reason: metav1.StatusReasonUnsupportedMediaType}
	tooLarge := refusal{code: http.StatusRequestEntityTooLarge, reason: metav1.StatusReasonRequestEntityTooLarge, message: []string{"limit is 3145728"}}
	huge := spaceFields("input-requests-new", members{"annotations": members{"a": strings.Repeat("x", 3<<20)}}, nil).String()
	for name, tc := range map[string]struct {
		call call
		want refusal
	}{
		"no body":                    {call{method: "POST"}, badRequest("the object provided is unrecognized (must be of type Space)")},
		"half a body":                {call{method: "POST", body: "{"}, badRequest("must be of type Space", "unexpected end of JSON input")},
		"a list":                     {call{method: "POST", body: "[]"}, badRequest("must be of type Space")},
		"another kind of object":     {call{method: "POST", body: `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"input-requests-new"}}`}, badRequest(`Namespace in version "v1" cannot be handled as a Space`)},
		"an unknown kind":            {call{method: "POST", body: with("kind", "Spaces")}, badRequest(`Spaces in version "v1alpha1" cannot be handled as a Space`)},
		"an unknown version":         {call{method: "POST", body: with("apiVersion", "spaces.tenancy.example.io/v2")}, badRequest(`Space in version "v2" cannot be handled as a Space`)},
		"a number for a text":        {call{method: "POST", body: with("spec", members{"ttl": 5})}, badRequest("cannot unmarshal number", "spec.ttl")},
		"a text for an object":       {call{method: "POST", body: with("spec", "2h")}, badRequest("cannot unmarshal string", "spec")},
		"an unknown field":           {call{method: "POST", path: "?fieldValidation=Strict", body: with("spec", members{"tll": "2h"})}, badRequest("strict decoding error", `unknown field "spec.tll"`)},
		"a field twice":              {call{method: "POST", path: "?fieldValidation=Strict", body: strings.Replace(with("spec", members{"ttl": "2h"}), `"ttl"`, `"ttl":"1h","ttl"`, 1)}, badRequest(`duplicate field "spec.ttl"`)},
		"an unknown field, PUT":      {call{method: "PUT", path: path + "?fieldValidation=Strict", body: spaceFields("input-requests", nil, members{"tll": "2h"}).String()}, badRequest(`unknown field "spec.tll"`)},
		"an unknown field, patched":  {call{method: "PATCH", path: path + "?fieldValidation=Strict", contentType: mergePatch, body: `{"spec":{"tll":"2h"}}`}, invalidPatch(`unknown field "spec.tll"`)},
		"too much":                   {call{method: "POST", body: huge}, tooLarge},
		"too much, PUT":              {call{method: "PUT", path: path, body: huge}, tooLarge},
		"too much, patched":          {call{method: "PATCH", path: path, contentType: mergePatch, body: huge}, tooLarge},
		"too much, applied":          {call{method: "PATCH", path: "/input-requests-new?fieldManager=x", contentType: applyPatch, body: huge}, tooLarge},
		"XML":                        {call{method: "POST", contentType: "application/xml", body: "<space/>"}, unsupported},
		"CBOR":                       {call{method: "POST", contentType: runtime.ContentTypeCBOR, body: "\xa0"}, unsupported},
		"JSON as a patch":            {call{method: "PATCH", path: path, contentType: runtime.ContentTypeJSON, body: "{}"}, unsupported},
		"protobuf that is none":      {call{method: "POST", contentType: runtime.ContentTypeProtobuf, body: "{}"}, badRequest("does not appear to be a protobuf message")},
		"protobuf":                   {call{method: "POST", contentType: runtime.ContentTypeProtobuf, body: protobufSpace}, badRequest("cannot be handled as a Space", "does not implement the protobuf marshalling interface")},
		"a patch that is none":       {call{method: "PATCH", path: path, contentType: mergePatch, body: "{"}, badRequest("invalid JSON patch")},
		"a JSON patch that is none":  {call{method: "PATCH", path: path, contentType: jsonPatch, body: `{"a":"b"}`}, badRequest("cannot unmarshal object")},
		"a JSON patch in the dark":   {call{method: "PATCH", path: path, contentType: jsonPatch, body: `[{"op":"remove","path":"/spec/quota"}]`}, refusal{code: http.StatusUnprocessableEntity, reason: metav1.StatusReasonInvalid}},
		"an apply by nobody":         {call{method: "PATCH", path: path, contentType: applyPatch, body: good.String()}, invalid("fieldManager", "is required for apply patch")},
		"an apply of managedFields":  {call{method: "PATCH", path: path + "?fieldManager=x", contentType: applyPatch, body: spaceFields("input-requests", members{"managedFields": []members{{"manager": "x", "operation": "Apply", "apiVersion": "spaces.tenancy.example.io/v1alpha1"}}}, nil).String()}, badRequest("metadata.managedFields must be nil")},
		"another name, PUT":          {call{method: "PUT", path: path, body: good.String()}, badRequest("the name of the object (input-requests-new) does not match the name on the URL (input-requests)")},
		"another name, patched":      {call{method: "PATCH", path: path, contentType: mergePatch, body: `{"metadata":{"name":"input-requests-new"}}`}, badRequest("does not match the name on the URL")},
		"another name, applied":      {call{method: "PATCH", path: path + "?fieldManager=x", contentType: applyPatch, body: good.String()}, badRequest("does not match the name on the URL")},
		"an unknown dry run":         {call{method: "POST", path: "?dryRun=Some", body: good.String()}, invalid("dryRun", `supported values: "All"`)},
		"an unknown validation":      {call{method: "POST", path: "?fieldValidation=Some", body: good.String()}, invalid("fieldValidation", `"Strict"`)},
		"a manager with a long name": {call{method: "POST", path: "?fieldManager=" + strings.Repeat("x", 129), body: good.String()}, invalid("fieldManager", "may not be more than 128 bytes")},
		"a new creationTimestamp":    {call{method: "PATCH", path: path, contentType: mergePatch, body: `{"metadata":{"uid":"abc"}}`}, invalid("metadata.uid", "field is immutable")},
		"a deletionTimestamp":        {call{method: "PATCH", path: path, contentType: mergePatch, body: `{"metadata":{"deletionTimestamp":"2020-01-01T00:00:00Z"}}`}, invalid("metadata.deletionTimestamp", "field is immutable")},
		"unknown propagation":        {call{method: "DELETE", path: path, body: `{"propagationPolicy":"Some"}`}, invalid("propagationPolicy", "supported values:", `"Orphan"`)},
		"two propagations":           {call{method: "DELETE", path: path, body: `{"propagationPolicy":"Orphan","orphanDependents":true}`}, invalid("propagationPolicy", "cannot be both set")},
		"a deletion of something":    {call{method: "DELETE", path: path, body: good.String()}, badRequest("no kind \"Space\" is registered")},
		"a method of its own":        {call{method: "POST", path: path, body: good.String()}, refusal{code: http.StatusMethodNotAllowed, reason: metav1.StatusReasonMethodNotAllowed}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alice.do(t, tc.call).refused(t, tc.want)
			if left := namespaces(t, "input-requests-"); len(left) > 0 {
				t.Errorf("it left %q", left)
			}
			if got := alice.get(t, "input-requests"); got.Generation != 1 || got.DeletionTimestamp != nil {
				t.Errorf("it changed the Space: %+v", got)
			}
		})
	}
}

func invalidPatch(message ...string) refusal {
	return refusal{code: http.StatusUnprocessableEntity, reason: metav1.StatusReasonInvalid, message: message}
}

// protobufSpace is an envelope with an empty Space.
const protobufSpace = "k8s\x00\x0a\x2b\x0a\x22spaces.tenancy.example.io/v1alpha1\x12\x05Space\x12\x00"

// An object may say a namespace, as that of any cluster-scoped kind: it is dropped.
func TestInputOfANamespace(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "input-namespace-alice", devs)
	for _, way := range ways {
		if way.dry || way.name == "JSON patch" {
			continue
		}
		name := unique("input-namespace")
		if !way.creates {
			alice.space(t, name)
		}
		got := alice.do(t, way.call(name, spaceFields(name, members{"namespace": "default"}, nil)))
		if got.code/100 != 2 || got.space(t).Namespace != "" {
			t.Errorf("%s: %d %s", way.name, got.code, got.body)
		}
	}
	alice.do(t, call{method: "POST", path: "/apis/spaces.tenancy.example.io/v1alpha1/namespaces/default/spaces", body: spaceFields("input-namespace", nil, nil).String()}).
		refused(t, refusal{code: http.StatusNotFound, reason: metav1.StatusReasonNotFound})
}

func TestInputOfLists(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "input-lists-alice", devs)
	alice.space(t, "input-lists")
	forbiddenMatch := func(message string) refusal { return invalid("resourceVersionMatch", message) }
	unparsable := badRequest("invalid resource version", `"abc"`)
	for query, want := range map[string]refusal{
		"labelSelector=a+in+(b":                                     badRequest("unable to parse requirement", "expected: ',' or ')'"),
		"labelSelector=a%3D%3D%3Db":                                 badRequest("unable to parse requirement"),
		"labelSelector=-a":                                          badRequest("name part must consist of alphanumeric characters", "-a"),
		"fieldSelector=metadata.name":                               badRequest("invalid selector: 'metadata.name'"),
		"fieldSelector=spec.ttl%3D2h":                               badRequest(`"spec.ttl" is not a known field selector: only metadata.name and status.phase are`),
		"fieldSelector=metadata.namespace%3Ddefault":                badRequest(`"metadata.namespace" is not a known field selector`),
		"limit=many":                                                badRequest("many"),
		"continue=garbage":                                          badRequest("continue key is not valid"),
		"continue=e30&limit=5":                                      badRequest("continue key is not valid"),
		"resourceVersion=abc":                                       unparsable,
		"resourceVersion=-1":                                        badRequest("invalid resource version", `"-1"`),
		"resourceVersion=abc&resourceVersionMatch=Exact":            unparsable,
		"resourceVersion=abc&resourceVersionMatch=NotOlderThan":     unparsable,
		"resourceVersionMatch=Exact":                                forbiddenMatch("is forbidden unless resourceVersion is provided"),
		"resourceVersionMatch=NotOlderThan":                         forbiddenMatch("is forbidden unless resourceVersion is provided"),
		"resourceVersionMatch=Newest&resourceVersion=1":             forbiddenMatch(`supported values: "Exact", "NotOlderThan"`),
		"resourceVersionMatch=Exact&resourceVersion=0":              forbiddenMatch(`is forbidden for resourceVersion "0"`),
		"resourceVersionMatch=Exact&resourceVersion=1&continue=abc": forbiddenMatch("is forbidden when continue is provided"),
		"resourceVersionMatch=Exact&resourceVersion=1":              {code: http.StatusGone, reason: metav1.StatusReasonExpired, message: []string{"The resourceVersion for the provided list is too old."}},
		"sendInitialEvents=true":                                    invalid("sendInitialEvents", "is forbidden for list"),
		"watch=true&sendInitialEvents=true":                         forbiddenMatch("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"),
		"watch=true&resourceVersionMatch=NotOlderThan":              forbiddenMatch("is forbidden for watch unless sendInitialEvents is provided"),
		"watch=true&fieldSelector=spec.ttl%3D2h":                    badRequest(`"spec.ttl" is not a known field selector`),
	} {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			alice.do(t, call{path: "?" + query}).refused(t, want)
		})
	}
	for name, query := range map[string]string{
		"any":                              "resourceVersion=0",
		"any, said so":                     "resourceVersion=0&resourceVersionMatch=NotOlderThan",
		"not older than one that is there": "resourceVersion=%&resourceVersionMatch=NotOlderThan",
		"not older than one that is there, by default": "resourceVersion=%",
		"exactly one that is there":                    "resourceVersion=%&resourceVersionMatch=Exact",
		"as many as there are, as for all kinds":       "limit=-1",
		"no limit":                                     "limit=0",
		"any, by pages":                                "resourceVersion=0&limit=1",
	} {
		t.Run("of "+name, func(t *testing.T) {
			t.Parallel()
			var list, now metav1.PartialObjectMetadataList
			alice.do(t, call{}).into(t, &now) // that of the Space may be too old by now, with so many tests beside this one
			got := alice.do(t, call{path: "?" + strings.ReplaceAll(query, "%", now.ResourceVersion)})
			got.into(t, &list)
			if got.code != http.StatusOK || len(list.Items) != 1 || list.Items[0].Name != "input-lists" || list.ResourceVersion == "" {
				t.Errorf("%d %s", got.code, got.body)
			}
		})
	}
}

// A list that is to be newer than anything is waited for, but not for long.
func TestInputOfListsOfTheFuture(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "input-future-alice", devs)
	want := refusal{code: http.StatusGatewayTimeout, reason: metav1.StatusReasonTimeout, message: []string{"Timeout: Too large resource version: 999999999999, current: "}}
	var waiting sync.WaitGroup
	for _, query := range []string{"", "&resourceVersionMatch=NotOlderThan", "&resourceVersionMatch=Exact", "&limit=1", "&fieldSelector=metadata.name%3Da"} {
		waiting.Go(func() {
			got := alice.do(t, call{path: "?resourceVersion=999999999999" + query})
			got.refused(t, want)
			if details := got.status(t).Details; details == nil || details.RetryAfterSeconds == 0 {
				t.Errorf("%q: want to be told when to try again, have %s", query, got.body)
			}
		})
	}
	waiting.Wait()
}

func TestInputOfManagedFields(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "input-managed-alice", devs)
	alice.space(t, "input-managed")
	annotations := members{}
	for i := range 220 {
		annotations[fmt.Sprintf("%s.example.com/%d", strings.Repeat("a", 60)+"."+strings.Repeat("b", 60)+"."+strings.Repeat("c", 60), i)] = ""
	}
	body := spaceFields("input-managed", members{"annotations": annotations}, nil).String()
	apply := func(manager string) reply {
		return alice.do(t, call{method: "PATCH", path: "/input-managed?fieldManager=" + manager, contentType: applyPatch, body: body})
	}
	if got := apply("one"); got.code != http.StatusOK {
		t.Fatalf("%d %s", got.code, got.body)
	}
	before := alice.get(t, "input-managed")
	apply("two").refused(t, invalid("metadata.managedFields", "65536 are allowed", "use fewer field managers, or fewer labels and annotations"))
	if diff := cmp.Diff(before, alice.get(t, "input-managed")); diff != "" {
		t.Errorf("the Space has changed (-want +got):\n%s", diff)
	}
}
