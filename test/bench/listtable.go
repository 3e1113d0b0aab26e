// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"time"

	"tenancy.example.io/spaces/test/bench/report"
)

// goals are how many times as long as the ideal backend a list of so many may take.
var goals = map[int]float64{10: 1.25, 1000: 1.5}

// noGrowth is how much of a growth is taken for none, as the machine is not that steady.
const noGrowth = 1.1

func (l *lister) tables() []report.Table {
	tables := []report.Table{l.goalTable()}
	for _, k := range l.options.ks {
		tables = append(tables, l.tableOf(k))
	}
	return append(tables, l.allTable())
}

// settings are those with so many visible Spaces.
func (l *lister) settings(k int) []setting {
	var settings []setting
	for _, gzip := range []bool{true, false} {
		for _, n := range l.options.ns {
			settings = append(settings, setting{n: n, k: k, gzip: gzip})
		}
	}
	return settings
}

func (l *lister) goalTable() report.Table {
	table := report.Table{
		Name:  "list-goals",
		Title: "Lists through the aggregator, and the goals",
		Columns: []string{
			"K", "client", "N", "p50 × (b)", "p99 × (b)", "goal", "p50", "p99", "p50 × N before", "the same of (b)", "no growth",
		},
		Notes: []string{fmt.Sprintf("Up to %.2f times the growth of (b) counts as none.", noGrowth)},
	}
	for _, k := range l.options.ks {
		var before setting
		for _, where := range l.settings(k) {
			table.Add(append(l.ratios(where), l.growth(before, where)...)...)
			before = where
		}
	}
	return table
}

// ratios are the first cells of a row of goals.
func (l *lister) ratios(where setting) []report.Cell {
	we := l.find(where, ours)
	best := l.find(where, idealList)
	p50, p99 := we.p(50)/best.p(50), we.p(99)/best.p(99)
	cells := []report.Cell{
		report.Number(where.k), report.Text(where.client()), report.Number(where.n),
		report.Ratio(we.p(50), best.p(50)), report.Ratio(we.p(99), best.p(99)),
	}
	goal, has := goals[where.k]
	if !has {
		return append(cells, report.Cell{}, report.Cell{}, report.Cell{})
	}
	return append(cells, report.Textf("≤ %.2f", goal), verdict(p50 <= goal), verdict(p99 <= goal))
}

// growth compares with fewer Spaces in the cluster, if that was measured.
func (l *lister) growth(before, where setting) []report.Cell {
	if before.k != where.k || before.gzip != where.gzip {
		return nil
	}
	fewer := l.find(before, ours)
	more := l.find(where, ours)
	bestFewer := l.find(before, idealList)
	bestMore := l.find(where, idealList)
	growth, bestGrowth := more.p(50)/fewer.p(50), bestMore.p(50)/bestFewer.p(50)
	return []report.Cell{
		report.Ratio(more.p(50), fewer.p(50)), report.Ratio(bestMore.p(50), bestFewer.p(50)),
		verdict(growth <= noGrowth*bestGrowth),
	}
}

func verdict(met bool) report.Cell {
	if met {
		return report.Text("met")
	}
	return report.Text("**missed**")
}

var lineColumns = []string{
	"N", "client", "what is asked for", "KiB", "p50 ms", "p99 ms", "requests/s", "p50 × (b)", "p99 × (b)", "requests/s × (b)",
}

func (l *lister) tableOf(k int) report.Table {
	table := report.Table{
		Name: fmt.Sprintf("list-%d", k), Title: fmt.Sprintf("K=%d", k), Columns: lineColumns,
	}
	for _, where := range l.settings(k) {
		for _, subject := range []subject{ours, idealList, oursDirect, labelled, oneGet, oneReview} {
			l.addLine(&table, where, subject)
		}
		review := l.find(where, oneReview)
		best := l.find(where, idealList)
		table.Add(
			report.Number(where.n), report.Text(where.client()), report.Text(string(manyReview)), report.Cell{},
			report.Number(review.p(50)*float64(where.n)), report.Cell{}, report.Cell{},
			report.Ratio(review.p(50)*float64(where.n), best.p(50)),
		)
	}
	return table
}

func (l *lister) allTable() report.Table {
	table := report.Table{
		Name: "list-all", Title: "All, as the administrator", Columns: lineColumns,
	}
	for _, where := range l.settings(everyone) {
		for _, subject := range []subject{ours, idealList, oursDirect, namespaces} {
			l.addLine(&table, where, subject)
		}
	}
	return table
}

func (l *lister) addLine(table *report.Table, where setting, subject subject) {
	one := l.find(where, subject)
	best := l.find(where, idealList)
	table.Add(
		report.Number(where.n), report.Text(where.client()), report.Text(string(subject)),
		report.Number(float64(one.body)/1024), report.Number(one.p(50)), report.Number(one.p(99)), report.Number(one.rate),
		report.Ratio(one.p(50), best.p(50)), report.Ratio(one.p(99), best.p(99)), report.Ratio(one.rate, best.rate),
	)
}

// p is a percentile in milliseconds.
func (l line) p(percent float64) float64 {
	return report.Milliseconds(l.samples.Percentile(percent))
}

// milliseconds is a Cell of a duration.
func milliseconds(d time.Duration) report.Cell { return report.Number(report.Milliseconds(d)) }
