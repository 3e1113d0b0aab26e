// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// Overcommit returns for each resource that percentage of what the nodes have for pods, together. It is exact, and rounded
// down: cpu to thousandths, everything else to whole units. Of a resource that no node has, it is zero. It fails if
// something is no resource of nodes, or no percentage. What it is given does not change.
func Overcommit(parts map[corev1.ResourceName]spaces.Percentage, nodes ...corev1.ResourceList) (corev1.ResourceList, error) {
	var all Amounts
	for _, allocatable := range nodes {
		all.add(Amounts(allocatable))
	}
	hard := make(corev1.ResourceList, len(parts))
	for name, part := range parts {
		percent, err := part.Value()
		if err != nil {
			return nil, fmt.Errorf("overcommit of %s: %w", name, err)
		}
		source, ok := spaces.NodeResource(name)
		if !ok {
			return nil, fmt.Errorf("overcommit of %s: nodes do not have it", name)
		}
		unit := resource.Scale(0)
		if source == corev1.ResourceCPU {
			unit = resource.Milli
		}
		hard[name] = percentOf(all.of(source), percent, unit)
	}
	return hard, nil
}

// percentOf returns so many hundredths of the amount, rounded down to the unit. The amount is nobody else's, and not negative.
func percentOf(amount resource.Quantity, percent int64, unit resource.Scale) resource.Quantity {
	amount.Mul(percent) // It is exact, also where it says that the product has more than 64 bits.
	exact := amount.AsDec()
	exact.SetScale(exact.Scale() + 2)
	if !amount.RoundUp(unit) {
		amount.Sub(*resource.NewScaledQuantity(1, unit))
	}
	return amount
}
