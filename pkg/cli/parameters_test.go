// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

func TestParseValues(t *testing.T) {
	cases := map[string]struct {
		texts     []string
		want      map[string]string
		wantError string
	}{
		"none":              {},
		"a value":           {texts: []string{"a=1"}, want: map[string]string{"a": "1"}},
		"a value of values": {texts: []string{"a=b=c,d=e"}, want: map[string]string{"a": "b=c,d=e"}},
		"a value of lines":  {texts: []string{"a=b\nc"}, want: map[string]string{"a": "b\nc"}},
		"an empty value":    {texts: []string{"a=", "b= "}, want: map[string]string{"a": "", "b": " "}},
		"no value":          {texts: []string{"a"}, wantError: `invalid parameter "a": say NAME=VALUE`},
		"no name":           {texts: []string{"=1"}, wantError: `invalid parameter "=1": say NAME=VALUE`},
		"nothing":           {texts: []string{""}, wantError: `invalid parameter "": say NAME=VALUE`},
		"a name twice":      {texts: []string{"a=1", "b=1", "a=1"}, wantError: `the parameter "a" is given twice`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := parseValues(tc.texts)
			if diff := cmp.Diff(tc.want, got); diff != "" || errorText(err) != tc.wantError {
				t.Errorf("got error %v, want %q; values (-want +got):\n%s", err, tc.wantError, diff)
			}
		})
	}
}

func TestParseDeclarations(t *testing.T) {
	cases := map[string]struct {
		texts     []string
		want      []v1alpha1.TemplateParameter
		wantError string
	}{
		"none":                  {},
		"a name":                {texts: []string{"image"}, want: []v1alpha1.TemplateParameter{{Name: "image"}}},
		"a name and a type":     {texts: []string{"n:integer"}, want: []v1alpha1.TemplateParameter{{Name: "n", Type: "integer"}}},
		"a name and a default":  {texts: []string{"image=a:b"}, want: []v1alpha1.TemplateParameter{{Name: "image", Default: new("a:b")}}},
		"a default of a type":   {texts: []string{"n:integer=2"}, want: []v1alpha1.TemplateParameter{{Name: "n", Type: "integer", Default: new("2")}}},
		"a default of nothing":  {texts: []string{"a="}, want: []v1alpha1.TemplateParameter{{Name: "a", Default: new("")}}},
		"a default with a list": {texts: []string{"a=b=c,d"}, want: []v1alpha1.TemplateParameter{{Name: "a", Default: new("b=c,d")}}},
		"several, in their order": {
			texts: []string{"b", "a"},
			want:  []v1alpha1.TemplateParameter{{Name: "b"}, {Name: "a"}},
		},
		"what the server refuses": {
			texts: []string{"a b:float=x"},
			want:  []v1alpha1.TemplateParameter{{Name: "a b", Type: "float", Default: new("x")}},
		},
		"no name":           {texts: []string{""}, wantError: `invalid parameter "": say NAME[:TYPE][=DEFAULT]`},
		"a type alone":      {texts: []string{":integer"}, wantError: `invalid parameter ":integer": say NAME[:TYPE][=DEFAULT]`},
		"a default alone":   {texts: []string{"=1"}, wantError: `invalid parameter "=1": say NAME[:TYPE][=DEFAULT]`},
		"a type of nothing": {texts: []string{"a:=1"}, wantError: `invalid parameter "a:=1": say NAME[:TYPE][=DEFAULT]`},
		"a name twice":      {texts: []string{"a", "b", "a:integer"}, wantError: `the parameter "a" is given twice`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := parseDeclarations(tc.texts)
			if diff := cmp.Diff(tc.want, got); diff != "" || errorText(err) != tc.wantError {
				t.Errorf("got error %v, want %q; parameters (-want +got):\n%s", err, tc.wantError, diff)
			}
		})
	}
}
