// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

func TestValidateParameters(t *testing.T) {
	const wantName = `spec.parameters[0].name: Invalid value: must be letters, digits, "-" and "_", with a letter first, and no more than 63 of them`
	named := func(names ...string) []spaces.TemplateParameter {
		var parameters []spaces.TemplateParameter
		for _, name := range names {
			parameters = append(parameters, spaces.TemplateParameter{Name: name})
		}
		return parameters
	}
	testCases := map[string]struct {
		parameters []spaces.TemplateParameter
		want       []string
	}{
		"there need not be any":            {},
		"names":                            {parameters: named("a", "Z9", "a-b_c-", strings.Repeat("a", 63))},
		"names differ by their case":       {parameters: named("a", "A")},
		"a name is needed":                 {parameters: named(""), want: []string{"spec.parameters[0].name: Required value: "}},
		"a name begins with a letter":      {parameters: named("1a"), want: []string{wantName}},
		"a name has no dots":               {parameters: named("a.b"), want: []string{wantName}},
		"a name is in ASCII":               {parameters: named("aä"), want: []string{wantName}},
		"a name cannot end a placeholder":  {parameters: named("a}"), want: []string{wantName}},
		"a name cannot have 64 characters": {parameters: named(strings.Repeat("a", 64)), want: []string{wantName}},
		"a name is that of one":            {parameters: named("a", "b", "a"), want: []string{"spec.parameters[2].name: Duplicate value: "}},
		"what is always there cannot be declared": {
			parameters: named("space", "account"),
			want: []string{
				"spec.parameters[0].name: Invalid value: every template has this parameter: choose another name",
				"spec.parameters[1].name: Invalid value: every template has this parameter: choose another name",
			},
		},
		"there are three types": {
			parameters: []spaces.TemplateParameter{{Name: "a", Type: "string"}, {Name: "b", Type: "integer"}, {Name: "c", Type: "boolean"}},
		},
		"there are no others": {
			parameters: []spaces.TemplateParameter{{Name: "a", Type: "Integer", Default: new("x")}},
			want:       []string{`spec.parameters[0].type: Unsupported value: supported values: "string", "integer", "boolean"`},
		},
		"a pattern must be one": {
			parameters: []spaces.TemplateParameter{{Name: "a", Pattern: "(", Default: new("x")}, {Name: "b", Pattern: "(?=a)"}, {Name: "c", Pattern: "a)|(?:b"}},
			want: []string{
				"spec.parameters[0].pattern: Invalid value: must be a regular expression, in the syntax of RE2: error parsing regexp: missing closing )",
				"spec.parameters[1].pattern: Invalid value: must be a regular expression",
				"spec.parameters[2].pattern: Invalid value: must be a regular expression",
			},
		},
		"a pattern cannot be long": {
			parameters: []spaces.TemplateParameter{{Name: "a", Pattern: strings.Repeat("a", 1025)}},
			want:       []string{"spec.parameters[0].pattern: Too long: may not be more than 1024"},
		},
		"a default is of the type, and matches": {
			parameters: []spaces.TemplateParameter{{Name: "a", Type: "integer", Pattern: "[0-9]", Default: new("7")}},
		},
		"a default cannot be of another type": {
			parameters: []spaces.TemplateParameter{{Name: "a", Type: "boolean", Default: new("")}},
			want:       []string{`spec.parameters[0].default: Invalid value: must be "true" or "false"`},
		},
		"a default cannot be what does not match": {
			parameters: []spaces.TemplateParameter{{Name: "a", Pattern: "[a-z]", Default: new("ab")}},
			want:       []string{`spec.parameters[0].default: Invalid value: must match the pattern "[a-z]" as a whole`},
		},
		"there may be a hundred": {parameters: many(100)},
		"there cannot be more": {
			parameters: append(many(101), spaces.TemplateParameter{Type: "nonsense"}),
			want:       []string{"spec.parameters: Too many: must have at most 100 items"},
		},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			expectErrors(t, tc.want, Validate(&spaces.SpaceTemplateSpec{Parameters: tc.parameters}, field.NewPath("spec")))
		})
	}
}

func many(count int) []spaces.TemplateParameter {
	parameters := make([]spaces.TemplateParameter, count)
	for i := range parameters {
		parameters[i].Name = fmt.Sprintf("p%d", i)
	}
	return parameters
}

func TestValidateSizes(t *testing.T) {
	const wantLarge = "spec: Too long: it takes 5"
	objects := func(count, each int) []runtime.RawExtension {
		var objects []runtime.RawExtension
		for i := range count {
			manifest := configMap(fmt.Sprintf("c%d", i), `"a":"`+strings.Repeat("x", each)+`"`)
			objects = append(objects, runtime.RawExtension{Raw: []byte(manifest)})
		}
		return objects
	}
	testCases := map[string]struct {
		spec spaces.SpaceTemplateSpec
		want []string
	}{
		"nothing is small":            {},
		"there may be 200 objects":    {spec: spaces.SpaceTemplateSpec{Objects: objects(200, 2400)}},
		"there cannot be more":        {spec: spaces.SpaceTemplateSpec{Objects: objects(201, 1)}, want: []string{"spec.objects: Too many: must have at most 200 items"}},
		"half a mebibyte is enough":   {spec: spaces.SpaceTemplateSpec{Objects: objects(1, 510<<10)}},
		"more is too much":            {spec: spaces.SpaceTemplateSpec{Objects: objects(2, 256<<10)}, want: []string{wantLarge}},
		"also if it is no JSON":       {spec: spaces.SpaceTemplateSpec{Objects: []runtime.RawExtension{{Raw: make([]byte, 512<<10)}}}, want: []string{wantLarge}},
		"also if it is a description": {spec: spaces.SpaceTemplateSpec{Parameters: []spaces.TemplateParameter{{Name: "a", Description: strings.Repeat("x", 512<<10)}}}, want: []string{wantLarge}},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			expectErrors(t, tc.want, Validate(&tc.spec, field.NewPath("spec")))
		})
	}
}
