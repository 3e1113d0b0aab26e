// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const deploymentYAML = `# What runs.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: hello
  namespace: shop
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: hello}}
  template:
    metadata: {labels: {app: hello}}
    spec: {containers: [{name: hello, image: "${image}"}]}
`

func configMapYAML(name string) string {
	return "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\ndata:\n  space: ${space}\n"
}

// folder is one with files, whose texts are by their names.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		check(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

// plugged runs one of our plugins, which must succeed, and returns its output.
func (c caller) plugged(t *testing.T, args ...string) string {
	t.Helper()
	got := c.plugin(t, args...)
	if got.exit != 0 {
		t.Fatalf("kubectl %q: %+v", args, got)
	}
	return got.stdout
}

// An administrator keeps a folder, and the template follows it. What others have added to the template stays.
func TestKubectlTemplate(t *testing.T) {
	t.Parallel()
	name := unique("kubectl-template")
	admin := newCaller(t, name+"-admin", "system:masters")
	awaitOpenAPI(t, admin)
	deleteTemplateLater(t, name)
	dir := folder(t, map[string]string{"web.yaml": deploymentYAML, "settings.yaml": configMapYAML("b") + configMapYAML("a")})
	object := "spacetemplate.spaces.tenancy.example.io/" + name
	line := func() string { return admin.kubectl(t, "get", "spacetemplates", name, "--no-headers") }
	apply := func(more ...string) said {
		return admin.plugin(t, append([]string{"space", "template", name, "-f", dir, "--parameter=replicas:integer=2", "--parameter=image"}, more...)...)
	}
	warning := "Warning: the namespace \"shop\" was left out of 1 of 3 manifests: they are for the namespace of the Space.\n"

	for what, tc := range map[string]struct{ arg, want string }{
		"on the client": {"--dry-run=client", " (dry run)"},
		"on the server": {"--dry-run=server", " (server dry run)"},
	} {
		want := said{stdout: object + " serverside-applied" + tc.want + "\n", stderr: warning}
		if diff := cmp.Diff(want, apply(tc.arg), cmp.AllowUnexported(said{})); diff != "" {
			t.Errorf("a dry run %s (-want +got):\n%s", what, diff)
		}
	}
	contains(t, admin.kubectlFails(t, "get", "spacetemplate", name), "NotFound")

	want := said{stdout: object + " serverside-applied\n", stderr: warning}
	if diff := cmp.Diff(want, apply(), cmp.AllowUnexported(said{})); diff != "" {
		t.Fatalf("creating it (-want +got):\n%s", diff)
	}
	contains(t, line(), name+" replicas,image 3 false ")
	matches(t, admin.kubectl(t, "get", "spacetemplate", name, "-o", "jsonpath={.spec.objects[*].metadata}"), `{"name":"b"} {"name":"a"} {"name":"hello"}`)

	admin.kubectl(t, "patch", "spacetemplate", name, "--type=json", "-p", `[{"op":"add","path":"/spec/parameters/1/pattern","value":"[a-z]+"}]`)
	check(t, os.WriteFile(filepath.Join(dir, "settings.yaml"), []byte(configMapYAML("c")), 0o600))
	if got := apply("--reapply"); got.exit != 0 {
		t.Fatalf("changing it: %+v", got)
	}
	contains(t, line(), name+" replicas,image 2 true ")
	matches(t, admin.kubectl(t, "get", "spacetemplate", name, "-o", "jsonpath={.spec.objects[*].metadata.name} {.spec.parameters[*]}"),
		`c hello {"default":"2","name":"replicas","type":"integer"} {"name":"image","pattern":"\[a-z\]\+"}`)

	before := admin.kubectl(t, "get", "spacetemplate", name, "-o", "jsonpath={.metadata.resourceVersion}")
	apply("--reapply")
	if after := admin.kubectl(t, "get", "spacetemplate", name, "-o", "jsonpath={.metadata.resourceVersion}"); after != before {
		t.Errorf("nothing has changed, and the resource version is %s, want %s", after, before)
	}
	if got := apply(); got.exit != 0 {
		t.Fatalf("changing it: %+v", got)
	}
	contains(t, line(), name+" replicas,image 2 false ")
}

// What is printed can be kept in a file, completed by hand and applied like any other manifest. What others have changed by
// hand is taken back on demand only.
func TestKubectlTemplateAsYAML(t *testing.T) {
	t.Parallel()
	name := unique("kubectl-template-yaml")
	admin := newCaller(t, name+"-admin", "system:masters")
	awaitOpenAPI(t, admin)
	deleteTemplateLater(t, name)
	dir := folder(t, map[string]string{"settings.yaml": configMapYAML("a")})
	args := []string{"space", "template", name, "-f", dir, "--parameter=image=nginx"}
	printed := admin.plugged(t, append(args, "--dry-run=client", "-o", "yaml")...)
	if diff := cmp.Diff(`apiVersion: spaces.tenancy.example.io/v1alpha1
kind: SpaceTemplate
metadata:
  name: `+name+`
spec:
  objects:
  - apiVersion: v1
    data:
      space: ${space}
    kind: ConfigMap
    metadata:
      name: a
  parameters:
  - default: nginx
    name: image
status: {}
`, printed); diff != "" {
		t.Errorf("unexpected YAML (-want +got):\n%s", diff)
	}
	contains(t, admin.kubectl(t, "apply", "-f", file(t, printed)), name+" created")
	check(t, os.WriteFile(filepath.Join(dir, "settings.yaml"), []byte(configMapYAML("b")), 0o600))
	contains(t, admin.plugged(t, args...), name+" serverside-applied")
	contains(t, admin.kubectl(t, "get", "spacetemplate", name, "-o", "yaml"), "name: b")

	admin.kubectl(t, "patch", "spacetemplate", name, "--type=json", "-p", `[{"op":"replace","path":"/spec/parameters/0/default","value":"caddy"}]`)
	contains(t, admin.plugin(t, args...).stderr, "(Conflict): Apply failed with 1 conflict: conflict with \"kubectl-patch\"",
		`.spec.parameters[name="image"].default`, "--force-conflicts")
	contains(t, admin.plugged(t, append(args, "--force-conflicts")...), name+" serverside-applied")
	matches(t, admin.kubectl(t, "get", "spacetemplate", name, "-o", "jsonpath={.spec.parameters[0].default}"), "nginx")
}

func TestKubectlTemplateFails(t *testing.T) {
	t.Parallel()
	name := unique("kubectl-template-fails")
	admin, eve := newCaller(t, name+"-admin", "system:masters"), newCaller(t, name+"-eve", devs)
	dir := folder(t, map[string]string{
		"a.yaml": configMapYAML("a"),
		"b.yaml": configMapYAML("b") + "---\napiVersion: v1\nkind: Secret\nmetadata: {name: c}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"${nothing}\"}\n",
		"c.yaml": "apiVersion: v1\nkind: ConfigMap\n",
	})
	got := admin.plugin(t, "space", "template", name, "-f", dir)
	if got.exit != 1 || got.stdout != "" {
		t.Errorf("a wrong folder: %+v", got)
	}
	contains(t, got.stderr, `The SpaceTemplate "`+name+`" is invalid:`,
		"* spec.objects[2].kind: Forbidden: everybody who may list templates would read the Secret",
		"("+filepath.Join(dir, "b.yaml")+", document 2)",
		"* spec.objects[3].metadata.name: Invalid value:", "("+filepath.Join(dir, "b.yaml")+", document 3)",
		"* spec.objects[4].metadata: Required value:", "("+filepath.Join(dir, "c.yaml")+", document 1)")

	dir = folder(t, map[string]string{"a.yaml": "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: a}\n"})
	contains(t, admin.plugin(t, "space", "template", name, "-f", dir).stderr, "is not in a namespace", "("+filepath.Join(dir, "a.yaml")+", document 1)")

	dir = folder(t, map[string]string{"a.yaml": configMapYAML("a")})
	contains(t, eve.plugin(t, "space", "template", name, "-f", dir).stderr,
		"Error from server (Forbidden): spacetemplates.spaces.tenancy.example.io \""+name+"\" is forbidden: User \""+eve.name+"\" cannot manage it")
	contains(t, admin.kubectlFails(t, "get", "spacetemplate", name), "NotFound")
}
