// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

func TestQuotaResources(t *testing.T) {
	const wantKnown = "must be a resource that a ResourceQuota limits, such as requests.cpu, limits.memory, pods or count/deployments.apps"
	testCases := map[string]struct {
		names []string
		want  string // of the detail, for each name
	}{
		"what is requested": {names: []string{"cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage", "requests.ephemeral-storage"}},
		"what is limited":   {names: []string{"limits.cpu", "limits.memory", "limits.ephemeral-storage"}},
		"what is counted": {names: []string{
			"pods", "services", "services.nodeports", "services.loadbalancers", "replicationcontrollers", "secrets", "configmaps",
			"persistentvolumeclaims", "resourcequotas", "count/deployments.apps", "count/pods",
		}},
		"huge pages":                 {names: []string{"hugepages-2Mi", "requests.hugepages-1Gi"}},
		"devices":                    {names: []string{"requests.nvidia.com/gpu", "example.com/license"}},
		"storage of a class":         {names: []string{"gold.storageclass.storage.k8s.io/requests.storage"}},
		"Spaces are in no Space":     {names: []string{"spaces"}, want: "must be a resource inside a Space, which has no Spaces in it"},
		"what Kubernetes knows not":  {names: []string{"request.cpu", "pod", "deployments.apps", "gpu", "storage"}, want: wantKnown},
		"what is no name":            {names: []string{"", "requests cpu", "a/b/c", "/pods", "count/", "Example/x"}, want: "must be the name of a resource: "},
		"names are written one way":  {names: []string{"Pods", "CPU"}, want: wantKnown},
		"a domain has a resource":    {names: []string{"nvidia.com"}, want: wantKnown},
		"a class of nothing is none": {names: []string{"hugepages"}, want: wantKnown},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			for _, resourceName := range tc.names {
				path := "spec.quota.hard[" + resourceName + "]"
				var want []string
				if tc.want != "" {
					want = []string{path + ": Invalid value: " + tc.want}
				}
				expectErrors(t, want, validateQuota(quota(resourceName, "1"), nil, field.NewPath("spec", "quota")))
			}
		})
	}
}

func TestQuotaAmounts(t *testing.T) {
	const wantWhole = "Invalid value: must be a whole number, since it counts"
	testCases := map[string]struct {
		name, amount string
		want         []string
	}{
		"a limit may be zero":                    {name: "pods", amount: "0"},
		"a count may be large":                   {name: "pods", amount: "9223372036854775807"},
		"a count may have a suffix":              {name: "pods", amount: "1k"},
		"a count may be a whole number of parts": {name: "pods", amount: "1000m"},
		"a count of more than can be counted":    {name: "pods", amount: "1e30", want: []string{"hard[pods]: Invalid value: must not be more than 9223372036854775807"}},
		"a measure may be a part":                {name: "requests.cpu", amount: "500m"},
		"a measure may be large":                 {name: "requests.memory", amount: "8Ei"},
		"what is requested of a device may be a part, as it may in Kubernetes": {name: "requests.nvidia.com/gpu", amount: "500m"},
		"a limit cannot be negative":                      {name: "requests.cpu", amount: "-1m", want: []string{"hard[requests.cpu]: Invalid value: must not be negative"}},
		"a count cannot be negative, and is told so once": {name: "pods", amount: "-1500m", want: []string{"hard[pods]: Invalid value: must not be negative"}},
		"a count cannot be a part":                        {name: "pods", amount: "1500m", want: []string{"hard[pods]: " + wantWhole}},
		"a count cannot be the smallest part":             {name: "secrets", amount: "1n", want: []string{"hard[secrets]: " + wantWhole}},
		"a count of any kind cannot be a part":            {name: "count/jobs.batch", amount: "0.5", want: []string{"hard[count/jobs.batch]: " + wantWhole}},
		"a device cannot be a part":                       {name: "example.com/license", amount: "0.5", want: []string{"hard[example.com/license]: " + wantWhole}},
		"a resource and its amount may both be wrong":     {name: "pod", amount: "-1", want: []string{"hard[pod]: Invalid value: must be a resource", "hard[pod]: Invalid value: must not be negative"}},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			expectErrors(t, tc.want, validateQuota(quota(tc.name, tc.amount), nil, nil))
		})
	}
}

func TestQuotaUpdates(t *testing.T) {
	testCases := map[string]struct {
		old, quota *spaces.Quota
		want       []string
	}{
		"none is none":                 {},
		"it may be removed":            {old: quota("pod", "-1")},
		"it may be without resources":  {old: quota("pod", "-1"), quota: &spaces.Quota{}},
		"what has not changed is fine": {old: quota("pod", "-1"), quota: quota("pod", "-1000m", "pods", "1")},
		"what has changed is not":      {old: quota("pod", "-1"), quota: quota("pod", "-2"), want: []string{"hard[pod]: Invalid value: ", "hard[pod]: Invalid value: "}},
		"what is new is not":           {old: quota("pods", "1"), quota: quota("pods", "1", "pod", "1"), want: []string{"hard[pod]: Invalid value: "}},
		"resources are reported in their order": {
			quota: quota("b", "1", "a", "1", "c", "1"),
			want:  []string{"hard[a]: Invalid value: ", "hard[b]: Invalid value: ", "hard[c]: Invalid value: "},
		},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			expectErrors(t, tc.want, validateQuota(tc.quota, tc.old, nil))
		})
	}
}

// quota returns the quota with these pairs of resources and amounts.
func quota(pairs ...string) *spaces.Quota {
	hard := corev1.ResourceList{}
	for i := 0; i < len(pairs); i += 2 {
		hard[corev1.ResourceName(pairs[i])] = resource.MustParse(pairs[i+1])
	}
	return &spaces.Quota{Hard: hard}
}
