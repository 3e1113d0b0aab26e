// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"testing"

	"tenancy.example.io/spaces/test/controlplane"
)

func TestPlaceFromEnvironment(t *testing.T) {
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		dir, port, version string
		want               place
		wantError          bool
	}{
		"nothing said": {
			want: place{dir: filepath.Join(root, "_output", "local"), port: defaultPort},
		},
		"everything said": {
			dir: "/tmp/x", port: "18443", version: "1.35.4",
			want: place{dir: "/tmp/x", port: 18443, version: "1.35.4"},
		},
		"a relative directory is in the project": {
			dir:  "_output/two",
			want: place{dir: filepath.Join(root, "_output", "two"), port: defaultPort},
		},
		"a port that is no number":           {port: "https", wantError: true},
		"a port for root":                    {port: "443", wantError: true},
		"a port with too few ports above it": {port: "65530", wantError: true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv("LOCAL_DIR", tc.dir)
			t.Setenv("LOCAL_PORT", tc.port)
			t.Setenv("KUBERNETES_VERSION", tc.version)
			got, err := placeFromEnvironment()
			if tc.wantError {
				if err == nil {
					t.Errorf("placeFromEnvironment() = %v, want an error", got)
				}
				return
			}
			tc.want.root = root
			if err != nil || got != tc.want {
				t.Errorf("placeFromEnvironment() = %v, %v, want %v", got, err, tc.want)
			}
		})
	}
}

func TestCleanSparesOtherDirectories(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "thesis.tex")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := (place{dir: dir}).clean(); err == nil {
		t.Error("clean() removes a directory that is not the state of a control plane")
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

func TestCleanRemovesState(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "local")
	if err := (place{dir: dir}).clean(); err != nil {
		t.Errorf("clean() = %v where nothing is", err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "version"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := (place{dir: dir}).clean(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("The state is still there: %v", err)
	}
}
