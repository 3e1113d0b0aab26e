// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// matches checks the whole of the text.
func matches(t *testing.T, text, pattern string) {
	t.Helper()
	if !regexp.MustCompile(`\A(?:` + pattern + `)\z`).MatchString(text) {
		t.Errorf("want a match of\n%s\nhave\n%s", pattern, text)
	}
}

// contains checks that the text says all of this, however it is laid out.
func contains(t *testing.T, text string, wants ...string) {
	t.Helper()
	words := strings.Join(strings.Fields(text), " ")
	for _, want := range wants {
		if !strings.Contains(words, want) {
			t.Errorf("%q is missing from\n%s", want, text)
		}
	}
}

func TestKubectlGet(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "kubectl-get-alice", devs)
	created := alice.kubectl(t, "create", "-f", file(t, strings.Join([]string{
		spaceYAML("name: kubectl-get-one, labels: {team: red}", "spec: {ttl: 2h}"),
		spaceYAML("name: kubectl-get-two"),
	}, "---\n")))
	matches(t, created, `space\.spaces\.tenancy\.example\.io/kubectl-get-one created
space\.spaces\.tenancy\.example\.io/kubectl-get-two created
`)

	const (
		header = `NAME +ACCOUNT +PHASE +EXPIRES +AGE\n`
		one    = `kubectl-get-one +<none> +Active +1\d\dm +\S+\n`
		two    = `kubectl-get-two +<none> +Active +<never> +\S+\n`
	)
	for name, tc := range map[string]struct {
		args string
		want string
	}{
		"a table":                       {"get spaces", header + one + two},
		"the short name":                {"get sp", header + one + two},
		"the singular":                  {"get space kubectl-get-one", header + one},
		"the qualified name":            {"get spaces.v1alpha1.spaces.tenancy.example.io", header + one + two},
		"kind and name":                 {"get space/kubectl-get-two sp/kubectl-get-one", header + two + one},
		"several names":                 {"get sp kubectl-get-two kubectl-get-one", header + two + one},
		"no headers":                    {"get spaces --no-headers", one + two},
		"a wide table":                  {"get spaces -o wide", `NAME +ACCOUNT +PHASE +EXPIRES +AGE +OWNER +TTL\nkubectl-get-one .* kubectl-get-alice +2h\nkubectl-get-two .* kubectl-get-alice +<none>\n`},
		"names":                         {"get spaces -o name", `space\.spaces\.tenancy\.example\.io/kubectl-get-one\nspace\.spaces\.tenancy\.example\.io/kubectl-get-two\n`},
		"custom columns":                {"get spaces -o custom-columns=A:.metadata.name,B:.spec.ttl,C:.status.createdBy", `A +B +C\nkubectl-get-one +2h +kubectl-get-alice\nkubectl-get-two +<none> +kubectl-get-alice\n`},
		"a JSONPath":                    {"get spaces -o jsonpath={.items[*].metadata.name}", `kubectl-get-one kubectl-get-two`},
		"a JSONPath of one":             {"get sp kubectl-get-one -o jsonpath={.spec.ttl}/{.status.conditions[0].type}", `2h/Ready`},
		"a Go template":                 {`get sp -o go-template={{range.items}}{{.metadata.name}},{{end}}`, `kubectl-get-one,kubectl-get-two,`},
		"labels":                        {"get spaces kubectl-get-one --show-labels", `NAME .* LABELS\nkubectl-get-one .* ` + regexp.QuoteMeta(shownLabels("kubectl-get-one")) + `,team=red\n`},
		"a label column":                {"get spaces -L team", `NAME .* TEAM\nkubectl-get-one .* red\nkubectl-get-two .*[sm] +\n`},
		"sorted":                        {"get spaces --sort-by=.spec.ttl", header + two + one},
		"selected by a label":           {"get spaces -l team=red", header + one},
		"selected by no label":          {"get spaces -l !team", header + two},
		"selected by a namespace label": {"get spaces -l kubernetes.io/metadata.name=kubectl-get-two", header + two},
		"selected by name":              {"get spaces --field-selector metadata.name=kubectl-get-one", header + one},
		"selected by another name":      {"get spaces --field-selector metadata.name!=kubectl-get-one", header + two},
		"selected by phase":             {"get spaces --field-selector status.phase=Active", header + one + two},
		"selected by two fields":        {"get spaces --field-selector status.phase=Active,metadata.name=kubectl-get-two", header + two},
		"none selected by phase":        {"get spaces --field-selector status.phase=Terminating", ``},
		"none of that name":             {"get spaces kubectl-get-three --ignore-not-found", ``},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			matches(t, alice.kubectl(t, strings.Fields(tc.args)...), tc.want)
		})
	}
}

func TestKubectlGetPrintsWholeSpaces(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "kubectl-whole-alice", devs)
	alice.space(t, "kubectl-whole", withTTL("90m"))
	want := alice.get(t, "kubectl-whole")
	want.SetGroupVersionKind(v1alpha1.SchemeGroupVersion.WithKind("Space"))
	for _, format := range []string{"yaml", "json"} {
		got := &v1alpha1.Space{}
		printed := alice.kubectl(t, "get", "space", "kubectl-whole", "--show-managed-fields", "-o", format)
		if err := yaml.UnmarshalStrict([]byte(printed), got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the Space as %s (-want +got):\n%s", format, diff)
		}
	}
	contains(t, alice.kubectl(t, "describe", "space", "kubectl-whole"),
		"Name: kubectl-whole", "Spec: Ttl: 90m", "Reason: Provisioned", "Created By: kubectl-whole-alice", "Phase: Active")
}

func TestKubectlGetOfNothing(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "kubectl-nothing-alice", devs)
	for name, tc := range map[string]struct {
		args string
		want said
	}{
		"no Spaces": {"get spaces", said{stderr: "No resources found\n"}},
		"no Space of that name": {"get space kubectl-nothing", said{
			stderr: `Error from server (NotFound): spaces.spaces.tenancy.example.io "kubectl-nothing" not found` + "\n", exit: 1}},
		"an unknown field": {"get spaces --field-selector spec.ttl=2h", said{
			stderr: `Error from server (BadRequest): Unable to find "spaces.tenancy.example.io/v1alpha1, Resource=spaces" that match label selector "", ` +
				`field selector "spec.ttl=2h": "spec.ttl" is not a known field selector: only metadata.name and status.phase are` + "\n", exit: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, alice.try(t, strings.Fields(tc.args)...), cmp.AllowUnexported(said{})); diff != "" {
				t.Errorf("kubectl %s (-want +got):\n%s", tc.args, diff)
			}
		})
	}
}

func TestKubectlGetInChunks(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "kubectl-chunks-alice", devs)
	want := make([]string, 5)
	for i := range want {
		want[i] = fmt.Sprintf("kubectl-chunks-%d", i)
		alice.space(t, want[i])
	}
	got := alice.try(t, "get", "spaces", "--chunk-size=2", "--no-headers", "-o", "custom-columns=N:.metadata.name", "-v=6")
	if diff := cmp.Diff(want, strings.Fields(got.stdout)); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if requests := strings.Count(got.stderr, "limit=2"); requests != 3 {
		t.Errorf("want 3 requests for at most 2 Spaces each, have %d:\n%s", requests, got.stderr)
	}
}

func TestKubectlWatch(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "kubectl-watch-alice", devs)
	alice.space(t, "kubectl-watch-a", withTTL("2h"))
	alice.space(t, "kubectl-watch-b")

	table := alice.follow(t, "get", "spaces", "-w", "-o", "wide")
	table.await(t, "NAME", "ACCOUNT", "PHASE", "EXPIRES", "AGE", "OWNER", "TTL")
	table.await(t, "kubectl-watch-a", "<none>", "Active")
	table.await(t, "kubectl-watch-b", "<none>", "Active", "<never>")
	events := alice.follow(t, "get", "spaces", "-w", "--output-watch-events", "-l", "!hidden")
	events.await(t, "EVENT", "NAME")
	events.await(t, "ADDED", "kubectl-watch-a")
	events.await(t, "ADDED", "kubectl-watch-b")

	alice.kubectl(t, "patch", "space", "kubectl-watch-a", "--type=merge", "-p", `{"spec":{"ttl":"26h"}}`)
	table.await(t, "kubectl-watch-a", "<none>", "Active", "26h")
	events.await(t, "MODIFIED", "kubectl-watch-a", "<none>", "Active", "26h")

	alice.kubectl(t, "label", "space", "kubectl-watch-a", "hidden=yes")
	table.await(t, "kubectl-watch-a", "<none>", "Active", "26h")
	events.await(t, "DELETED", "kubectl-watch-a")

	alice.space(t, "kubectl-watch-c")
	table.await(t, "kubectl-watch-c")
	events.await(t, "ADDED", "kubectl-watch-c")

	alice.kubectl(t, "delete", "space", "kubectl-watch-b")
	table.awaitAfter(t, "kubectl-watch-b", "<none>", "Terminating")
	events.awaitAfter(t, "MODIFIED", "kubectl-watch-b", "<none>", "Terminating")
	events.awaitAfter(t, "DELETED", "kubectl-watch-b", "<none>", "Terminating")
}

// awaitOpenAPI waits until the kube-apiserver has read our OpenAPI, which it does some time after our API is available.
func awaitOpenAPI(t *testing.T, anyone caller) {
	t.Helper()
	eventually(t, "the kube-apiserver has our OpenAPI", func(ctx context.Context) error {
		for _, path := range []string{"/openapi/v2", "/openapi/v3"} {
			index, err := anyone.Kube.Discovery().RESTClient().Get().AbsPath(path).DoRaw(ctx)
			if err != nil {
				return err
			}
			if !strings.Contains(string(index), "apis/spaces.tenancy.example.io/v1alpha1") {
				return fmt.Errorf("it is not in %s", path)
			}
		}
		return nil
	})
}

func TestKubectlExplain(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "kubectl-explain-alice", devs)
	awaitOpenAPI(t, alice)
	for name, tc := range map[string]struct {
		args string
		want []string
	}{
		"the kind":        {"explain space", []string{"KIND: Space", "a view of one namespace", "spec <SpaceSpec>", "status <SpaceStatus>"}},
		"a field":         {"explain space.spec.ttl", []string{"FIELD: ttl <string>", "ttl is how long the Space lives", `"2h"`, "87600h"}},
		"all fields":      {"explain sp --recursive", []string{"spec <SpaceSpec> account <string>", "quota <Quota> hard <map[string]Quantity> template <string> ttl <string>", "createdBy <string>", "expiresAt <string>"}},
		"an account":      {"explain acc.spec", []string{"KIND: Account", "subjects <[]Subject>", "space <SpacePolicy>", "may charge Spaces to the account"}},
		"the cluster":     {"explain clusterquota.spec.space", []string{"KIND: ClusterQuota", "FIELD: space <SpacePolicy>", "maxTTL <string>", "enum: baseline, privileged, restricted"}},
		"an enumeration":  {"explain space.status.phase", []string{"Active", "Provisioning", "Terminating"}},
		"the older model": {"explain space.spec --output=plaintext-openapiv2", []string{"how long the Space lives"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			contains(t, alice.kubectl(t, strings.Fields(tc.args)...), tc.want...)
		})
	}
}

func TestKubectlAPIResources(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "kubectl-resources-alice", devs)
	got := alice.kubectl(t, "api-resources", "--api-group=spaces.tenancy.example.io", "--no-headers", "-o", "wide")
	const version, all = "spaces.tenancy.example.io/v1alpha1", "create,delete,deletecollection,get,list,patch,update,watch"
	want := slices.Concat(
		[]string{"accounts", "acc", version, "false", "Account", all},
		[]string{"clusterquotas", version, "false", "ClusterQuota", "get,list,patch,update,watch"},
		[]string{"spaces", "sp", version, "false", "Space", all},
		[]string{"spacetemplates", "spt", version, "false", "SpaceTemplate", all},
	)
	if diff := cmp.Diff(want, strings.Fields(got)); diff != "" {
		t.Errorf("kubectl api-resources (-want +got):\n%s", diff)
	}
	if versions := strings.Fields(alice.kubectl(t, "api-versions")); !slices.Contains(versions, "spaces.tenancy.example.io/v1alpha1") {
		t.Errorf("kubectl api-versions: %q", versions)
	}
}

func TestKubectlAuthCanI(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "kubectl-cani-alice", devs)
	eve := newCaller(t, "kubectl-cani-eve")
	for verb, wantEve := range map[string]string{"get": "yes\n", "list": "yes\n", "watch": "yes\n", "create": "no\n", "update": "no\n", "patch": "no\n", "delete": "no\n", "deletecollection": "no\n", "manage": "no\n"} {
		wantAlice := "yes\n"
		if verb == "manage" {
			wantAlice = "no\n" // at the front door nobody may
		}
		if got := alice.try(t, "auth", "can-i", verb, "spaces").stdout; got != wantAlice {
			t.Errorf("alice can %s: want %q, have %q", verb, wantAlice, got)
		}
		if got := eve.try(t, "auth", "can-i", verb, "spaces").stdout; got != wantEve {
			t.Errorf("eve can %s: want %q, have %q", verb, wantEve, got)
		}
	}
}

func TestKubectlGetRaw(t *testing.T) {
	t.Parallel()
	eve := newCaller(t, "kubectl-raw-eve")
	awaitOpenAPI(t, eve)
	for name, tc := range map[string]struct {
		path string
		want []string
	}{
		"the groups":        {"/apis", []string{`"name":"spaces.tenancy.example.io"`}},
		"the group":         {"/apis/spaces.tenancy.example.io", []string{`"preferredVersion":{"groupVersion":"spaces.tenancy.example.io/v1alpha1"`}},
		"the resources":     {"/apis/spaces.tenancy.example.io/v1alpha1", []string{`"name":"spaces","singularName":"space","namespaced":false,"kind":"Space"`, `"shortNames":["sp"]`}},
		"OpenAPI v2":        {"/openapi/v2", []string{`"/apis/spaces.tenancy.example.io/v1alpha1/spaces/{name}"`, `v1alpha1.SpaceSpec"`, "how long the Space lives"}},
		"OpenAPI v3, index": {"/openapi/v3", []string{`"apis/spaces.tenancy.example.io/v1alpha1"`}},
		"OpenAPI v3":        {"/openapi/v3/apis/spaces.tenancy.example.io/v1alpha1", []string{`"/apis/spaces.tenancy.example.io/v1alpha1/spaces/{name}"`, "how long the Space lives", `"x-kubernetes-group-version-kind":[{"group":"spaces.tenancy.example.io","kind":"Space","version":"v1alpha1"}]`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			contains(t, eve.kubectl(t, "get", "--raw", tc.path), tc.want...)
		})
	}
}
