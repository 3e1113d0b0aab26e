// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"math"
	"time"

	corev1 "k8s.io/api/core/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// forever is longer than every duration.
const forever time.Duration = math.MaxInt64

// length returns how long a Space with this TTL lives, and how long one under this ceiling may: forever, if it is nil,
// zero, or no duration at all.
func length(d *spaces.Duration) time.Duration {
	if d == nil {
		return forever
	}
	value, err := d.Value()
	if err != nil || value <= 0 {
		return forever
	}
	return value
}

// Default fills in what the spec of a new Space leaves open. No TTL becomes the default, or the lowest ceiling if that
// is shorter or there is no default; a TTL of zero was asked for, and stays. Each resource without a quota gets the
// default, or the ceiling likewise. Texts are kept as the policy has them. What it fills in is within the ceilings of a
// Space that is created now; an older one may have less of its lifetime left than the TTL that it gets. The spec is
// changed in place, and shares no memory with the policy afterwards.
func Default(spec *spaces.SpaceSpec, p spaces.SpacePolicy) {
	if spec.TTL == nil {
		spec.TTL = defaultTTL(p)
	}
	for name, amount := range defaultQuota(p) {
		if spec.Quota == nil {
			spec.Quota = &spaces.Quota{}
		}
		if spec.Quota.Hard == nil {
			spec.Quota.Hard = corev1.ResourceList{}
		}
		if _, asked := spec.Quota.Hard[name]; !asked {
			spec.Quota.Hard[name] = amount
		}
	}
}

func defaultTTL(p spaces.SpacePolicy) *spaces.Duration {
	shortest := p.DefaultTTL
	for _, ceiling := range []*spaces.Duration{p.MaxTTL, p.MaxLifetime} {
		if length(ceiling) < length(shortest) {
			shortest = ceiling
		}
	}
	if shortest == nil {
		return nil
	}
	return new(*shortest)
}

// defaultQuota returns a new list.
func defaultQuota(p spaces.SpacePolicy) corev1.ResourceList {
	quota := corev1.ResourceList{}
	for _, limits := range []corev1.ResourceList{hard(p.DefaultQuota), hard(p.MaxQuota)} {
		for name, amount := range limits {
			if lowest, ok := quota[name]; !ok || amount.Cmp(lowest) < 0 {
				quota[name] = amount.DeepCopy()
			}
		}
	}
	return quota
}

// hard returns the limits of the quota, which may be nil.
func hard(quota *spaces.Quota) corev1.ResourceList {
	if quota == nil {
		return nil
	}
	return quota.Hard
}
