// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenancy.example.io/spaces/test/controlplane"
)

func TestReplaceBetween(t *testing.T) {
	const before, after = "# Title\n\nProse.\n\n", "\nMore prose.\n"
	first, err := replaceBetween(before+beginMarker+endMarker+after, "\nnew\n")
	if err != nil {
		t.Fatal(err)
	}
	second, err := replaceBetween(first, "newer\n")
	if err != nil {
		t.Fatal(err)
	}
	want := before + beginMarker + "\nnewer\n\n" + endMarker + after
	if diff := cmp.Diff(want, second); diff != "" {
		t.Errorf("after two times (-want +got):\n%s", diff)
	}
}

func TestReplaceBetweenNeedsBothMarkersInOrder(t *testing.T) {
	for name, content := range map[string]string{
		"none":         "prose\n",
		"no end":       beginMarker,
		"no beginning": endMarker,
		"turned round": endMarker + beginMarker,
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := replaceBetween(content, "new"); err == nil {
				t.Errorf("got %q, want an error", got)
			}
		})
	}
}

// The document in the project can be written.
func TestDocumentHasMarkers(t *testing.T) {
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(root, "docs", "benchmarks.md"))
	if err != nil {
		t.Fatal(err)
	}
	updated, err := replaceBetween(string(content), "new")
	if err != nil || !strings.Contains(updated, "\nnew\n") {
		t.Errorf("replaceBetween: %v", err)
	}
}
