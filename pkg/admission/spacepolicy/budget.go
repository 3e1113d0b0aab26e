// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spacepolicy

import (
	"slices"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/policy"
)

// fillBudgets fills in the quota of a Space that is charged otherwise than before, for the resources that it has to name now.
func (p *Plugin) fillBudgets(space, old *spaces.Space, current spaces.SpacePolicy) {
	if !policy.ChangesCharge(space, old) {
		return
	}
	budgets, err := p.policies.Budgets(space.Spec.Account)
	if err != nil {
		return // Validate says so.
	}
	filled := space.Spec.DeepCopy()
	policy.Default(filled, current)
	if filled.Quota == nil {
		return // Validate says what is missing.
	}
	for _, budget := range budgets {
		fillQuota(&space.Spec, filled.Quota.Hard, slices.Values(budget.Resources))
	}
}
