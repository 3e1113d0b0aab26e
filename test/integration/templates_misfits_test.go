// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"net/http"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// deploymentOf is the manifest of a Deployment with so many replicas, which are JSON.
func deploymentOf(replicas string) string {
	return `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a"},"spec":{"replicas":` + replicas +
		`,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"a","image":"a","ports":[{"containerPort":80}]}]}}}}`
}

// What no cluster can apply is no template.
func TestTemplatesOfMistypedManifests(t *testing.T) {
	t.Parallel()
	admin := caller{shared.Admin(t), "admin"}
	for name, tc := range map[string]struct {
		object, typ string
		field, says string
	}{
		"a number that has to be a text":  {object: `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":1}}`, field: "spec.objects[1].data.a", says: "expected string"},
		"a text that has to be a number":  {object: deploymentOf(`"x"`), field: "spec.objects[1].spec.replicas", says: "expected numeric (int or float), got string"},
		"a parameter that is a text":      {object: deploymentOf(`"${n}"`), typ: "string", field: "spec.objects[1].spec.replicas", says: "got string"},
		"a parameter that is a number":    {object: deploymentOf(`"${n}"`), typ: "integer"},
		"a field that is written wrongly": {object: `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"dota":{"a":"1"}}`, field: "spec.objects[1].dota", says: "field not declared in schema"},
		"what is right":                   {object: deploymentOf("2")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			template := templateFields(unique("templates-misfit"), nil, settings("first"), tc.object)
			template["spec"].(members)["parameters"] = []members{{"name": "n", "type": tc.typ}}
			if tc.typ == "" {
				delete(template["spec"].(members), "parameters")
			}
			got := admin.do(t, dry(call{method: "POST", path: templatesPath, body: template.String()}))
			if tc.field == "" {
				got.succeeded(t)
				return
			}
			got.refused(t, refusal{code: http.StatusUnprocessableEntity, reason: metav1.StatusReasonInvalid, field: tc.field, message: []string{tc.says}})
		})
	}
}
