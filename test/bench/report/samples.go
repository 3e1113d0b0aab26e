// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"math"
	"slices"
	"time"
)

// Samples are how long each of many tries took, in any order.
type Samples []time.Duration

// Percentile is the smallest sample that at least p of 100 samples do not exceed (nearest rank), or 0 without samples.
func (s Samples) Percentile(p float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// Milliseconds is the unit in which durations are reported.
func Milliseconds(d time.Duration) float64 {
	return float64(d) / float64(time.Millisecond)
}
