// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import "testing"

func TestPercentageMeansWhatTheHubSays(t *testing.T) {
	value, err := Percentage("150%").Value()
	if err != nil || value != 150 {
		t.Errorf("want 150 and no error, got %v and %v", value, err)
	}
	if _, err := Percentage("1.5").Value(); err == nil {
		t.Error("want an error for what is no percentage, got none")
	}
}
