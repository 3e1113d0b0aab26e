// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"slices"
)

// size is the length of one file or function.
type size struct {
	lines int
	of    string
}

type sizes []size

// budget is how long things may be: half of them, nine in ten of them, and each of them. It also says how long they are.
type budget struct {
	median, p90, ceiling int
}

func (s sizes) summary() budget {
	return budget{median: s.percentile(50), p90: s.percentile(90), ceiling: s.percentile(100)}
}

// percentile is the length that percent of the sizes do not exceed, by the nearest rank.
func (s sizes) percentile(percent int) int {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.SortedFunc(slices.Values(s), func(a, b size) int { return cmp.Compare(a.lines, b.lines) })
	rank := (percent*len(sorted) + 99) / 100
	return sorted[rank-1].lines
}

// faults lists, for people, what in s exceeds the budget.
func (b budget) faults(name string, s sizes) []string {
	var faults []string
	is := s.summary()
	if is.median > b.median {
		faults = append(faults, fmt.Sprintf("%s: the median is %d lines, over %d", name, is.median, b.median))
	}
	if is.p90 > b.p90 {
		faults = append(faults, fmt.Sprintf("%s: one in ten is over %d lines", name, b.p90))
	}
	for _, one := range s {
		if one.lines > b.ceiling {
			faults = append(faults, fmt.Sprintf("%s: %d lines, over %d", one.of, one.lines, b.ceiling))
		}
	}
	return faults
}
