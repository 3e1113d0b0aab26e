// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseText(t *testing.T) {
	testCases := map[string]struct {
		text    string
		want    text
		wantErr string
	}{
		"nothing says nothing":                {},
		"most texts are what they are":        {text: "a $b $(c) {d} $e{f}$", want: text{{literal: "a $b $(c) {d} $e{f}$"}}},
		"a placeholder":                       {text: "${a}", want: text{{parameter: "a"}}},
		"a placeholder within":                {text: "x${a}y", want: text{{literal: "x"}, {parameter: "a"}, {literal: "y"}}},
		"several of them":                     {text: "${a}${b-2}/${a}", want: text{{parameter: "a"}, {parameter: "b-2"}, {literal: "/"}, {parameter: "a"}}},
		"an escaped one":                      {text: "$${a}", want: text{{literal: "${"}, {literal: "a}"}}},
		"an escaped one needs no end":         {text: "x$${", want: text{{literal: "x${"}}},
		"an escaped one with a dollar before": {text: "$$${a}", want: text{{literal: "$${"}, {literal: "a}"}}},
		"one behind an escaped one":           {text: "$${${a}", want: text{{literal: "${"}, {parameter: "a"}}},
		"a brace behind one":                  {text: "${a}}", want: text{{parameter: "a"}, {literal: "}"}}},
		"one without an end":                  {text: "x${a", wantErr: `"${a" has no "}" behind it: close it, or write "$${" for "${"`},
		"one within another":                  {text: "${a${b}}", wantErr: `"a${b" is no name of a parameter: declare one and name it, or write "$${" for "${"`},
		"an empty one":                        {text: "${}", wantErr: `"" is no name of a parameter`},
		"one of a shell":                      {text: "${HOME:-/root}", wantErr: `"HOME:-/root" is no name of a parameter`},
		"one with space around":               {text: "${ a }", wantErr: `" a " is no name of a parameter`},
		"what is too long is told briefly":    {text: "${" + strings.Repeat("ä", 1000), wantErr: `"${` + strings.Repeat("ä", 49) + `…" has no "}" behind it`},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			got, err := parseText(tc.text)
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(part{})); diff != "" {
				t.Errorf("unexpected parts (-want +got):\n%s", diff)
			}
			if tc.wantErr == "" && err == nil {
				return
			}
			if err == nil || tc.wantErr == "" || !strings.HasPrefix(err.Error(), tc.wantErr) {
				t.Errorf("want error %q, got %v", tc.wantErr, err)
			}
		})
	}
}

// Whatever a text is, it can be written so that nothing is filled into it.
func FuzzTextCanBeEscaped(f *testing.F) {
	for _, s := range []string{"", "${a}", "$${a}", "$", "$$", "${", "$${${", "a${b}c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		parsed, err := parseText(strings.ReplaceAll(s, "${", "$${"))
		if err != nil {
			t.Fatalf("unexpected error: %v", err)
		}
		if got, fixed := parsed.fixed(); !fixed || got != s {
			t.Errorf("want %q, got %q, fixed: %v", s, got, fixed)
		}
	})
}
