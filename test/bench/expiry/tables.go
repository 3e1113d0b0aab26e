// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package expiry

import (
	"tenancy.example.io/spaces/test/bench/report"
)

// tables has one table for the deletions, and one for what else was asked meanwhile.
func (b *bench) tables(alone, idle report.Samples, all turns) []report.Table {
	deletions := report.Table{
		Name:    "expiry",
		Title:   "Expiry",
		Columns: []string{"what", "how many", "p50 ms", "p99 ms", "a second", "Spaces × this", "goal", "result"},
	}
	deletions.Add(append(lateness("Spaces that expire two at a time", alone), report.Text(""), report.Text(""),
		report.Textf("p99 < %v", goalAlone), verdict(alone.Percentile(99) < goalAlone))...)
	deletions.Add(append(lateness("Spaces that expire at the same moment", all.ours.samples), report.Number(all.ours.rate()), report.Number(1))...)
	for _, bare := range []struct {
		what string
		outcome
	}{
		{"namespaces of Spaces, by a bare client", all.kept},
		{"empty namespaces, by a bare client", all.empty},
	} {
		ratio := all.ours.rate() / bare.rate()
		deletions.Add(append(lateness(bare.what, bare.samples), report.Number(bare.rate()), report.Number(ratio),
			report.Textf("≥ %.1f", goalRate), verdict(ratio >= goalRate))...)
	}
	return []report.Table{deletions, others(all.ours, all.kept.and(all.empty), idle)}
}

func lateness(what string, samples report.Samples) []report.Cell {
	return []report.Cell{
		report.Text(what), report.Number(len(samples)),
		report.Number(report.Milliseconds(samples.Percentile(50))), report.Number(report.Milliseconds(samples.Percentile(99))),
	}
}

func others(ours, bare outcome, idle report.Samples) report.Table {
	table := report.Table{
		Name:    "expiry-others",
		Title:   "Another request to our server meanwhile",
		Columns: []string{"while", "how many", "p50 ms", "p99 ms", "× idle, p50", "goal", "result"},
	}
	quiet := float64(idle.Percentile(50))
	table.Add(lateness("nothing else happens", idle)...)
	ratio := float64(ours.others.Percentile(50)) / quiet
	table.Add(append(lateness("Spaces expire", ours.others), report.Number(ratio),
		report.Textf("≤ %.0f", goalOthers), verdict(ratio <= goalOthers))...)
	table.Add(append(lateness("a bare client deletes namespaces", bare.others),
		report.Number(float64(bare.others.Percentile(50))/quiet))...)
	return table
}

func verdict(met bool) report.Cell {
	if met {
		return report.Text("met")
	}
	return report.Text("**missed**")
}
