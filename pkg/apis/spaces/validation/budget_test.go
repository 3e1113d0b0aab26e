// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

func TestOvercommit(t *testing.T) {
	const (
		wantNode    = "Invalid value: must be a resource that nodes have, such as requests.cpu"
		wantPercent = `Invalid value: must be a whole percentage from "1%" to "100000%", such as "150%"`
		wantOnce    = "Forbidden: the budget has an amount of it in spec.quota.hard: leave it out there, or here"
	)
	for name, tc := range map[string]struct {
		spec, old spaces.ClusterQuotaSpec
		want      []string
	}{
		"none is none": {},
		"what nodes have": {spec: spaces.ClusterQuotaSpec{Overcommit: parts(
			"requests.cpu", "150%", "limits.memory", "1%", "pods", "100000%", "requests.example.com/gpu", "100%", "hugepages-2Mi", "100%")}},
		"nodes have no Spaces":       {spec: spaces.ClusterQuotaSpec{Overcommit: parts("spaces", "100%")}, want: []string{"overcommit[spaces]: " + wantNode}},
		"nodes have no objects":      {spec: spaces.ClusterQuotaSpec{Overcommit: parts("count/jobs.batch", "100%")}, want: []string{"overcommit[count/jobs.batch]: " + wantNode}},
		"what there is not anywhere": {spec: spaces.ClusterQuotaSpec{Overcommit: parts("cups", "100%")}, want: []string{"overcommit[cups]: Invalid value: must be a resource that a ResourceQuota limits"}},
		"what is no name":            {spec: spaces.ClusterQuotaSpec{Overcommit: parts("requests.a/b/c", "100%")}, want: []string{"overcommit[requests.a/b/c]: Invalid value: must be the name of a resource: "}},
		"what is no percentage":      {spec: spaces.ClusterQuotaSpec{Overcommit: parts("pods", "1.5")}, want: []string{"overcommit[pods]: " + wantPercent}},
		"nothing is no part":         {spec: spaces.ClusterQuotaSpec{Overcommit: parts("pods", "0%")}, want: []string{"overcommit[pods]: " + wantPercent}},
		"all that is wrong is told": {
			spec: spaces.ClusterQuotaSpec{Quota: quota("services", "1"), Overcommit: parts("services", "")},
			want: []string{"overcommit[services]: " + wantNode, "overcommit[services]: " + wantPercent, "overcommit[services]: " + wantOnce},
		},
		"an amount and a part of different resources": {spec: spaces.ClusterQuotaSpec{Quota: quota("pods", "1"), Overcommit: parts("requests.cpu", "100%")}},
		"a part comes to an amount": {
			old:  spaces.ClusterQuotaSpec{Quota: quota("pods", "1")},
			spec: spaces.ClusterQuotaSpec{Quota: quota("pods", "1"), Overcommit: parts("pods", "100%")},
			want: []string{"overcommit[pods]: " + wantOnce},
		},
		"an amount comes to a part": {
			old:  spaces.ClusterQuotaSpec{Overcommit: parts("pods", "100%")},
			spec: spaces.ClusterQuotaSpec{Quota: quota("pods", "1"), Overcommit: parts("pods", "100%")},
			want: []string{"overcommit[pods]: " + wantOnce},
		},
		"what was before the rules may stay": {
			old:  spaces.ClusterQuotaSpec{Quota: quota("services", "1"), Overcommit: parts("services", "x")},
			spec: spaces.ClusterQuotaSpec{Quota: quota("services", "2"), Overcommit: parts("services", "x", "pods", "1%")},
		},
		"and is checked when it changes": {
			old:  spaces.ClusterQuotaSpec{Overcommit: parts("pods", "x")},
			spec: spaces.ClusterQuotaSpec{Overcommit: parts("pods", "y")},
			want: []string{"overcommit[pods]: " + wantPercent},
		},
		"parts may become an amount": {
			old:  spaces.ClusterQuotaSpec{Overcommit: parts("pods", "x")},
			spec: spaces.ClusterQuotaSpec{Quota: quota("pods", "1")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			expectErrors(t, tc.want, validateOvercommit(&tc.spec, &tc.old, field.NewPath("overcommit")))
		})
	}
}

// parts returns these pairs of resources and percentages.
func parts(pairs ...string) map[corev1.ResourceName]spaces.Percentage {
	overcommit := map[corev1.ResourceName]spaces.Percentage{}
	for i := 0; i < len(pairs); i += 2 {
		overcommit[corev1.ResourceName(pairs[i])] = spaces.Percentage(pairs[i+1])
	}
	return overcommit
}
