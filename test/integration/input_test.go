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

// invalid is the refusal of a field. The message must also say what to do.
func invalid(field string, message ...string) refusal {
	return refusal{code: http.StatusUnprocessableEntity, reason: metav1.StatusReasonInvalid, field: field, message: message}
}

func badRequest(message ...string) refusal {
	return refusal{code: http.StatusBadRequest, reason: metav1.StatusReasonBadRequest, message: message}
}

// Whatever is wrong with the fields of a Space is refused in the same way, in whatever way they come.
func TestInputOfFields(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "input-fields-alice", devs)
	for name, tc := range map[string]struct {
		metadata, spec members
		want           refusal
	}{
		"a bad label": {metadata: members{"labels": members{"a": "b c"}},
			want: invalid("metadata.labels", `"b c"`, "a valid label must be an empty string or consist of alphanumeric characters")},
		"a bad key of a label": {metadata: members{"labels": members{"-a": ""}},
			want: invalid("metadata.labels", `"-a"`, "name part must consist of alphanumeric characters")},
		"a bad key of an annotation": {metadata: members{"annotations": members{"a/b/c": ""}},
			want: invalid("metadata.annotations", `"a/b/c"`)},
		"a huge annotation": {metadata: members{"annotations": members{"a": strings.Repeat("x", 70_000)}},
			want: invalid("metadata.annotations", "65536 are allowed", "keep large data in a ConfigMap")},
		"an annotation that is huge when escaped": {metadata: members{"annotations": members{"a": strings.Repeat("<", 12_000)}},
			want: invalid("metadata.annotations", "65536 are allowed")},
		"a gigantic annotation": {metadata: members{"annotations": members{"a": strings.Repeat("x", 300_000)}},
			want: invalid("metadata.annotations", "keep large data in a ConfigMap")},
		"many labels": {metadata: members{"labels": numbered(1200, strings.Repeat("x", 60))},
			want: invalid("metadata.annotations", "labels and annotations take", "65536 are allowed")},
		"a negative ttl":               {spec: members{"ttl": "-1h"}, want: invalid("spec.ttl", `"-1h"`, "must not be negative", `write "0s" for a Space that never expires`)},
		"no ttl":                       {spec: members{"ttl": ""}, want: invalid("spec.ttl", `must be a duration such as "2h"`)},
		"a ttl in words":               {spec: members{"ttl": "two hours"}, want: invalid("spec.ttl", `"two hours"`, `must be a duration such as "2h"`)},
		"a ttl in days":                {spec: members{"ttl": "1d"}, want: invalid("spec.ttl", `"1d"`, `write "24h" for a day`)},
		"a ttl with a space":           {spec: members{"ttl": " 2h"}, want: invalid("spec.ttl", `" 2h"`, `must be a duration such as "2h"`)},
		"a ttl of more than ten years": {spec: members{"ttl": "87601h"}, want: invalid("spec.ttl", "must not be longer than 87600h (ten years)")},
		"a ttl beyond all durations":   {spec: members{"ttl": "9999999999h"}, want: invalid("spec.ttl", `"9999999999h"`)},
		"a ttl that goes on and on":    {spec: members{"ttl": strings.Repeat("1h", 40)}, want: invalid("spec.ttl", "may not be more than 64 characters")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prefix := unique("input-fields")
			existing := alice.space(t, prefix+"-old")
			for _, way := range ways {
				space := prefix + "-new"
				if !way.creates {
					space = existing.Name
				}
				t.Run(way.name, func(t *testing.T) {
					alice.do(t, way.call(space, spaceFields(space, tc.metadata, tc.spec))).refused(t, tc.want)
				})
			}
			if diff := cmp.Diff(existing, alice.get(t, existing.Name)); diff != "" {
				t.Errorf("the Space has changed (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{existing.Name}, namespaces(t, prefix)); diff != "" {
				t.Errorf("namespaces (-want +got):\n%s", diff)
			}
			checkUntouched(t, existing.Name)
		})
	}
}

func numbered(n int, value string) members {
	result := members{}
	for i := range n {
		result[fmt.Sprintf("key-%d", i)] = value
	}
	return result
}

func TestInputOfNames(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "input-names-alice", devs)
	const label = "must consist of lower case alphanumeric characters or '-'"
	for name, want := range map[string]refusal{
		"Input":                            invalid("metadata.name", `"Input"`, label),
		"input_names":                      invalid("metadata.name", `"input_names"`, label),
		"input.names":                      invalid("metadata.name", `"input.names"`, "must not contain dots"),
		"-input-names":                     invalid("metadata.name", `"-input-names"`, label),
		"input-names-":                     invalid("metadata.name", `"input-names-"`, label),
		"ïnput":                            invalid("metadata.name", `"ïnput"`, label),
		strings.Repeat("input-x", 9) + "x": invalid("metadata.name", "must be no more than 63 characters"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := namespaceOrNone(t, name)
			for _, way := range ways {
				if way.creates {
					alice.do(t, way.call(name, spaceFields(name, nil, nil))).refused(t, want)
				}
			}
			if diff := cmp.Diff(before, namespaceOrNone(t, name)); diff != "" {
				t.Errorf("the namespace (-before +after):\n%s", diff)
			}
		})
	}
	longest := strings.Repeat("input-z", 9)
	if created := alice.space(t, longest); created.Name != longest {
		t.Errorf("want a name of 63 characters, have %q", created.Name)
	}
}

func TestInputOfGeneratedNames(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "input-generated-alice", devs)
	for prefix, want := range map[string]refusal{
		"Input-":                      invalid("metadata.generateName", `"Input-"`),
		"input.":                      invalid("metadata.generateName", "must not contain dots"),
		strings.Repeat("input-y", 10): invalid("metadata.generateName", "must be no more than 63 characters"),
	} {
		for _, query := range []string{"", "?dryRun=All"} {
			alice.do(t, call{method: http.MethodPost, path: query, body: spaceFields("", members{"generateName": prefix}, nil).String()}).refused(t, want)
		}
	}
	alice.do(t, call{method: http.MethodPost, body: spaceFields("", nil, nil).String()}).
		refused(t, invalid("metadata.name", "name or generateName is required"))
	// What is added to a long prefix takes the place of its end.
	long := strings.Repeat("input-y", 9)
	made := alice.do(t, call{method: http.MethodPost, body: spaceFields("", members{"generateName": long}, nil).String()})
	if got := made.space(t).Name; made.code != http.StatusCreated || len(got) != 63 || got[:58] != long[:58] {
		t.Errorf("for %q: %d, %q", long, made.code, got)
	}
}

// Whatever a tenant says of the status is not even an error, as for built-in kinds: it does nothing.
func TestInputOfStatus(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "input-status-alice", devs)
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			name := unique("input-status")
			if !way.creates {
				alice.space(t, name, withTTL("2h"))
			}
			space := spaceFields(name, nil, members{"ttl": "2h"})
			space["status"] = members{"createdBy": "eve", "phase": "Terminating", "expiresAt": "2020-01-01T00:00:00Z", "conditions": []members{}}
			got := alice.do(t, way.call(name, space))
			status := got.space(t).Status
			if got.code/100 != 2 || status.CreatedBy != alice.name || status.Phase == "Terminating" || status.ExpiresAt.Year() < 2026 {
				t.Errorf("%d %s", got.code, got.body)
			}
			if strings.Contains(got.body, "f:status") {
				t.Errorf("who sends a status owns it: %s", got.body)
			}
			if !way.dry && (len(status.Conditions) != 1 || status.Phase != "Active") {
				t.Errorf("the status was changed: %+v", status)
			}
		})
	}
}

func TestInputUpToTheLimit(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "input-limit-alice", devs)
	// Both as JSON: null and {"a":""}, and what is between the quotes.
	const room = 65536 - 4 - 8
	for name, tc := range map[string]struct {
		value string
		want  int
	}{
		"full":      {strings.Repeat("x", room), http.StatusCreated},
		"too-full":  {strings.Repeat("x", room+1), http.StatusUnprocessableEntity},
		"escaped":   {strings.Repeat("<", room/6), http.StatusCreated},
		"unescaped": {strings.Repeat("ü", room/2), http.StatusCreated},
	} {
		space := "input-limit-" + name
		got := alice.do(t, call{method: "POST", body: spaceFields(space, members{"annotations": members{"a": tc.value}}, nil).String()})
		if got.code != tc.want {
			t.Errorf("%s: want %d, have %d %.300s", name, tc.want, got.code, got.body)
		}
		if got.code == http.StatusCreated && alice.get(t, space).Annotations["a"] != tc.value {
			t.Errorf("%s: it comes back otherwise", name)
		}
	}
}
