// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import "testing"

func TestParseValidate(t *testing.T) {
	cases := map[string]struct {
		value     string
		want      string
		wantError string
	}{
		"strict": {value: "strict", want: "Strict"},
		"true":   {value: "true", want: "Strict"},
		"warn":   {value: "warn", want: "Warn"},
		"ignore": {value: "ignore", want: "Ignore"},
		"false":  {value: "false", want: "Ignore"},
		"anything else": {
			value:     "lax",
			wantError: `invalid validate option "lax", must be one of: strict (or true), warn, ignore (or false)`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := parseValidate(tc.value)
			if got != tc.want || errorText(err) != tc.wantError {
				t.Errorf("got %q and error %v, want %q and error %q", got, err, tc.want, tc.wantError)
			}
		})
	}
}
