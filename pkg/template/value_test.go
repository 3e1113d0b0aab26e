// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"strings"
	"testing"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

func TestCheckParameters(t *testing.T) {
	const (
		wantInteger = `spec.parameters[p]: Invalid value: must be a whole number of 64 bits, such as "7" or "-7", without "+" and leading zeros`
		wantBoolean = `spec.parameters[p]: Invalid value: must be "true" or "false"`
	)
	integer, boolean := spaces.ParameterInteger, spaces.ParameterBoolean
	testCases := map[string]struct {
		parameter spaces.TemplateParameter // named p
		values    []string                 // one after another
		want      string
	}{
		"text may be anything":             {values: []string{"", "a", "${s}", "a: b\n- c", "\x00", `"}`, "ä", strings.Repeat("a", 64<<10)}},
		"text cannot be longer":            {values: []string{strings.Repeat("a", 64<<10+1)}, want: "spec.parameters[p]: Invalid value: must be no longer than 65536 bytes, and has 65537"},
		"text must be encoded as such":     {values: []string{"\xff", "a\xc3"}, want: "spec.parameters[p]: Invalid value: must be text in UTF-8"},
		"a string is text":                 {parameter: spaces.TemplateParameter{Type: spaces.ParameterString}, values: []string{"a"}},
		"integers":                         {parameter: spaces.TemplateParameter{Type: integer}, values: []string{"0", "7", "-7", "9223372036854775807", "-9223372036854775808"}},
		"integers have one text each":      {parameter: spaces.TemplateParameter{Type: integer}, values: []string{"007", "+7", "-0", " 7", "7 ", "1_000", "0x7", "7.0", "1e3"}, want: wantInteger},
		"integers have 64 bits":            {parameter: spaces.TemplateParameter{Type: integer}, values: []string{"9223372036854775808", "-9223372036854775809"}, want: wantInteger},
		"integers are numbers":             {parameter: spaces.TemplateParameter{Type: integer}, values: []string{"", "a", "-", "٧"}, want: wantInteger},
		"booleans":                         {parameter: spaces.TemplateParameter{Type: boolean}, values: []string{"true", "false"}},
		"booleans have one text each":      {parameter: spaces.TemplateParameter{Type: boolean}, values: []string{"", "True", "1", "yes", "true "}, want: wantBoolean},
		"a pattern matches all of a value": {parameter: spaces.TemplateParameter{Pattern: "[a-z]+"}, values: []string{"a", "abc"}},
		"a pattern does not match a part":  {parameter: spaces.TemplateParameter{Pattern: "[a-z]+"}, values: []string{"", "a1", "1a", "a\n", "\na"}, want: `spec.parameters[p]: Invalid value: must match the pattern "[a-z]+" as a whole`},
		"a pattern has alternatives":       {parameter: spaces.TemplateParameter{Pattern: "a|ab|abc"}, values: []string{"a", "ab", "abc"}},
		"and each of them is anchored":     {parameter: spaces.TemplateParameter{Pattern: "a|b"}, values: []string{"ax", "xb", "ab"}, want: "spec.parameters[p]: Invalid value: must match the pattern"},
		"a pattern may be anchored":        {parameter: spaces.TemplateParameter{Pattern: "^a$"}, values: []string{"a"}},
		"and that of lines is of texts":    {parameter: spaces.TemplateParameter{Pattern: "(?m)^a$"}, values: []string{"a\nb", "b\na"}, want: "spec.parameters[p]: Invalid value: must match the pattern"},
		"a pattern may prefer less":        {parameter: spaces.TemplateParameter{Pattern: "a+?"}, values: []string{"a", "aaa"}},
		"a pattern may end quoted":         {parameter: spaces.TemplateParameter{Pattern: `\Qa.b`}, values: []string{"a.b"}},
		"and means what it quotes":         {parameter: spaces.TemplateParameter{Pattern: `\Qa.b`}, values: []string{"axb"}, want: "spec.parameters[p]: Invalid value: must match the pattern"},
		"a pattern cannot be broken out of": {
			parameter: spaces.TemplateParameter{Pattern: "a)|(?:b"}, values: []string{"a", "b", "xb"},
			want: `spec.parameters[p]: Invalid value: cannot be held against the pattern "a)|(?:b": mend the template: error parsing regexp: `,
		},
		"a pattern is about the text of a number": {parameter: spaces.TemplateParameter{Type: integer, Pattern: "[1-9]"}, values: []string{"1", "9"}},
		"which may be refused by it":              {parameter: spaces.TemplateParameter{Type: integer, Pattern: "[1-9]"}, values: []string{"0", "10", "-1"}, want: "spec.parameters[p]: Invalid value: must match the pattern"},
		"a pattern may want a boolean":            {parameter: spaces.TemplateParameter{Type: boolean, Pattern: "true"}, values: []string{"true"}},
		"a type that there is not":                {parameter: spaces.TemplateParameter{Type: "float"}, values: []string{"1"}, want: `spec.parameters[p]: Invalid value: cannot be a value of type "float", which there is not: mend the template`},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			tc.parameter.Name = "p"
			for _, value := range tc.values {
				var want []string
				if tc.want != "" {
					want = []string{tc.want}
				}
				spec := &spaces.SpaceTemplateSpec{Parameters: []spaces.TemplateParameter{tc.parameter}}
				expectErrors(t, want, CheckParameters(spec, map[string]string{"p": value}))
			}
		})
	}
}

func TestCheckParametersAreThoseOfTheTemplate(t *testing.T) {
	testCases := map[string]struct {
		declared []spaces.TemplateParameter
		given    map[string]string
		want     []string
	}{
		"there need not be any": {},
		"a default need not be given": {
			declared: []spaces.TemplateParameter{{Name: "a", Default: new("x")}, {Name: "b", Default: new("")}},
		},
		"what has no default has to be given": {
			declared: []spaces.TemplateParameter{{Name: "b"}, {Name: "a"}, {Name: "c"}},
			given:    map[string]string{"c": ""},
			want: []string{
				"spec.parameters[b]: Required value: the template has no default for it: give it a value",
				"spec.parameters[a]: Required value: the template has no default for it: give it a value",
			},
		},
		"what is not declared cannot be given": {
			declared: []spaces.TemplateParameter{{Name: "a", Default: new("")}, {Name: "b", Default: new("")}},
			given:    map[string]string{"z": "", "A": ""},
			want: []string{
				`spec.parameters[A]: Forbidden: the template has no such parameter: remove it, or name one of its own: "a", "b"`,
				`spec.parameters[z]: Forbidden: the template has no such parameter: remove it, or name one of its own: "a", "b"`,
			},
		},
		"a template may have no parameters": {
			given: map[string]string{"a": ""},
			want:  []string{"spec.parameters[a]: Forbidden: the template has no parameters: remove it"},
		},
		"what is always there cannot be given": {
			given: map[string]string{"space": "x", "account": "y"},
			want: []string{
				"spec.parameters[account]: Forbidden: the platform fills it in itself: remove it",
				"spec.parameters[space]: Forbidden: the platform fills it in itself: remove it",
			},
		},
		"a default that is older than a rule has to be replaced": {
			declared: []spaces.TemplateParameter{{Name: "a", Type: spaces.ParameterInteger, Default: new("007")}},
			want:     []string{"spec.parameters[a]: Invalid value: the template's default is wrong, so give it a value: must be a whole number"},
		},
		"and can be": {
			declared: []spaces.TemplateParameter{{Name: "a", Type: spaces.ParameterInteger, Default: new("007")}},
			given:    map[string]string{"a": "7"},
		},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			spec := &spaces.SpaceTemplateSpec{Parameters: tc.declared}
			expectErrors(t, tc.want, CheckParameters(spec, tc.given))
		})
	}
}
