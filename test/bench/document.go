// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"strings"
)

// The lines in a document between which the program writes.
const (
	beginMarker = "<!-- BEGIN: written by go run ./test/bench -write -->\n"
	endMarker   = "<!-- END -->\n"
)

// updateDocument replaces what stands between the markers.
func updateDocument(file, text string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("updating a document: %w", err)
	}
	updated, err := replaceBetween(string(content), text)
	if err != nil {
		return fmt.Errorf("updating %s: %w", file, err)
	}
	if err := os.WriteFile(file, []byte(updated), 0o644); err != nil {
		return fmt.Errorf("updating a document: %w", err)
	}
	return nil
}

func replaceBetween(content, text string) (string, error) {
	before, rest, begins := strings.Cut(content, beginMarker)
	_, after, ends := strings.Cut(rest, endMarker)
	if !begins || !ends {
		return "", fmt.Errorf("it does not have the lines %q and %q", beginMarker, endMarker)
	}
	return before + beginMarker + "\n" + strings.Trim(text, "\n") + "\n\n" + endMarker + after, nil
}
