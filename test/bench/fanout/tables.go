// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"fmt"
	"time"

	"tenancy.example.io/spaces/test/bench/report"
)

const (
	kibi = 1 << 10
	mebi = 1 << 20
)

// tables are all that was found, each subject beside the others.
func tables(w world, found []outcome) []report.Table {
	return []report.Table{delays(w, found), costs(w, found), processors(found), stalls(w, found)}
}

func delays(w world, found []outcome) report.Table {
	t := report.Table{
		Name: "fanout",
		Title: fmt.Sprintf("Watch fan-out: %d watchers of %d users, %d changes/s for %s, %d watchers stalled",
			w.Watchers, w.Users, w.Rate, w.For, w.Stalled),
		Columns: []string{
			"watched", "changes", "changes/s", "sent late by at most ms", "events", "lost",
			"p50 ms", "p99 ms", "max ms", "p50 ms from ack", "p99 ms from ack", "goal p99 ms",
		},
		Notes: []string{
			"From when a change was sent to the kube-apiserver, or acknowledged by it, to when a watcher has it. The " +
				"stalled watchers are not counted.",
		},
	}
	for _, o := range found {
		if o.load == nil {
			continue
		}
		sent, acknowledged := o.samples()
		var late time.Duration
		for _, l := range o.load.late {
			late = max(late, l)
		}
		t.Add(report.Text(o.subject), report.Number(o.load.count()),
			report.Ratio(float64(o.load.count()), o.load.ended.Sub(o.load.began).Seconds()), milliseconds(late),
			report.Number(o.told()), report.Number(o.expected-o.told()),
			milliseconds(sent.Percentile(50)), milliseconds(sent.Percentile(99)), milliseconds(sent.Percentile(100)),
			milliseconds(acknowledged.Percentile(50)), milliseconds(acknowledged.Percentile(99)), milliseconds(goal))
	}
	return t
}

// samples are the delays of all deliveries, since they were sent and since they were acknowledged.
func (o *outcome) samples() (sent, acknowledged report.Samples) {
	for _, deliveries := range o.delivered {
		for _, d := range deliveries {
			change := o.load.of(d.mark)
			sent = append(sent, d.received.Sub(change.sent))
			acknowledged = append(acknowledged, d.received.Sub(change.acknowledged))
		}
	}
	return sent, acknowledged
}

func milliseconds(d time.Duration) report.Cell { return report.Number(report.Milliseconds(d)) }

func costs(w world, found []outcome) report.Table {
	t := report.Table{
		Name:    "fanout-memory",
		Title:   "What the server of the watches has",
		Columns: []string{"watched", "when", "watches", "goroutines", "of connections", "heap live MiB", "heap in use MiB", "resident MiB"},
		Notes: []string{
			"The live heap is what is left when garbage has just been collected. A watcher is the difference of the " +
				"first two lines, by watches, in KiB.",
		},
	}
	for _, o := range found {
		for _, phase := range []struct {
			name  string
			usage usage
		}{
			{"before", o.before},
			{"all watches open", o.open},
			{"the most under load", o.peak},
			{"the stalled alone", o.rest},
			{"after", o.after},
		} {
			addUsage(&t, o.subject, phase.name, phase.usage)
		}
		addWatcher(&t, o, float64(w.Watchers))
	}
	return t
}

func addUsage(t *report.Table, subject, when string, u usage) {
	watches, live, connections := report.Number(u.Watches), report.Ratio(u.Live, mebi), report.Number(u.Connections)
	if u.Live == 0 {
		// It is the most of many samples, which do not have these.
		watches, live, connections = report.Cell{}, report.Cell{}, report.Cell{}
	}
	t.Add(report.Text(subject), report.Text(when), watches, report.Number(u.Goroutines), connections,
		live, report.Ratio(u.InUse, mebi), report.Ratio(u.Resident, mebi))
}

func addWatcher(t *report.Table, o outcome, watchers float64) {
	each := func(of func(usage) float64) report.Cell { return report.Ratio(of(o.open)-of(o.before), watchers) }
	t.Add(report.Text(o.subject), report.Text("one watcher (KiB)"), report.Number(1),
		each(func(u usage) float64 { return float64(u.lasting()) }),
		each(func(u usage) float64 { return float64(u.Connections) }),
		each(func(u usage) float64 { return u.Live / kibi }),
		each(func(u usage) float64 { return u.InUse / kibi }),
		each(func(u usage) float64 { return u.Resident / kibi }))
}

func processors(found []outcome) report.Table {
	t := report.Table{
		Name:    "fanout-cpu",
		Title:   "CPU seconds during the changes",
		Columns: []string{"watched", "for s", "our server", "kube-apiserver", "the clients"},
	}
	for _, o := range found {
		if o.load == nil {
			continue
		}
		t.Add(report.Text(o.subject), report.Number(o.load.ended.Sub(o.load.began).Seconds()),
			report.Number(o.cpu.spaces.Seconds()), report.Number(o.cpu.kube.Seconds()), report.Number(o.cpu.clients.Seconds()))
	}
	return t
}

func stalls(w world, found []outcome) report.Table {
	t := report.Table{
		Name:    "fanout-stalled",
		Title:   "Watchers that do not read",
		Columns: []string{"watched", "stalled", "still at the server", "KiB for each", "ended with 410", "cut", "went on"},
		Notes: []string{
			"Still at the server: after the changes, when nobody else watched. The three last columns are what they " +
				"found when they read on.",
		},
	}
	for _, o := range found {
		t.Add(report.Text(o.subject), report.Number(w.Stalled), report.Number(o.stall.kept),
			report.Ratio(o.stall.held/kibi, float64(w.Stalled)),
			report.Number(o.stall.endings[expired]), report.Number(o.stall.endings[closed]), report.Number(o.stall.endings[lives]))
	}
	return t
}
