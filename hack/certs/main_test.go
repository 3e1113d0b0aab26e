// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRunWritesAnOverlayAndKeepsIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deploy")
	var before map[string]string
	for range 2 {
		if err := run(dir); err != nil {
			t.Fatal(err)
		}
		after := read(t, dir)
		if before != nil {
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("The second run changed something (-first +second):\n%s", diff)
			}
		}
		before = after
	}
	for _, want := range []string{"artifacts/deploy\n", "value: LS0t", "name: spaces-apiserver-tls"} {
		if !strings.Contains(before["kustomization.yaml"], want) {
			t.Errorf("%q is not in\n%s", want, before["kustomization.yaml"])
		}
	}
}

func read(t *testing.T, dir string) map[string]string {
	t.Helper()
	content := map[string]string{}
	for _, name := range []string{"ca.crt", "ca.key", "tls.crt", "tls.key", "kustomization.yaml"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		content[name] = string(text)
	}
	return content
}
