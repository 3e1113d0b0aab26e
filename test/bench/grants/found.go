// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package grants

import (
	"fmt"
	"time"

	"tenancy.example.io/spaces/test/bench/report"
)

// found is what was measured, by round.
type found struct {
	granted, revoked []moments
}

// interval picks how long something took.
type interval func(moments) time.Duration

func told(m moments) time.Duration     { return m.told.Sub(m.sent) }
func answered(m moments) time.Duration { return m.answered.Sub(m.sent) }
func asked(m moments) time.Duration    { return m.asked.Sub(m.sent) }

// acknowledged is how long the write itself took.
func acknowledged(m moments) time.Duration { return m.acknowledged.Sub(m.sent) }

// later counts an interval from the acknowledgement.
func (i interval) later() interval {
	return func(m moments) time.Duration { return i(m) - acknowledged(m) }
}

func samples(all []moments, of interval) report.Samples {
	result := make(report.Samples, 0, len(all))
	for _, m := range all {
		result = append(result, of(m))
	}
	return result
}

func (f found) table(rounds int) report.Table {
	t := report.Table{
		Name:  "grants",
		Title: fmt.Sprintf("From a RoleBinding to what follows, %d rounds", rounds),
		Columns: []string{
			"write", "until", "p50 ms", "p99 ms", "max ms", "p50 ms from ack", "p99 ms from ack",
			"p99 of the watch to this", "goal",
		},
		Notes: []string{
			"From when the write was sent, or acknowledged. The user asks the kube-apiserver again and again, as fast as it " +
				"answers; the watch goes through it to our server. When the GET was asked is the kindest to the kube-apiserver: " +
				"it may have decided so only later.",
		},
	}
	addRows(&t, "RoleBinding created", "ADDED in a watch of Spaces", "first GET of the namespace that is allowed", f.granted)
	addRows(&t, "RoleBinding deleted", "DELETED in a watch of Spaces", "first GET of the namespace that is forbidden", f.revoked)
	return t
}

// addRows adds the watch, and the kube-apiserver in two ways to look at it.
func addRows(t *report.Table, write, ours, kube string, all []moments) {
	t.Add(cells(write, ours, all, told)...)
	for _, row := range []struct {
		until string
		of    interval
	}{{kube + ", answered", answered}, {kube + ", asked", asked}} {
		ratio := report.Ratio(float64(samples(all, told).Percentile(99)), float64(samples(all, row.of).Percentile(99)))
		t.Add(append(cells(write, row.until, all, row.of), ratio, report.Number(goal))...)
	}
}

func cells(write, until string, all []moments, of interval) []report.Cell {
	sent, later := samples(all, of), samples(all, of.later())
	result := []report.Cell{report.Text(write), report.Text(until)}
	for _, d := range []time.Duration{
		sent.Percentile(50), sent.Percentile(99), sent.Percentile(100), later.Percentile(50), later.Percentile(99),
	} {
		result = append(result, report.Number(report.Milliseconds(d)))
	}
	return result
}
