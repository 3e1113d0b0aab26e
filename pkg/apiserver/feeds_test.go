// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"testing"
	"testing/synctest"

	"k8s.io/utils/clock"
)

func TestHeldTellsFeedsNothingBeforeItMay(t *testing.T) {
	for name, tell := range map[string]func(held) error{
		"add":      func(h held) error { return h.Add(nil) },
		"update":   func(h held) error { return h.Update(nil) },
		"delete":   func(h held) error { return h.Delete(nil) },
		"replace":  func(h held) error { return h.Replace([]any{nil}, "1") },
		"bookmark": func(h held) error { return h.Bookmark("x") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				may := make(chan struct{})
				h := newHeld(newFeeds(1, clock.RealClock{}), newBooks(newLedger(nil), listeners{func(string) {}, func(string) {}}), func() { <-may })
				told := make(chan error, 1)
				go func() { told <- tell(h) }()
				synctest.Wait()
				if len(told) > 0 {
					t.Error("did not wait")
				}
				close(may)
				if err := <-told; err == nil {
					t.Error("the Feed was not told: it refuses what is no namespace and no resource version")
				}
				if err := h.Resync(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
