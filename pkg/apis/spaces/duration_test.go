// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spaces

import (
	"testing"
	"time"
)

func TestDurationValue(t *testing.T) {
	testCases := map[string]struct {
		duration Duration
		want     time.Duration
		wantErr  bool
	}{
		"hours":                        {duration: "2h", want: 2 * time.Hour},
		"hours and minutes":            {duration: "1h30m", want: 90 * time.Minute},
		"the same in another text":     {duration: "90m", want: 90 * time.Minute},
		"fractions":                    {duration: "0.5h", want: 30 * time.Minute},
		"zero with a unit":             {duration: "0s"},
		"zero without a unit":          {duration: "0"},
		"below zero":                   {duration: "-1h", want: -time.Hour},
		"the longest that is accepted": {duration: "87600h", want: MaxDuration},
		"no text":                      {duration: "", wantErr: true},
		"a number without a unit":      {duration: "2", wantErr: true},
		"days":                         {duration: "1d", wantErr: true},
		"a space":                      {duration: "1h 30m", wantErr: true},
		"more than can be counted":     {duration: "9999999999h", wantErr: true},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			got, err := tc.duration.Value()
			if (err != nil) != tc.wantErr {
				t.Fatalf("want an error: %v, got: %v", tc.wantErr, err)
			}
			if got != tc.want {
				t.Errorf("want %v, got %v", tc.want, got)
			}
		})
	}
}

// What one duration means must not depend on how it is written: the normalised text of its value has the same value.
func FuzzDurationValue(f *testing.F) {
	for _, text := range []string{"2h", "1h30m", "0", "-1.5h", "", "1d", "9223372036854775807ns", "9223372036854775808ns"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		value, err := Duration(text).Value()
		if err != nil {
			if value != 0 {
				t.Errorf("%q has the value %v beside the error %v", text, value, err)
			}
			return
		}
		again, err := Duration(value.String()).Value()
		if err != nil || again != value {
			t.Errorf("%q is %v, but %q is %v (error %v)", text, value, value.String(), again, err)
		}
	})
}
