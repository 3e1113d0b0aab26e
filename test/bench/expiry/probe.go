// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package expiry

import (
	"context"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	spacesclient "tenancy.example.io/spaces/pkg/generated/clientset/versioned/typed/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/bench/report"
)

// probeEvery is how often somebody else asks our server for something.
const probeEvery = 20 * time.Millisecond

// prober asks our server, directly: what else is busy does not count.
type prober struct {
	spaces spacesclient.SpaceInterface
}

// during asks for a Space again and again until the work is done, and returns how long that took each time.
func (p prober) during(ctx context.Context, work func()) report.Samples {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var samples report.Samples
	var asking sync.WaitGroup
	asking.Go(func() {
		for ctx.Err() == nil {
			began := time.Now()
			if _, err := p.spaces.Get(ctx, probeName, metav1.GetOptions{}); err == nil {
				samples = append(samples, time.Since(began))
			}
			sleep(ctx, probeEvery)
		}
	})
	work()
	stop()
	asking.Wait()
	return samples
}
