// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"strings"
	"testing"
	"time"

	"tenancy.example.io/spaces/test/bench/report"
)

func seconds(n float64) time.Time {
	return time.Unix(0, 0).Add(time.Duration(n * float64(time.Second)))
}

// watched is an outcome with two changes, of which one watcher was told both, and another one.
func watched() outcome {
	return outcome{
		subject: "Spaces",
		load: &load{
			before:  []int{7},
			changes: [][]change{{{sent: seconds(1), acknowledged: seconds(1.5)}, {sent: seconds(2), acknowledged: seconds(2.5)}}},
			began:   seconds(0), ended: seconds(4),
			late: []time.Duration{time.Millisecond, 3 * time.Millisecond},
		},
		expected: 4,
		delivered: [][]delivery{
			{{mark{0, 8}, seconds(2)}, {mark{0, 9}, seconds(4)}},
			{{mark{0, 8}, seconds(5)}},
		},
		before: usage{Goroutines: 110, Connections: 10, Live: 2 * mebi, InUse: 2 * mebi, Resident: 10 * mebi},
		open:   usage{Goroutines: 152, Connections: 12, Live: 4 * mebi, InUse: 4 * mebi, Resident: 30 * mebi, Watches: 20},
		peak:   usage{Goroutines: 160, InUse: 5 * mebi, Resident: 40 * mebi},
		cpu:    clocks{spaces: time.Second, kube: 2 * time.Second, clients: 3 * time.Second},
		stall:  stall{kept: 4, held: 8 * mebi, endings: [...]int{expired: 3, closed: 1}},
	}
}

func TestTables(t *testing.T) {
	w := newWorld(Config{Watchers: 20, Users: 10, Stalled: 4, Sights: 1, Namespaces: 3, Rate: 2, FatRate: 1, For: time.Second})
	got := report.Report{Tables: tables(w, []outcome{watched()})}.Markdown()
	for _, want := range []string{
		"| Spaces | 2 | 0.50 | 3 | 3 | 1 | 2000 | 4000 | 4000 | 1500 | 3500 | 250 |\n",
		"| Spaces | all watches open | 20 | 152 | 12 | 4.00 | 4.00 | 30.00 |\n",
		"| Spaces | the most under load |  | 160 |  |  | 5.00 | 40.00 |\n",
		"| Spaces | one watcher (KiB) | 1 | 2.00 | 0.10 | 102.40 | 102.40 | 1024.00 |\n",
		"| Spaces | 4 | 1 | 2 | 3 |\n",
		"| Spaces | 4 | 4 | 2048.00 | 3 | 1 | 0 |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the tables are\n%s\nwant in them\n%s", got, want)
		}
	}
}

func TestTablesOfAnOutcomeThatCameNotFar(t *testing.T) {
	for _, table := range tables(newWorld(DefaultConfig(nil)), []outcome{{subject: "Spaces"}}) {
		if table.Name == "" || table.Title == "" || len(table.Columns) == 0 {
			t.Errorf("a table is %+v", table)
		}
	}
}
