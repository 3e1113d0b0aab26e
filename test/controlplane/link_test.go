// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"os"
	"path/filepath"
	"testing"
)

func TestLink(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "bin", "kubectl")
	for _, target := range []string{"v1/kubectl", "v1/kubectl", "v2/kubectl"} {
		if err := Link(filepath.Join(dir, target), name); err != nil {
			t.Fatal(err)
		}
		want := filepath.Join("..", target)
		if got, err := os.Readlink(name); err != nil || got != want {
			t.Errorf("The link is to %q, %v, want %q", got, err, want)
		}
	}
}
