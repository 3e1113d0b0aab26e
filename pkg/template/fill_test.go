// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

func TestFillTexts(t *testing.T) {
	testCases := map[string]struct {
		text  string
		given map[string]string
		want  any
	}{
		"text stays as it is":                     {text: "a $b", want: "a $b"},
		"a default is filled in":                  {text: "${s}", want: "text"},
		"a value takes its place":                 {text: "${s}", given: map[string]string{"s": "x"}, want: "x"},
		"an empty one as well":                    {text: "a${s}", given: map[string]string{"s": ""}, want: "a"},
		"several are filled in":                   {text: "${s}-${n}-${b}-${s}", want: "text-7-true-text"},
		"the Space and its account are there":     {text: "${space}.${account}", want: "dev.team-a"},
		"an integer becomes a number":             {text: "${n}", given: map[string]string{"n": "-3"}, want: int64(-3)},
		"the largest one does":                    {text: "${n}", given: map[string]string{"n": "9223372036854775807"}, want: int64(9223372036854775807)},
		"a boolean becomes one":                   {text: "${b}", given: map[string]string{"b": "false"}, want: false},
		"an integer in a text is text":            {text: "${n}m", want: "7m"},
		"a boolean in a text is text":             {text: " ${b}", want: " true"},
		"text that looks like a number is text":   {text: "${s}", given: map[string]string{"s": "7"}, want: "7"},
		"text that looks like a manifest is text": {text: "${s}", given: map[string]string{"s": `"}, "kind": "Secret`}, want: `"}, "kind": "Secret`},
		"a value is not filled in":                {text: "${s}", given: map[string]string{"s": "${n}"}, want: "${n}"},
		"nor one that is escaped":                 {text: "${s}", given: map[string]string{"s": "$${n}"}, want: "$${n}"},
		"nor what two of them make":               {text: "${s}{n}", given: map[string]string{"s": "$"}, want: "${n}"},
		"what is escaped is written":              {text: "$${s} is ${s}", want: "${s} is text"},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			objects, err := Fill(specOf(configMap("a", `"a":[{"b":`+quoted(t, tc.text)+`}]`)), spaceWith(tc.given))
			if err != nil {
				t.Fatalf("unexpected error: %v", err)
			}
			want := map[string]any{
				"apiVersion": "v1", "kind": "ConfigMap",
				"metadata": map[string]any{"name": "a", "namespace": "dev"},
				"data":     map[string]any{"a": []any{map[string]any{"b": tc.want}}},
			}
			if diff := cmp.Diff(want, objects[0].Object); diff != "" {
				t.Errorf("unexpected object (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFillObjects(t *testing.T) {
	deployment := `{"apiVersion":"apps/v1","kind":"Deployment",
		"metadata":{"name":"${s}-web","creationTimestamp":null,"labels":{"team":"${account}"}},
		"spec":{"replicas":"${n}","paused":"${b}","ratio":0.5,"count":9007199254740993,"none":null,"list":["${s}",1]},"status":{"replicas":3}}`
	spec := specOf(deployment, configMap("a", ""))
	spec.Objects = append(spec.Objects, runtime.RawExtension{Raw: []byte(configMap("0", ""))})
	before := spec.DeepCopy()
	space := spaceWith(map[string]string{"s": "my", "n": "2"})
	spaceBefore := space.DeepCopy()

	objects, err := Fill(spec, space)
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
	var names []string
	for _, object := range objects {
		names = append(names, object.GetNamespace()+"/"+object.GetName())
	}
	if diff := cmp.Diff([]string{"dev/my-web", "dev/a", "dev/0"}, names); diff != "" {
		t.Errorf("unexpected objects (-want +got):\n%s", diff)
	}
	want := map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": map[string]any{"name": "my-web", "namespace": "dev", "labels": map[string]any{"team": "team-a"}},
		"spec": map[string]any{
			"replicas": int64(2), "paused": true, "ratio": 0.5, "count": int64(9007199254740993), "none": nil, "list": []any{"my", int64(1)},
		},
	}
	if diff := cmp.Diff(want, objects[0].Object); diff != "" {
		t.Errorf("unexpected object (-want +got):\n%s", diff)
	}
	objects[0].SetName("mine")
	if diff := cmp.Diff(before, spec) + cmp.Diff(spaceBefore, space); diff != "" {
		t.Errorf("what was given has changed (-before +after):\n%s", diff)
	}
}

func TestFillRefuses(t *testing.T) {
	testCases := map[string]struct {
		spec  *spaces.SpaceTemplateSpec
		given map[string]string
		want  []string
	}{
		"nothing if there is nothing": {
			spec: &spaces.SpaceTemplateSpec{},
		},
		"wrong parameters": {
			spec:  specOf(configMap("a", "")),
			given: map[string]string{"n": "many", "x": "y"},
			want:  []string{"spec.parameters[x]: Forbidden: the template has no such parameter", "spec.parameters[n]: Invalid value: must be a whole number"},
		},
		"a wrong template": {
			spec: specOf(configMap("a", `"a":"${x}"`), manifestOf("v1", "Secret", "a")),
			want: []string{
				`spec.template: Invalid value: the template is wrong, and has to be mended: spec.objects[0].data.a: Invalid value: "${x}": the template has no parameter "x"`,
				"spec.template: Invalid value: the template is wrong, and has to be mended: spec.objects[1].kind: Forbidden: everybody",
			},
		},
		"a template that declares what is always there": {
			spec: &spaces.SpaceTemplateSpec{Parameters: []spaces.TemplateParameter{{Name: "space", Default: new("x")}}},
			want: []string{"spec.template: Invalid value: the template is wrong, and has to be mended: spec.parameters[0].name: "},
		},
		"a name that becomes none": {
			spec:  specOf(configMap("a", ""), configMap("${s}-b", "")),
			given: map[string]string{"s": "A"},
			want:  []string{`spec.parameters: Invalid value: ConfigMap "A-b" (spec.objects[1].metadata.name of the template): a lowercase RFC 1123 subdomain must`},
		},
		"a name that becomes empty": {
			spec:  specOf(configMap("${s}", "")),
			given: map[string]string{"s": ""},
			want:  []string{`spec.parameters: Invalid value: ConfigMap "" (spec.objects[0].metadata.name of the template): a lowercase RFC 1123 subdomain must`},
		},
		"a name of a role that becomes empty": {
			spec:  specOf(manifestOf("rbac.authorization.k8s.io/v1", "Role", "${s}")),
			given: map[string]string{"s": ""},
			want:  []string{`spec.parameters: Invalid value: Role "" (spec.objects[0].metadata.name of the template): a lowercase RFC 1123 subdomain must`},
		},
		"a label that becomes none": {
			spec:  specOf(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","labels":{"a":"${s}"}}}`),
			given: map[string]string{"s": "b c"},
			want:  []string{`spec.parameters: Invalid value: Pod "a" (spec.objects[0].metadata.labels of the template): a valid label must be`},
		},
		"what becomes much too large": {
			spec:  specOf(configMap("a", `"a":"`+strings.Repeat("${s}", 100_000)+`"`), configMap("b", `"b":"${s}"`)),
			given: map[string]string{"s": strings.Repeat("x", 64<<10)},
			want:  []string{"spec.parameters: Too long: they are filled in so often that it takes more than 4194304 bytes: give shorter values"},
		},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			objects, err := Fill(tc.spec, spaceWith(tc.given))
			expectErrors(t, tc.want, listOf(t, err))
			if len(objects) > 0 {
				t.Errorf("want no objects, got %v", objects)
			}
		})
	}
}
