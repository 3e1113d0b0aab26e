// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spaces

import (
	"fmt"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// ResourceSpaces is the resource of which each Space takes one. Only budgets name it.
const ResourceSpaces corev1.ResourceName = "spaces"

// QuotaStatus is a budget, and how much of it is charged to Spaces.
type QuotaStatus struct {
	// Hard is the budget.
	Hard corev1.ResourceList
	// Used is what is charged of those resources, and of requests.cpu and requests.memory in any case. Other names are for
	// whoever has a Space to choose, and together could be more than there is room for.
	Used corev1.ResourceList
}

// MaxPercent is the highest Percentage that the API accepts.
const MaxPercent = 100000

// Percentage is a whole number of hundredths, such as "150%".
type Percentage string

// Value returns how many hundredths the text means. It fails if the text is not a number from 1 to MaxPercent, without
// sign or leading zeros, and a "%" behind it.
func (p Percentage) Value() (int64, error) {
	digits, ok := strings.CutSuffix(string(p), "%")
	value, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || value < 1 || value > MaxPercent || strconv.FormatInt(value, 10) != digits {
		return 0, fmt.Errorf("%q is not a whole number from 1 to %d with a %% behind it", string(p), MaxPercent)
	}
	return value, nil
}

// NodeResource returns the resource of nodes that Overcommit takes its part of for this resource of a quota: cpu for
// requests.cpu, for example. It is false for a resource that nodes do not have.
func NodeResource(name corev1.ResourceName) (corev1.ResourceName, bool) {
	requested, isRequest := strings.CutPrefix(string(name), corev1.DefaultResourceRequestsPrefix)
	one := requested
	if !isRequest {
		one = strings.TrimPrefix(requested, "limits.")
	}
	switch resource := corev1.ResourceName(one); {
	case resource == corev1.ResourceCPU, resource == corev1.ResourceMemory, resource == corev1.ResourceEphemeralStorage:
		return resource, true
	case name == corev1.ResourcePods, strings.HasPrefix(requested, corev1.ResourceHugePagesPrefix):
		return resource, true
	default:
		return resource, isRequest && strings.Contains(one, "/")
	}
}
