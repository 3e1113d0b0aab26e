// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// topSummary is what "kubectl space top" shows, and prints with --output. Fields are only added to this version of it.
type topSummary struct {
	metav1.TypeMeta `json:",inline"`
	// Budgets are that of the cluster, and those of accounts.
	Budgets []topBudget `json:"budgets"`
	// Spaces are the largest, the largest first.
	Spaces []topSpace `json:"spaces"`
}

// topBudget is how much of a budget is charged.
type topBudget struct {
	// Kind is ClusterQuota or Account.
	Kind string `json:"kind"`
	Name string `json:"name"`
	// Resources are sorted by their names.
	Resources []topFigure `json:"resources"`
}

// topSpace is how much a Space is charged, of the resource that it has the largest part of.
type topSpace struct {
	Name    string `json:"name"`
	Account string `json:"account,omitempty"`
	// Budget is the kind of the one that is compared with: Account, or ClusterQuota; "" if nothing is limited.
	Budget    string `json:"budget,omitempty"`
	topFigure `json:",inline"`
}

const (
	kindAccount      = "Account"
	kindClusterQuota = "ClusterQuota"
	resourceSpaces   = "spaces"
)

// summary returns what is seen, with what is spent the most first, of the resource if it is not "".
func (s *sight) summary(sortBy string) *topSummary {
	summary := &topSummary{
		TypeMeta: metav1.TypeMeta{APIVersion: "cli." + v1alpha1.SchemeGroupVersion.String(), Kind: "SpaceTop"},
		Budgets:  []topBudget{}, Spaces: []topSpace{},
	}
	for i := range s.accounts {
		one := &s.accounts[i]
		summary.Budgets = append(summary.Budgets, newTopBudget(kindAccount, one.Name, one.Status.Spaces, one.Status.Quota))
	}
	slices.SortFunc(summary.Budgets, func(a, b topBudget) int {
		return cmp.Or(cmp.Compare(b.spent(sortBy), a.spent(sortBy)), strings.Compare(a.Name, b.Name))
	})
	for i := range s.quotas {
		one := &s.quotas[i]
		cluster := newTopBudget(kindClusterQuota, one.Name, one.Status.Spaces, one.Status.Quota)
		summary.Budgets = slices.Insert(summary.Budgets, 0, cluster)
	}
	summary.Spaces = append(summary.Spaces, s.largest(sortBy)...)
	return summary
}

// newTopBudget returns the budget that a status says.
func newTopBudget(kind, name string, spaces int32, status *v1alpha1.QuotaStatus) topBudget {
	amounts := corev1.ResourceList{resourceSpaces: *resource.NewQuantity(int64(spaces), resource.DecimalSI)}
	if status == nil {
		status = &v1alpha1.QuotaStatus{}
	}
	for name := range status.Hard {
		amounts[name] = status.Used[name]
	}
	maps.Copy(amounts, status.Used)
	budget := topBudget{Kind: kind, Name: name}
	for _, name := range slices.Sorted(maps.Keys(amounts)) {
		budget.Resources = append(budget.Resources, newTopFigure(name, amounts[name], limitIn(status.Hard, name)))
	}
	return budget
}

// spent returns the part that is spent of the resource, or the largest part that is spent of any if it is "".
func (b *topBudget) spent(sortBy string) float64 {
	share := unlimited
	for _, figure := range b.Resources {
		if sortBy == "" || string(figure.Resource) == sortBy {
			share = max(share, figure.share())
		}
	}
	return share
}

// largest returns the Spaces that are charged anything, or that resource if it is not "", the largest first.
func (s *sight) largest(sortBy string) []topSpace {
	limits := s.limits()
	var spaces []topSpace
	for i := range s.spaces {
		if one, ok := limits.largest(&s.spaces[i], sortBy); ok {
			spaces = append(spaces, one)
		}
	}
	slices.SortFunc(spaces, func(a, b topSpace) int {
		if sortBy != "" || a.Hard == nil && b.Hard == nil && a.Resource == b.Resource {
			return cmp.Or(b.Used.Cmp(a.Used), strings.Compare(a.Name, b.Name))
		}
		return cmp.Or(cmp.Compare(b.share(), a.share()), cmp.Compare(a.Resource, b.Resource), strings.Compare(a.Name, b.Name))
	})
	return spaces
}

// names tells whether the resource is in any of the budgets, or charged to any of the Spaces.
func (s *topSummary) names(name string) bool {
	return len(s.Spaces) > 0 || slices.ContainsFunc(s.Budgets, func(b topBudget) bool {
		return slices.ContainsFunc(b.Resources, func(f topFigure) bool { return string(f.Resource) == name })
	})
}

// cut leaves that many Spaces, and that many accounts unless all are to stay, or everything if it is 0. It says how many
// are left out, or "" for none.
func (s *topSummary) cut(limit int, allAccounts bool) string {
	var left []string
	accounts := slices.IndexFunc(s.Budgets, func(b topBudget) bool { return b.Kind == kindAccount })
	if limit > 0 && !allAccounts && accounts >= 0 && len(s.Budgets) > accounts+limit {
		left = append(left, fmt.Sprintf("%d more account(s)", len(s.Budgets)-accounts-limit))
		s.Budgets = s.Budgets[:accounts+limit]
	}
	if limit > 0 && len(s.Spaces) > limit {
		left = append(left, fmt.Sprintf("%d more Space(s)", len(s.Spaces)-limit))
		s.Spaces = s.Spaces[:limit]
	}
	return strings.Join(left, " and ")
}
