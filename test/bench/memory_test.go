// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import "testing"

func TestValueOf(t *testing.T) {
	const text = "VmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\n# TYPE go_x gauge\ngo_x 2.5e+07\ngo_x_other 1\nbad none\n"
	for name, want := range map[string]float64{"VmRSS:": 1024, "VmHWM:": 2048, "go_x": 2.5e7, "bad": 0, "absent": 0} {
		if got := valueOf(text, name); got != want {
			t.Errorf("valueOf(%s) = %v, want %v", name, got, want)
		}
	}
}
