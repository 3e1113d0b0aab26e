// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReservedNamesMatch(t *testing.T) {
	testCases := map[string]struct {
		patterns    []string
		name        string
		wantPattern string
	}{
		"nothing is reserved without patterns":        {name: "default"},
		"a name is reserved by itself":                {patterns: []string{"default"}, name: "default", wantPattern: "default"},
		"a name does not reserve what begins with it": {patterns: []string{"default"}, name: "default-2"},
		"a name does not reserve its beginning":       {patterns: []string{"default"}, name: "def"},
		"a prefix reserves what begins with it":       {patterns: []string{"kube-*"}, name: "kube-system", wantPattern: "kube-*"},
		"a prefix does not reserve what has it later": {patterns: []string{"kube-*"}, name: "my-kube-system"},
		"a prefix is taken to the last character":     {patterns: []string{"kube-*"}, name: "kubernetes"},
		"a prefix reserves its own text":              {patterns: []string{"ci*"}, name: "ci", wantPattern: "ci*"},
		"the first pattern that matches is reported":  {patterns: []string{"a", "b*", "bc"}, name: "bc", wantPattern: "b*"},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			reserved, err := NewReservedNames(tc.patterns)
			if err != nil {
				t.Fatalf("unexpected error: %v", err)
			}
			pattern, ok := reserved.Match(tc.name)
			if pattern != tc.wantPattern || ok != (tc.wantPattern != "") {
				t.Errorf("want the pattern %q, got %q and %v", tc.wantPattern, pattern, ok)
			}
		})
	}
}

func TestDefaultReservedNames(t *testing.T) {
	reserved, err := NewReservedNames(DefaultReservedNames())
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
	want := map[string]bool{
		"default": true, "kube-system": true, "kube-public": true, "kube-node-lease": true, "openshift-monitoring": true,
		"account-team-a": true, "spaces-system": true,
		"dev": false, "default-dev": false, "kubernetes": false, "accounts": false, "spaces-system-2": false,
	}
	got := map[string]bool{}
	for name := range want {
		_, got[name] = reserved.Match(name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("unexpected reserved names (-want +got):\n%s", diff)
	}
}

func TestNewReservedNamesRefuses(t *testing.T) {
	testCases := map[string]string{
		"a pattern that matches nothing":         "",
		"a pattern that matches everything":      "*",
		"a star at the beginning":                "*-system",
		"a star in the middle":                   "kube-*-system",
		"two stars":                              "kube-**",
		"upper case, which no name has":          "Kube-*",
		"a dot, which no name has":               "kube.system",
		"a dash at the end, which no name has":   "kube-",
		"a space around it, as from a flag list": " kube-*",
	}
	for name, pattern := range testCases {
		t.Run(name, func(t *testing.T) {
			if _, err := NewReservedNames([]string{"default", pattern}); err == nil {
				t.Errorf("want an error for %q, got none", pattern)
			}
		})
	}
}

func TestReservedNamesDoNotChange(t *testing.T) {
	patterns := []string{"default"}
	reserved, err := NewReservedNames(patterns)
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
	patterns[0] = "other"
	if _, ok := reserved.Match("default"); !ok {
		t.Error("want default to be reserved whatever becomes of the patterns, but it is not")
	}
}
