// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"strconv"
	"strings"
	"testing"
	"unsafe"
)

func TestTextsAreShared(t *testing.T) {
	texts := NewTexts()
	for name, tc := range map[string]struct {
		text string
		want bool
	}{
		"a text":           {"what many say", true},
		"the longest text": {strings.Repeat("x", maxText), true},
		"a longer text":    {strings.Repeat("x", maxText+1), false},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := Shared(texts, strings.Clone(tc.text)), Shared(texts, strings.Clone(tc.text))
			if a != tc.text || b != tc.text {
				t.Fatalf("shared %q and %q, want %q", a, b, tc.text)
			}
			if got := unsafe.StringData(a) == unsafe.StringData(b); got != tc.want {
				t.Errorf("held once: %v, want %v", got, tc.want)
			}
		})
	}
	if got := Shared(texts, ""); got != "" {
		t.Errorf("shared %q for nothing", got)
	}
}

// What is said once by very many is not remembered for ever.
func TestTextsAreBounded(t *testing.T) {
	texts := NewTexts()
	for i := range 2 * maxTexts {
		Shared(texts, strconv.Itoa(i))
	}
	if len(texts.known) > maxTexts {
		t.Errorf("it remembers %d texts, want at most %d", len(texts.known), maxTexts)
	}
}
