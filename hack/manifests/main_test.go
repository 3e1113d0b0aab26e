// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	const space = "apiVersion: spaces.tenancy.example.io/v1alpha1\nkind: Space\nmetadata: {name: a}\n"
	for name, tc := range map[string]struct {
		content   string
		wantError string
	}{
		"an empty file is fine":           {content: "# Nothing yet.\n"},
		"our own kinds are known":         {content: space + "spec: {ttl: 2h}\n"},
		"an APIService is known":          {content: "apiVersion: apiregistration.k8s.io/v1\nkind: APIService\n"},
		"all documents are read":          {content: space + "---\n# Nothing.\n---\n" + space + "oops: 1\n", wantError: `document 3: strict decoding error: unknown field "oops"`},
		"an unknown field is a fault":     {content: space + "spec: {tll: 2h}\n", wantError: `unknown field "spec.tll"`},
		"a field that stands twice is":    {content: space + "spec: {}\nspec: {}\n", wantError: `"spec" already set`},
		"an unknown kind is a fault":      {content: "apiVersion: v1\nkind: Pot\n", wantError: `no kind "Pot" is registered`},
		"a document needs a kind":         {content: "a: b\n", wantError: "Object 'Kind' is missing"},
		"what is not YAML at all is":      {content: "a: {\n", wantError: "document 1"},
		"a list of objects is a document": {content: "apiVersion: v1\nkind: List\nitems: []\n"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "manifest.yaml")
			if err := os.WriteFile(file, []byte(tc.content), 0o600); err != nil {
				t.Fatal(err)
			}
			err := run([]string{file})
			if tc.wantError == "" && err != nil {
				t.Errorf("got error %v, want none", err)
			}
			if tc.wantError != "" && (err == nil || !strings.Contains(err.Error(), tc.wantError)) {
				t.Errorf("got error %v, want one with %q", err, tc.wantError)
			}
		})
	}
}
