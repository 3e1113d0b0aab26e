// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"

	"tenancy.example.io/spaces/test/bench/report"
)

// measured has one sample of ours and of the ideal.
func measured(where setting, we, best time.Duration) []line {
	return []line{
		{setting: where, subject: ours, samples: report.Samples{we}, rate: 10},
		{setting: where, subject: idealList, samples: report.Samples{best}, rate: 20},
	}
}

// column returns the texts in a column of a table.
func column(t *testing.T, table report.Table, name string) []string {
	t.Helper()
	var texts []string
	for i, column := range table.Columns {
		if column != name {
			continue
		}
		for _, row := range table.Rows {
			text := ""
			if i < len(row) {
				text = row[i].String()
			}
			texts = append(texts, text)
		}
	}
	return texts
}

func TestGoals(t *testing.T) {
	const missed = "**missed**"
	for name, tc := range map[string]struct {
		k int
		// fewer and more are with 1,000 and 10,000 Spaces: ours, and the ideal, in units that do not matter.
		fewer, more [2]time.Duration
		wantGoal    [2]string
		wantGrowth  string
	}{
		"as good as it is to be":       {k: 10, fewer: [2]time.Duration{125, 100}, more: [2]time.Duration{125, 100}, wantGoal: [2]string{"met", "met"}, wantGrowth: "met"},
		"slower":                       {k: 10, fewer: [2]time.Duration{126, 100}, more: [2]time.Duration{126, 100}, wantGoal: [2]string{missed, missed}, wantGrowth: "met"},
		"many may take longer":         {k: 1000, fewer: [2]time.Duration{150, 100}, more: [2]time.Duration{150, 100}, wantGoal: [2]string{"met", "met"}, wantGrowth: "met"},
		"no goal for what is between":  {k: 100, fewer: [2]time.Duration{900, 100}, more: [2]time.Duration{900, 100}, wantGrowth: "met"},
		"growing":                      {k: 10, fewer: [2]time.Duration{100, 100}, more: [2]time.Duration{120, 100}, wantGoal: [2]string{"met", "met"}, wantGrowth: missed},
		"growing as the machine slows": {k: 10, fewer: [2]time.Duration{100, 100}, more: [2]time.Duration{120, 110}, wantGoal: [2]string{"met", "met"}, wantGrowth: "met"},
	} {
		t.Run(name, func(t *testing.T) {
			l := &lister{stage: &stage{options: options{ns: []int{1000, 10000}, ks: []int{tc.k}}}}
			for _, gzip := range []bool{true, false} {
				l.lines = append(l.lines, measured(setting{n: 1000, k: tc.k, gzip: gzip}, tc.fewer[0], tc.fewer[1])...)
				l.lines = append(l.lines, measured(setting{n: 10000, k: tc.k, gzip: gzip}, tc.more[0], tc.more[1])...)
			}
			table := l.goalTable()
			for name, want := range map[string][2]string{
				"p50": tc.wantGoal, "p99": tc.wantGoal, "no growth": {"", tc.wantGrowth},
			} {
				if got := column(t, table, name); len(got) != 4 || got[0] != want[0] || got[1] != want[1] || got[2] != want[0] {
					t.Errorf("%s is %q, want %q with and without gzip", name, got, want)
				}
			}
		})
	}
}

func TestAccessReviewsAreAProduct(t *testing.T) {
	where := setting{n: 1000, k: 10, gzip: true}
	l := &lister{stage: &stage{options: options{ns: []int{1000}, ks: []int{10}}}, lines: measured(where, 2*time.Millisecond, time.Millisecond)}
	l.lines = append(l.lines, line{setting: where, subject: oneReview, samples: report.Samples{2 * time.Millisecond}})
	table := l.tableOf(10)
	subjects, p50 := column(t, table, "what is asked for"), column(t, table, "p50 ms")
	for i, subject := range subjects[:7] {
		if subject == string(manyReview) && p50[i] != "2000" {
			t.Errorf("1000 reviews of 2 ms take %s ms, want 2000", p50[i])
		}
	}
	if subjects[6] != string(manyReview) {
		t.Errorf("the rows are %q, want the product in the end", subjects)
	}
}
