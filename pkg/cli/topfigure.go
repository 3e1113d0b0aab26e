// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"maps"
	"math"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// topFigure is how much of a resource is charged, of how much.
type topFigure struct {
	Resource corev1.ResourceName `json:"resource"`
	Used     resource.Quantity   `json:"used"`
	// Hard is nil where nothing is limited.
	Hard *resource.Quantity `json:"hard,omitempty"`
	// Percent is the part of Hard in whole hundredths. It is below 100 as long as anything is left, above if there is too
	// much, and nil where Hard is nil or zero.
	Percent *int64 `json:"percent,omitempty"`
}

const (
	// unlimited is the share of what has no limit.
	unlimited = -1.0
	// percentMax is more than anybody wants to know.
	percentMax = 999_999
	// roundingError is what the division of two amounts may be wrong by, in hundredths.
	roundingError = 1e-9
)

func newTopFigure(name corev1.ResourceName, used resource.Quantity, hard *resource.Quantity) topFigure {
	f := topFigure{Resource: name, Used: used, Hard: hard}
	f.Percent = f.percent()
	return f
}

// share is the part of Hard, from 0 on; unlimited if there is no Hard, and infinite if that is zero, and something is used.
func (f topFigure) share() float64 {
	switch {
	case f.Hard == nil:
		return unlimited
	case f.Used.IsZero():
		return 0
	case f.Hard.IsZero():
		return math.Inf(1)
	}
	return f.Used.AsApproximateFloat64() / f.Hard.AsApproximateFloat64()
}

func (f topFigure) percent() *int64 {
	if f.Hard == nil || f.Hard.IsZero() {
		return nil
	}
	exact := 100 * f.share()
	switch f.Used.Cmp(*f.Hard) {
	case -1:
		return new(int64(min(99, math.Floor(exact+roundingError))))
	case 1:
		return new(int64(min(percentMax, max(101, math.Ceil(exact-roundingError)))))
	}
	return new(int64(100))
}

// percentText is the part for people.
func (f topFigure) percentText() string {
	if f.Percent == nil {
		return noneText
	}
	return fmt.Sprintf("%d%%", *f.Percent)
}

// limitIn returns the amount of the resource in a budget, or nil if that does not limit it.
func limitIn(hard corev1.ResourceList, name corev1.ResourceName) *resource.Quantity {
	if limit, ok := hard[name]; ok {
		return &limit
	}
	return nil
}

// topLimits are the budgets that Spaces are compared with.
type topLimits struct {
	cluster  corev1.ResourceList
	accounts map[string]corev1.ResourceList
}

func (s *sight) limits() topLimits {
	limits := topLimits{accounts: map[string]corev1.ResourceList{}}
	for i := range s.quotas {
		if quota := s.quotas[i].Status.Quota; quota != nil {
			limits.cluster = quota.Hard
		}
	}
	for i := range s.accounts {
		if quota := s.accounts[i].Status.Quota; quota != nil {
			limits.accounts[s.accounts[i].Name] = quota.Hard
		}
	}
	return limits
}

// figure compares an amount with the budget of the account, or else with that of the cluster.
func (l topLimits) figure(account string, name corev1.ResourceName, used resource.Quantity) (figure topFigure, budget string) {
	if limit := limitIn(l.accounts[account], name); limit != nil {
		return newTopFigure(name, used, limit), kindAccount
	}
	if limit := limitIn(l.cluster, name); limit != nil {
		return newTopFigure(name, used, limit), kindClusterQuota
	}
	return newTopFigure(name, used, nil), ""
}

// largest returns what the Space is charged of that resource, or of the one that it has the largest part of if it is "". It
// returns false if the Space is charged nothing of that.
func (l topLimits) largest(space *v1alpha1.Space, sortBy string) (largest topSpace, ok bool) {
	if space.Spec.Quota == nil {
		return largest, false
	}
	hard := space.Spec.Quota.Hard
	names := slices.Sorted(maps.Keys(hard))
	if sortBy != "" {
		names = slices.DeleteFunc(names, func(name corev1.ResourceName) bool { return string(name) != sortBy })
	}
	slices.SortStableFunc(names, func(a, b corev1.ResourceName) int { return rank(a) - rank(b) })
	for _, name := range names {
		figure, budget := l.figure(space.Spec.Account, name, hard[name])
		if !ok || figure.share() > largest.share() {
			largest, ok = topSpace{Name: space.Name, Account: space.Spec.Account, Budget: budget, topFigure: figure}, true
		}
	}
	return largest, ok
}

// rank orders resources of which a Space has equal parts, or of which nothing is limited, by what people ask for first.
func rank(name corev1.ResourceName) int {
	order := []corev1.ResourceName{corev1.ResourceRequestsCPU, corev1.ResourceRequestsMemory}
	if i := slices.Index(order, name); i >= 0 {
		return i
	}
	return len(order)
}
