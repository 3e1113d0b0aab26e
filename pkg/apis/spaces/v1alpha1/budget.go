// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// QuotaStatus is a budget, and how much of it is charged to Spaces.
type QuotaStatus struct {
	// hard is the budget. Set by the platform.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	Hard corev1.ResourceList `json:"hard,omitempty"`

	// used is how much is charged of the resources in hard, and of requests.cpu and requests.memory in any case. It is
	// more than hard where that was lowered. Set by the platform.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	Used corev1.ResourceList `json:"used,omitempty"`
}

// Percentage is a whole number of hundredths, such as "150%", from "1%" to "100000%".
type Percentage string

// Value returns how many hundredths the text means, or an error if it is no Percentage.
func (p Percentage) Value() (int64, error) {
	return spaces.Percentage(p).Value()
}
