// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"testing"
	"time"
)

func TestDurationMeansWhatTheHubSays(t *testing.T) {
	value, err := Duration("1h30m").Value()
	if err != nil || value != 90*time.Minute {
		t.Errorf("want 1h30m and no error, got %v and %v", value, err)
	}
	if _, err := Duration("1d").Value(); err == nil {
		t.Error("want an error for a unit that does not exist, got none")
	}
}
