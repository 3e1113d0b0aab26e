// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"testing"
	"time"
)

func TestPercentile(t *testing.T) {
	hundred := make(Samples, 0, 100)
	for i := range 100 {
		// In no order: 37 and 100 have no common divisor.
		hundred = append(hundred, time.Duration(i*37%100+1))
	}
	for name, tc := range map[string]struct {
		samples Samples
		p       float64
		want    time.Duration
	}{
		"of nothing":                         {p: 50},
		"of one":                             {samples: Samples{7}, p: 99, want: 7},
		"the middle of three":                {samples: Samples{3, 1, 2}, p: 50, want: 2},
		"the lower middle of four":           {samples: Samples{4, 3, 1, 2}, p: 50, want: 2},
		"99 of a hundred":                    {samples: hundred, p: 99, want: 99},
		"all of a hundred":                   {samples: hundred, p: 100, want: 100},
		"the least":                          {samples: hundred, p: 0, want: 1},
		"99 of fewer than that is the last":  {samples: Samples{5, 9, 7}, p: 99, want: 9},
		"between two ranks it is the higher": {samples: hundred, p: 49.5, want: 50},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.samples.Percentile(tc.p); got != tc.want {
				t.Errorf("Percentile(%v) = %d, want %d", tc.p, got, tc.want)
			}
		})
	}
}

func TestPercentileLeavesTheOrder(t *testing.T) {
	samples := Samples{3, 1, 2}
	samples.Percentile(50)
	if samples[0] != 3 || samples[1] != 1 || samples[2] != 2 {
		t.Errorf("the samples are %v afterwards, want them as they were", samples)
	}
}
