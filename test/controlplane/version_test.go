// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNormalizeVersion(t *testing.T) {
	tests := map[string]struct {
		version   string
		want      string
		wantError bool
	}{
		"nothing is the default":             {version: "", want: DefaultVersion},
		"a version with its v":               {version: "v1.35.4", want: "v1.35.4"},
		"a version without its v":            {version: "1.35.4", want: "v1.35.4"},
		"a minor version is no release":      {version: "1.35", wantError: true},
		"a pre-release is no release":        {version: "1.35.0-rc.1", wantError: true},
		"a path is no release":               {version: "../v1.35.4", wantError: true},
		"a flag of the linker is no release": {version: "1.35.4 -X a=b", wantError: true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := normalizeVersion(tc.version)
			if got != tc.want || (err != nil) != tc.wantError {
				t.Errorf("normalizeVersion(%q) = %q, %v, want %q, error: %t", tc.version, got, err, tc.want, tc.wantError)
			}
		})
	}
}

func module(t *testing.T) string {
	t.Helper()
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, "hack", "controlplane")
}

func TestModuleFilesPinTheirVersion(t *testing.T) {
	module := module(t)
	for _, version := range versions(module) {
		t.Run(version, func(t *testing.T) {
			file, err := modFile(module, version)
			if err != nil {
				t.Fatal(err)
			}
			content, err := os.ReadFile(filepath.Join(module, file))
			if err != nil {
				t.Fatal(err)
			}
			staging := "v0" + strings.TrimPrefix(version, "v1")
			for _, want := range []string{
				"\tk8s.io/kubernetes " + version, "\tk8s.io/apiserver => k8s.io/apiserver " + staging + "\n",
			} {
				if !strings.Contains(string(content), want) {
					t.Errorf("%s does not contain %q", file, want)
				}
			}
		})
	}
}

func TestModFileNamesWhatThereIs(t *testing.T) {
	_, err := modFile(module(t), "v1.2.3")
	if err == nil || !strings.Contains(err.Error(), DefaultVersion) {
		t.Errorf("modFile() = %v, want an error that names %s", err, DefaultVersion)
	}
}
