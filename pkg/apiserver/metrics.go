// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"cmp"
	"time"

	"k8s.io/component-base/metrics"
	"k8s.io/component-base/metrics/legacyregistry"
	"k8s.io/utils/clock"

	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/namespacestore"
	"tenancy.example.io/spaces/pkg/registry/space"
)

// stuckAfter is for how long a Space is being deleted when that counts as stuck: much longer than it takes.
const stuckAfter = 5 * time.Minute

// reasonUnknown is that of what is stuck, and nobody says why.
const reasonUnknown = "Unknown"

var stuckDesc = metrics.NewDesc("spaces_stuck_deletions",
	"How many Spaces have been Terminating for more than five minutes, by the reason of their condition Deleted.",
	[]string{"reason"}, nil, metrics.ALPHA, "")

// stuck counts the Spaces whose deletion is stuck, whenever it is asked.
type stuck struct {
	metrics.BaseStableCollector
	rows  func() []*namespacestore.Row
	clock clock.PassiveClock
}

var _ metrics.StableCollector = &stuck{}

// registerStuck has the count served. Of several servers in one process, it is that of the first.
func registerStuck(feed *namespacestore.Feed, now clock.PassiveClock) {
	_ = legacyregistry.CustomRegister(&stuck{rows: feed.Rows, clock: now})
}

// DescribeWithStability implements metrics.StableCollector.
func (*stuck) DescribeWithStability(to chan<- *metrics.Desc) { to <- stuckDesc }

// CollectWithStability implements metrics.StableCollector.
func (s *stuck) CollectWithStability(to chan<- metrics.Metric) {
	for reason, count := range s.count() {
		to <- metrics.NewLazyConstMetric(stuckDesc, metrics.GaugeValue, float64(count), reason)
	}
}

// count returns how many are stuck, by what holds them up.
func (s *stuck) count() map[string]int {
	counts := map[string]int{}
	for _, row := range s.rows() {
		since := row.Namespace.DeletionTimestamp
		one, ok := row.Object.(*spacesapi.Space)
		if !ok || since == nil || s.clock.Since(since.Time) <= stuckAfter {
			continue
		}
		counts[cmp.Or(space.HoldUp(one), reasonUnknown)]++
	}
	return counts
}
