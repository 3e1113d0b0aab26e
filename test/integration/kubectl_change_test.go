// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// edit runs kubectl edit with an editor that is a shell script; the script gets the file as its last argument.
func (c caller) edit(t *testing.T, script string, args ...string) said {
	t.Helper()
	editor := filepath.Join(t.TempDir(), "editor")
	if err := os.WriteFile(editor, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	command := exec.CommandContext(t.Context(), shared.Kubectl(), withCache(append([]string{"edit"}, args...))...)
	command.Env = append(command.Environ(), "KUBECONFIG="+shared.Kubeconfig(c.name), "KUBE_EDITOR="+editor)
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	return said{stdout: stdout.String(), stderr: stderr.String(), exit: exitCode(t, err)}
}

func TestKubectlEdit(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "kubectl-edit-alice", devs)
	alice.space(t, "kubectl-edit", withTTL("2h"))
	for name, tc := range map[string]struct {
		script  string
		want    string
		wantTTL string
	}{
		"a change":            {`sed -i 's/ttl: 2h/ttl: 3h/' "$1"`, "space.spaces.tenancy.example.io/kubectl-edit edited\n", "3h"},
		"no change":           {`:`, "Edit cancelled, no changes made.\n", "2h"},
		"a change of nothing": {`sed -i 's/phase: Active/phase: Terminating/' "$1"`, "space.spaces.tenancy.example.io/kubectl-edit edited\n", "2h"},
	} {
		t.Run(name, func(t *testing.T) {
			alice.kubectl(t, "patch", "space", "kubectl-edit", "--type=merge", "-p", `{"spec":{"ttl":"2h"}}`)
			got := alice.edit(t, tc.script, "space", "kubectl-edit")
			if got.stdout+got.stderr != tc.want || got.exit != 0 {
				t.Errorf("want %q, have %+v", tc.want, got)
			}
			edited := alice.get(t, "kubectl-edit")
			if ttl(edited) != tc.wantTTL || edited.Status.Phase != v1alpha1.SpaceActive {
				t.Errorf("want ttl %s of an active Space, have %+v", tc.wantTTL, edited)
			}
		})
	}
	// What is refused is shown to the editor, with the reason.
	alice.kubectl(t, "patch", "space", "kubectl-edit", "--type=merge", "-p", `{"spec":{"ttl":"2h"}}`)
	mended := alice.edit(t, `ttl=-1h; grep -q '^# \* spec.ttl: Invalid value: "-1h": must not be negative' "$1" && ttl=4h; sed -i "s/ttl: .*/ttl: $ttl/" "$1"`,
		"space", "kubectl-edit")
	if got := ttl(alice.get(t, "kubectl-edit")); mended.exit != 0 || got != "4h" {
		t.Errorf("want ttl 4h at the second attempt, have %s: %+v", got, mended)
	}
}

func TestKubectlChange(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "kubectl-change-alice", devs)
	type state struct {
		TTL                 string
		Labels, Annotations map[string]string
		Generation          int64
	}
	label := func(more ...string) map[string]string { return pairs(append(more, "team", "red")...) }
	for name, tc := range map[string]struct {
		args string
		said string
		want state
	}{
		"label":                   {"label space %s env=test", "labeled", state{TTL: "2h", Labels: label("env", "test"), Generation: 1}},
		"label with a new value":  {"label space %s team=blue --overwrite", "labeled", state{TTL: "2h", Labels: pairs("team", "blue"), Generation: 1}},
		"label with the old one":  {"label space %s team=red", "not labeled", state{TTL: "2h", Labels: label(), Generation: 1}},
		"label no more":           {"label space %s team-", "unlabeled", state{TTL: "2h", Generation: 1}},
		"annotate":                {"annotate space %s note=x", "annotated", state{TTL: "2h", Labels: label(), Annotations: pairs("note", "x"), Generation: 1}},
		"merge patch":             {`patch space %s --type=merge -p {"spec":{"ttl":"3h"},"metadata":{"labels":{"team":null}}}`, "patched", state{TTL: "3h", Generation: 2}},
		"merge patch, no change":  {`patch space %s --type=merge -p {"spec":{"ttl":"2h"}}`, "patched (no change)", state{TTL: "2h", Labels: label(), Generation: 1}},
		"strategic merge patch":   {`patch space %s --type=strategic -p {"spec":{"ttl":null},"metadata":{"annotations":{"a":"b"}}}`, "patched", state{Labels: label(), Annotations: pairs("a", "b"), Generation: 2}},
		"the default patch":       {`patch space %s -p {"metadata":{"labels":{"$patch":"replace","only":"this"}}}`, "patched", state{TTL: "2h", Labels: pairs("only", "this"), Generation: 1}},
		"JSON patch":              {`patch space %s --type=json -p [{"op":"test","path":"/spec/ttl","value":"2h"},{"op":"replace","path":"/spec/ttl","value":"0s"}]`, "patched", state{TTL: "0s", Labels: label(), Generation: 2}},
		"JSON patch, no change":   {`patch space %s --type=json -p []`, "patched (no change)", state{TTL: "2h", Labels: label(), Generation: 1}},
		"patch of the status":     {`patch space %s --type=merge -p {"status":{"createdBy":"eve"}}`, "patched (no change)", state{TTL: "2h", Labels: label(), Generation: 1}},
		"patch by a dry run":      {`patch space %s --type=merge -p {"spec":{"ttl":"9h"}} --dry-run=server`, "patched", state{TTL: "2h", Labels: label(), Generation: 1}},
		"label by a dry run":      {`label space %s env=test --dry-run=server`, "labeled (server dry run)", state{TTL: "2h", Labels: label(), Generation: 1}},
		"delete by a dry run":     {`delete space %s --dry-run=server`, "deleted (server dry run)", state{TTL: "2h", Labels: label(), Generation: 1}},
		"strategic, no condition": {`patch space %s -p {"status":{"conditions":[{"$patch":"delete","type":"Ready"}]}}`, "patched (no change)", state{TTL: "2h", Labels: label(), Generation: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			space := alice.space(t, unique("kubectl-change"), withTTL("2h"), withLabel("team", "red")).Name
			contains(t, alice.kubectl(t, strings.Fields(fmt.Sprintf(tc.args, space))...), tc.said)
			changed := alice.get(t, space)
			tc.want.Labels = platformLabels(space, flat(tc.want.Labels)...)
			got := state{TTL: ttl(changed), Labels: changed.Labels, Annotations: changed.Annotations, Generation: changed.Generation}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("the Space (-want +got):\n%s", diff)
			}
			if changed.Status.CreatedBy != "kubectl-change-alice" || len(changed.Status.Conditions) != 1 {
				t.Errorf("the status was changed: %+v", changed.Status)
			}
			checkUntouched(t, space)
		})
	}
}

// pairs returns a map of keys and values that take turns.
func pairs(keysAndValues ...string) map[string]string {
	result := map[string]string{}
	for i := 0; i < len(keysAndValues); i += 2 {
		result[keysAndValues[i]] = keysAndValues[i+1]
	}
	return result
}

// flat is the inverse of pairs.
func flat(pairs map[string]string) []string {
	var keysAndValues []string
	for key, value := range pairs {
		keysAndValues = append(keysAndValues, key, value)
	}
	return keysAndValues
}

func TestKubectlReplace(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "kubectl-replace-alice", devs)
	alice.space(t, "kubectl-replace", withTTL("2h"), withLabel("team", "red"))
	printed := alice.kubectl(t, "get", "space", "kubectl-replace", "-o", "yaml")
	edited := file(t, strings.Replace(printed, "ttl: 2h", "ttl: 3h", 1))

	contains(t, alice.kubectl(t, "replace", "--dry-run=server", "-f", edited), "replaced (server dry run)")
	contains(t, alice.kubectl(t, "replace", "-f", edited), "space.spaces.tenancy.example.io/kubectl-replace replaced")
	contains(t, alice.kubectlFails(t, "replace", "-f", edited), "Error from server (Conflict)", `"kubectl-replace": the object has been modified; please apply your changes to the latest version and try again`)
	if got := alice.get(t, "kubectl-replace"); ttl(got) != "3h" || got.Labels["team"] != "red" || got.Generation != 2 {
		t.Errorf("after kubectl replace: %+v", got)
	}

	// Without a resource version it is whoever comes last.
	contains(t, alice.kubectl(t, "replace", "-f", manifest(t, "name: kubectl-replace")), "replaced")
	if got := alice.get(t, "kubectl-replace"); ttl(got) != "" || got.Labels["team"] != "" || got.Status.ExpiresAt != nil {
		t.Errorf("after another: %+v", got)
	}
	contains(t, alice.kubectlFails(t, "replace", "-f", manifest(t, "name: kubectl-replace-none")),
		`Error from server (NotFound)`, `spaces.spaces.tenancy.example.io "kubectl-replace-none" not found`)
	checkUntouched(t, "kubectl-replace")
}

func TestKubectlCreate(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "kubectl-create-alice", devs)
	generated := manifest(t, "generateName: kubectl-create-generated-")
	seen := map[string]bool{}
	for range 3 {
		made := alice.kubectl(t, "create", "-f", generated)
		matches(t, made, `space\.spaces\.tenancy\.example\.io/kubectl-create-generated-[a-z0-9]{5} created\n`)
		seen[made] = true
	}
	if len(seen) != 3 {
		t.Errorf("three generated names are %v", seen)
	}
	named := manifest(t, "name: kubectl-create-named")
	contains(t, alice.kubectl(t, "create", "-f", named, "-o", "jsonpath={.status.phase}"), "Active")
	contains(t, alice.kubectlFails(t, "create", "-f", named), `Error from server (AlreadyExists)`,
		`spaces.spaces.tenancy.example.io "kubectl-create-named" already exists`)
	contains(t, alice.kubectlFails(t, "create", "-f", manifest(t, "name: kubectl-create-typo", "spec: {tll: 2h}")),
		`Error from server (BadRequest)`, `strict decoding error: unknown field "spec.tll"`)
	if diff := cmp.Diff(alice.names(t), namespaces(t, "kubectl-create-")); diff != "" {
		t.Errorf("namespaces (-Spaces +namespaces):\n%s", diff)
	}
}

func TestKubectlDryRun(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "kubectl-dry-alice", devs)
	file := manifest(t, "name: kubectl-dry, labels: {a: b}", "spec: {ttl: 2h}")
	for name, tc := range map[string]struct{ args, want string }{
		"create":                 {"create --dry-run=server -f " + file, "space.spaces.tenancy.example.io/kubectl-dry created (server dry run)"},
		"create, printed":        {"create --dry-run=server -o jsonpath={.status.createdBy}/{.status.phase}/{.spec.ttl} -f " + file, "kubectl-dry-alice/Provisioning/2h"},
		"create by client":       {"create --dry-run=client -f " + file, "created (dry run)"},
		"generated name":         {"create --dry-run=server -f " + manifest(t, "generateName: kubectl-dry-"), "space.spaces.tenancy.example.io/kubectl-dry-"},
		"apply":                  {"apply --dry-run=server -f " + file, "created (server dry run)"},
		"apply on the server":    {"apply --server-side --dry-run=server -f " + file, "serverside-applied (server dry run)"},
		"creation with an error": {"create --dry-run=server -f " + manifest(t, "name: kubectl-dry.x"), "must not contain dots"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := alice.try(t, strings.Fields(tc.args)...)
			contains(t, got.stdout+got.stderr, tc.want)
			if left := namespaces(t, "kubectl-dry"); len(left) > 0 {
				t.Errorf("it left %q", left)
			}
		})
	}
}
