// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package expiry

import (
	"sync"

	"k8s.io/component-base/metrics"
	"k8s.io/component-base/metrics/legacyregistry"
)

var (
	lateness = metrics.NewHistogram(&metrics.HistogramOpts{
		Name:           "spaces_expiry_lateness_seconds",
		Help:           "How long after its time a Space was deleted, in seconds.",
		Buckets:        []float64{0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600},
		StabilityLevel: metrics.ALPHA,
	})
	failures = metrics.NewCounter(&metrics.CounterOpts{
		Name:           "spaces_expiry_failures_total",
		Help:           "How many deletions of expired Spaces have failed. Each is tried again.",
		StabilityLevel: metrics.ALPHA,
	})
)

// RegisterMetrics has the metrics of the package served. It can be called more than once.
var RegisterMetrics = sync.OnceFunc(func() { legacyregistry.MustRegister(lateness, failures) })
