// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package backing

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// UsageColumns are those that Usage has cells for.
var UsageColumns = []metav1.TableColumnDefinition{
	{Name: "Spaces", Type: "string", Description: "How many Spaces are charged, of how many."},
	{Name: "CPU", Type: "string", Description: "How much of requests.cpu is charged, of how much."},
	{Name: "Memory", Type: "string", Description: "How much of requests.memory is charged, of how much."},
	{Name: "Quota", Type: "string", Priority: 1, Description: "How much of every other resource is charged, of how much."},
}

// Usage returns the cells that show how much of a budget is charged, which is nil if that is not known.
func Usage(count int32, quota *spaces.QuotaStatus) []any {
	if quota == nil {
		quota = &spaces.QuotaStatus{}
	}
	total := strconv.Itoa(int(count))
	if limit, limited := quota.Hard[spaces.ResourceSpaces]; limited {
		total += "/" + limit.String()
	}
	return []any{total, charged(quota, corev1.ResourceRequestsCPU), charged(quota, corev1.ResourceRequestsMemory), others(quota)}
}

// charged returns how much of the resource is used, and of how much where that is limited.
func charged(quota *spaces.QuotaStatus, name corev1.ResourceName) string {
	used, known := quota.Used[name]
	limit, limited := quota.Hard[name]
	switch {
	case limited:
		return used.String() + "/" + limit.String()
	case known:
		return used.String()
	default:
		return none
	}
}

const none = "<none>"

// others returns what has no column of its own, as kubectl shows a ResourceQuota.
func others(quota *spaces.QuotaStatus) string {
	all := maps.Clone(quota.Hard)
	for _, shown := range []corev1.ResourceName{spaces.ResourceSpaces, corev1.ResourceRequestsCPU, corev1.ResourceRequestsMemory} {
		delete(all, shown)
	}
	if len(all) == 0 {
		return none
	}
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		texts = append(texts, string(name)+": "+charged(quota, name))
	}
	return strings.Join(texts, ", ")
}
