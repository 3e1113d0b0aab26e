// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"strings"
	"testing"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// kubectlWrites are what kubectl does with an object that was applied, in the order in which it does so here. TWO is another
// manifest of it. It says so, and "%s" is which dry run it was, where it says that.
var kubectlWrites = []struct{ command, says string }{
	{"apply -f TWO", "configured%s"},
	{"apply -f TWO --server-side --force-conflicts", "serverside-applied%s"},
	{`patch OBJECT --type=strategic --patch={"metadata":{"labels":{"by":"strategic"}}}`, "patched"},
	{`patch OBJECT --type=merge --patch={"metadata":{"labels":{"by":"merge"}}}`, "patched"},
	{`patch OBJECT --type=json --patch=[{"op":"add","path":"/metadata/labels/by","value":"json"}]`, "patched"},
	{"label OBJECT by=label --overwrite", "labeled%s"},
	{"annotate OBJECT by=annotate --overwrite", "annotated%s"},
	{"replace -f TWO", "replaced%s"},
}

// kubectlCannot are those that kubectl does not do by itself to any kind that it does not have compiled in.
var kubectlCannot = map[string]bool{"--server-side --dry-run=client": true, "--type=strategic --dry-run=client": true}

// kubectl works on our kinds as it does on custom resources, and as a dry run on its own or at the server.
func TestKubectlWritesInDryRuns(t *testing.T) {
	t.Parallel()
	name := unique("kubectl-writes")
	admin := newCaller(t, name, "system:masters")
	deleteAccountLater(t, shared.Admin(t), name)
	deleteTemplateLater(t, name)
	for kind, specs := range map[string][2]string{
		"Space":         {`{ttl: 2h}`, `{ttl: 3h, quota: {hard: {pods: "3"}}}`},
		"Account":       {`{subjects: [` + userYAML("a") + `]}`, `{subjects: [` + userYAML("b") + `, ` + userYAML("a") + `], space: {maxTTL: 3h}}`},
		"SpaceTemplate": {`{objects: [` + settings("a") + `]}`, `{objects: [` + settings("b") + `], parameters: [{name: p}]}`},
		"ClusterQuota":  {`{}`, `{space: {maxLifetime: "0s"}}`},
	} {
		t.Run(kind, func(t *testing.T) {
			name := name
			if kind == "ClusterQuota" {
				name = "cluster"
			}
			manifest := func(label, spec string) string {
				return file(t, fmt.Sprintf("apiVersion: %s\nkind: %s\nmetadata: {name: %s, labels: {by: %s}}\nspec: %s\n", v1alpha1.SchemeGroupVersion, kind, name, label, spec))
			}
			one, two := manifest("one", specs[0]), manifest("two", specs[1])
			admin.kubectl(t, "apply", "-f", one)
			for _, write := range kubectlWrites {
				command := strings.NewReplacer("TWO", two, "OBJECT", kind+"/"+name).Replace(write.command)
				for _, dryRun := range []struct{ flag, says string }{{" --dry-run=client", " (dry run)"}, {" --dry-run=server", " (server dry run)"}, {}} {
					admin.writes(t, command+dryRun.flag, strings.ReplaceAll(write.says, "%s", dryRun.says))
				}
			}
		})
	}
	admin.kubectl(t, "patch", "clusterquota", "cluster", "--type=merge", `--patch={"metadata":{"labels":{"by":null}},"spec":{"space":null}}`)
}

func userYAML(name string) string {
	return "{kind: User, apiGroup: rbac.authorization.k8s.io, name: " + name + "}"
}

// writes runs kubectl, which must say so, unless it is what no kubectl can do.
func (c caller) writes(t *testing.T, command, says string) {
	t.Helper()
	for cannot := range kubectlCannot {
		if all := strings.Fields(cannot); strings.Contains(command, all[0]) && strings.Contains(command, all[1]) {
			return
		}
	}
	got := c.try(t, strings.Fields(command)...)
	// What is charged to all Spaces changes while other tests work, and kubectl replaces what it has read.
	for tries := 0; tries < 10 && strings.Contains(got.stderr, "(Conflict)"); tries++ {
		got = c.try(t, strings.Fields(command)...)
	}
	if got.exit != 0 || !strings.Contains(got.stdout, says) {
		t.Errorf("kubectl %s: exit code %d, want %q\n%s%s", command, got.exit, says, got.stdout, got.stderr)
	}
}
