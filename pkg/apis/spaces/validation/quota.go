// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// The resources without a domain that a ResourceQuota can limit, but for huge pages, which have their sizes in their
// names. They are Kubernetes' own list, which it does not publish.
var (
	measuredResources = sets.New(
		corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage,
		corev1.ResourceRequestsCPU, corev1.ResourceRequestsMemory, corev1.ResourceRequestsStorage, corev1.ResourceRequestsEphemeralStorage,
		corev1.ResourceLimitsCPU, corev1.ResourceLimitsMemory, corev1.ResourceLimitsEphemeralStorage,
	)
	countedResources = sets.New(
		corev1.ResourcePods, corev1.ResourceServices, corev1.ResourceServicesNodePorts, corev1.ResourceServicesLoadBalancers,
		corev1.ResourceReplicationControllers, corev1.ResourceSecrets, corev1.ResourceConfigMaps,
		corev1.ResourcePersistentVolumeClaims, corev1.ResourceQuotas,
	)
)

// validateQuota checks the limits of a Space that old does not have as well. Both may be nil.
func validateQuota(quota, old *spaces.Quota, path *field.Path) field.ErrorList {
	return validateLimits(quota, old, path, validateResource)
}

// validateLimits checks the limits that old does not have as well, and their names by validateName.
func validateLimits(quota, old *spaces.Quota, path *field.Path, validateName func(corev1.ResourceName, *field.Path) field.ErrorList) field.ErrorList {
	limits, before := hard(quota), hard(old)
	var errs field.ErrorList
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		limit := limits[name]
		if previous, had := before[name]; had && limit.Cmp(previous) == 0 {
			continue
		}
		path := path.Child("hard").Key(string(name))
		errs = append(errs, validateName(name, path)...)
		errs = append(errs, validateAmount(name, limit, path)...)
	}
	return errs
}

func validateResource(name corev1.ResourceName, path *field.Path) field.ErrorList {
	if name == spaces.ResourceSpaces {
		return field.ErrorList{field.Invalid(path, name, "must be a resource inside a Space, which has no Spaces in it")}
	}
	if problems := content.IsLabelKey(string(name)); len(problems) > 0 {
		return field.ErrorList{field.Invalid(path, name, "must be the name of a resource: "+strings.Join(problems, "; "))}
	}
	if !strings.Contains(string(name), "/") && !isKnown(name) {
		return field.ErrorList{field.Invalid(path, name,
			"must be a resource that a ResourceQuota limits, such as requests.cpu, limits.memory, pods or count/deployments.apps")}
	}
	return nil
}

func isKnown(name corev1.ResourceName) bool {
	return measuredResources.Has(name) || countedResources.Has(name) ||
		strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix) ||
		strings.HasPrefix(string(name), corev1.ResourceRequestsHugePagesPrefix)
}

// mostCounted is as many as Kubernetes can count.
var mostCounted = *resource.NewQuantity(math.MaxInt64, resource.DecimalSI)

func validateAmount(name corev1.ResourceName, amount resource.Quantity, path *field.Path) field.ErrorList {
	switch {
	case amount.Sign() < 0:
		return field.ErrorList{field.Invalid(path, amount.String(), "must not be negative")}
	case !isCounted(name):
		return nil
	case amount.Cmp(mostCounted) > 0:
		return field.ErrorList{field.Invalid(path, amount.String(), "must not be more than "+mostCounted.String())}
	case amount.Cmp(*resource.NewQuantity(amount.Value(), amount.Format)) != 0:
		return field.ErrorList{field.Invalid(path, amount.String(), "must be a whole number, since it counts")}
	default:
		return nil
	}
}

// isCounted tells whether there are only whole numbers of the resource, as of objects and of devices.
func isCounted(name corev1.ResourceName) bool {
	return name == spaces.ResourceSpaces || countedResources.Has(name) ||
		(strings.Contains(string(name), "/") && !strings.HasPrefix(string(name), corev1.DefaultResourceRequestsPrefix))
}

// validateFit refuses defaults that are higher than the highest of the same policy.
func validateFit(defaults, highest *spaces.Quota, path *field.Path) field.ErrorList {
	limits, ceilings := hard(defaults), hard(highest)
	var errs field.ErrorList
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		limit := limits[name]
		if ceiling, ok := ceilings[name]; ok && limit.Cmp(ceiling) > 0 {
			errs = append(errs, field.Invalid(path.Child("hard").Key(string(name)), limit.String(),
				fmt.Sprintf("must not be more than %s, the maxQuota", ceiling.String())))
		}
	}
	return errs
}

func hard(quota *spaces.Quota) corev1.ResourceList {
	if quota == nil {
		return nil
	}
	return quota.Hard
}
