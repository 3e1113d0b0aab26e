// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package backing

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// amounts returns these pairs of resources and amounts.
func amounts(pairs ...string) corev1.ResourceList {
	list := corev1.ResourceList{}
	for i := 0; i < len(pairs); i += 2 {
		list[corev1.ResourceName(pairs[i])] = resource.MustParse(pairs[i+1])
	}
	return list
}

func TestUsage(t *testing.T) {
	for name, tc := range map[string]struct {
		count int32
		quota *spaces.QuotaStatus
		want  []any
	}{
		"what is not known":   {want: []any{"0", "<none>", "<none>", "<none>"}},
		"Spaces are counted":  {count: 3, want: []any{"3", "<none>", "<none>", "<none>"}},
		"what is not limited": {count: 3, quota: &spaces.QuotaStatus{Used: amounts("requests.cpu", "4", "requests.memory", "8Gi", "pods", "9")}, want: []any{"3", "4", "8Gi", "<none>"}},
		"what is limited": {
			count: 3,
			quota: &spaces.QuotaStatus{
				Hard: amounts("spaces", "10", "requests.cpu", "20", "requests.memory", "40Gi", "pods", "100", "limits.cpu", "30"),
				Used: amounts("spaces", "3", "requests.cpu", "3500m", "requests.memory", "8Gi", "pods", "12", "limits.cpu", "7"),
			},
			want: []any{"3/10", "3500m/20", "8Gi/40Gi", "limits.cpu: 7/30, pods: 12/100"},
		},
		"what nobody has yet": {quota: &spaces.QuotaStatus{Hard: amounts("spaces", "10", "requests.cpu", "20", "pods", "100")}, want: []any{"0/10", "0/20", "<none>", "pods: 0/100"}},
		"what was lowered":    {count: 3, quota: &spaces.QuotaStatus{Hard: amounts("spaces", "2", "requests.memory", "0"), Used: amounts("requests.memory", "1Gi")}, want: []any{"3/2", "<none>", "1Gi/0", "<none>"}},
	} {
		t.Run(name, func(t *testing.T) {
			before := tc.quota.DeepCopy()
			got := Usage(tc.count, tc.quota)
			if diff := cmp.Diff(tc.want, got); diff != "" || len(got) != len(UsageColumns) {
				t.Errorf("%d columns; cells (-want +got):\n%s", len(UsageColumns), diff)
			}
			if diff := cmp.Diff(before, tc.quota); diff != "" {
				t.Errorf("it has changed (-before +after):\n%s", diff)
			}
		})
	}
}
