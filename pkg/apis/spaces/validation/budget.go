// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// validateBudget checks the limits that old does not have as well. Both may be nil.
func validateBudget(quota, old *spaces.Quota, path *field.Path) field.ErrorList {
	return validateLimits(quota, old, path, validateBudgetResource)
}

func validateBudgetResource(name corev1.ResourceName, path *field.Path) field.ErrorList {
	if name == spaces.ResourceSpaces {
		return nil
	}
	return validateResource(name, path)
}

// validateOvercommit checks the parts that old does not have as well, and that no resource has come to have an amount besides.
func validateOvercommit(spec, old *spaces.ClusterQuotaSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, name := range slices.Sorted(maps.Keys(spec.Overcommit)) {
		part, path := spec.Overcommit[name], path.Key(string(name))
		previous, had := old.Overcommit[name]
		if !had || part != previous {
			errs = append(errs, validateNodeResource(name, path)...)
			errs = append(errs, validatePercentage(part, path)...)
		}
		_, twice := hard(spec.Quota)[name]
		_, before := hard(old.Quota)[name]
		if twice && (!had || !before) {
			errs = append(errs, field.Forbidden(path, "the budget has an amount of it in spec.quota.hard: leave it out there, or here"))
		}
	}
	return errs
}

func validateNodeResource(name corev1.ResourceName, path *field.Path) field.ErrorList {
	if name != spaces.ResourceSpaces {
		if errs := validateResource(name, path); len(errs) > 0 {
			return errs
		}
	}
	if _, ok := spaces.NodeResource(name); !ok {
		return field.ErrorList{field.Invalid(path, name, "must be a resource that nodes have, such as requests.cpu, limits.memory, "+
			"pods or requests.example.com/gpu: give an amount of any other in spec.quota.hard")}
	}
	return nil
}

func validatePercentage(part spaces.Percentage, path *field.Path) field.ErrorList {
	if _, err := part.Value(); err != nil {
		return field.ErrorList{field.Invalid(path, string(part), fmt.Sprintf(
			`must be a whole percentage from "1%%" to "%d%%", such as "150%%"`, spaces.MaxPercent))}
	}
	return nil
}
