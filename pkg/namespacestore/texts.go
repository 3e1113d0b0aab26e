// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import "sync"

const (
	// maxTexts is how many Texts remember: more than there are keys and common values of labels.
	maxTexts = 1024
	// maxText is how many bytes the longest of them has.
	maxText = 256
)

// Texts have objects share in memory what many of them say in the same words. They are safe for concurrent use.
type Texts struct {
	lock  sync.Mutex
	known map[string]string
}

// NewTexts returns Texts that know nothing yet.
func NewTexts() *Texts { return &Texts{known: map[string]string{}} }

// Shared returns the text, as it is in memory already if it is.
func Shared[T ~string](t *Texts, text T) T {
	if len(text) == 0 || len(text) > maxText {
		return text
	}
	t.lock.Lock()
	defer t.lock.Unlock()
	if known, ok := t.known[string(text)]; ok {
		return T(known)
	}
	if len(t.known) < maxTexts {
		t.known[string(text)] = string(text)
	}
	return text
}
