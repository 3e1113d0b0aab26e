// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// Budget is what all Spaces of an account, or of the cluster, may be charged together.
type Budget struct {
	// Account is the name of the account that has it. Empty, it is that of the ClusterQuota.
	Account string
	// Resources are those that it limits inside of Spaces, sorted: each Space has to say how much it has of them.
	Resources []corev1.ResourceName
}

// AccountBudget returns the budget of the account.
func AccountBudget(account *spaces.Account) Budget {
	return Budget{Account: account.Name, Resources: insideOf(sets.KeySet(hard(account.Spec.Quota)))}
}

// ClusterBudget returns the budget of the cluster.
func ClusterBudget(spec *spaces.ClusterQuotaSpec) Budget {
	return Budget{Resources: insideOf(sets.KeySet(hard(spec.Quota)).Union(sets.KeySet(spec.Overcommit)))}
}

// insideOf changes the set.
func insideOf(names sets.Set[corev1.ResourceName]) []corev1.ResourceName {
	return slices.Sorted(maps.Keys(names.Delete(spaces.ResourceSpaces)))
}

// ChangesCharge tells whether the Space is charged otherwise than old, which is nil where it is created: to another account,
// or other amounts.
func ChangesCharge(space, old *spaces.Space) bool {
	return request{space: space, old: old}.isNew() ||
		!apiequality.Semantic.DeepEqual(hard(space.Spec.Quota), hard(old.Spec.Quota))
}

// CheckCharge returns which resources the Space has to name, since one of the budgets limits them. A Space that is charged as
// it was before is not wrong: a budget may be newer, and is charged nothing for it then.
func CheckCharge(space, old *spaces.Space, budgets []Budget) field.ErrorList {
	if !ChangesCharge(space, old) {
		return nil
	}
	var errs field.ErrorList
	told := map[corev1.ResourceName]bool{}
	for _, budget := range budgets {
		for _, name := range budget.Resources {
			if _, named := hard(space.Spec.Quota)[name]; !named && !told[name] {
				errs = append(errs, field.Required(field.NewPath("spec", "quota", "hard").Key(string(name)), budget.demand()))
				told[name] = true
			}
		}
	}
	return errs
}

func (b Budget) demand() string {
	return fmt.Sprintf("%s has a budget of it for all its Spaces together, so each has to say how much it may have: name an amount, "+
		"or ask the administrator for a default", Source{Account: b.Account}.of(true))
}
