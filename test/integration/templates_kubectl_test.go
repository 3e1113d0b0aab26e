// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"strings"
	"testing"
)

// kubectl needs nothing of its own for templates.
func TestTemplatesByKubectl(t *testing.T) {
	t.Parallel()
	name := unique("templates-kubectl")
	admin, eve := newCaller(t, name+"-admin", "system:masters"), newCaller(t, name+"-eve")
	awaitOpenAPI(t, eve)
	const template = `apiVersion: spaces.tenancy.example.io/v1alpha1
kind: SpaceTemplate
metadata: {name: %s}
spec:
  reapply: true
  parameters:
  - {name: replicas, type: integer, default: "1"}
  - {name: image, pattern: "[a-z]+"}
  objects:
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: hello}
    spec:
      replicas: ${replicas}
      selector: {matchLabels: {app: hello}}
      template:
        metadata: {labels: {app: hello}}
        spec: {containers: [{name: hello, image: "${image}"}]}
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: hello}, data: {space: "${space}"}}
`
	manifest := file(t, fmt.Sprintf(template, name))
	deleteTemplateLater(t, name)
	object := "spacetemplate.spaces.tenancy.example.io/" + name + " "
	for _, step := range []struct{ args, want []string }{
		{[]string{"apply", "-f", manifest, "--dry-run=server"}, []string{object + "created (server dry run)"}},
		{[]string{"apply", "-f", manifest}, []string{object + "created"}},
		{[]string{"apply", "-f", manifest}, []string{object + "unchanged"}},
		{[]string{"diff", "-f", manifest}, nil},
		{[]string{"apply", "-f", manifest, "--server-side", "--force-conflicts"}, []string{object + "serverside-applied"}},
		{[]string{"get", "spacetemplates", name}, []string{"NAME PARAMETERS OBJECTS REAPPLY AGE", name + " replicas,image 2 true "}},
		{[]string{"get", "spt", name, "-o", "jsonpath={.spec.objects[1].data.space}"}, []string{"${space}"}},
		{[]string{"label", "spacetemplate", name, "a=b"}, []string{object + "labeled"}},
		{[]string{"patch", "spacetemplate", name, "--type=json", "-p", `[{"op":"remove","path":"/spec/objects/0"},{"op":"remove","path":"/spec/parameters"}]`}, []string{object + "patched"}},
		{[]string{"get", "spacetemplates", name, "--no-headers"}, []string{name + " <none> 1 true "}},
	} {
		contains(t, admin.kubectl(t, step.args...), step.want...)
	}
	contains(t, eve.kubectl(t, "get", "spacetemplates", name, "--no-headers"), name+" <none> 1 true ")
	contains(t, eve.kubectl(t, "explain", "spacetemplate.spec"), "KIND: SpaceTemplate", "objects <[]RawExtension>", "parameters <[]TemplateParameter>", "reapply <boolean>", "manifests of namespaced objects")
	contains(t, eve.kubectl(t, "explain", "spt.spec.parameters.type"), "FIELD: type <string> ENUM: boolean integer string")
	contains(t, eve.kubectlFails(t, "create", "-f", manifest), "forbidden")

	watching := eve.follow(t, "get", "spacetemplate", name, "--watch", "--output-watch-events", "--no-headers")
	watching.await(t, "ADDED", name)
	waiting := eve.start(t, "wait", "--for=delete", "spacetemplate/"+name, "--timeout=60s")
	contains(t, admin.kubectl(t, "delete", "spacetemplate", name), "deleted")
	watching.await(t, "DELETED", name)
	// It may have begun to wait when there was nothing to wait for any more.
	if got := waiting(); got.exit != 0 && !strings.Contains(got.stderr, "NotFound") {
		t.Errorf("kubectl wait: %+v", got)
	}
	contains(t, admin.kubectlFails(t, "delete", "spacetemplate", name), "NotFound")
}
