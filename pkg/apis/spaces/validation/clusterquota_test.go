// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

func TestValidateClusterQuotaUpdate(t *testing.T) {
	testCases := map[string]struct {
		old    func(*spaces.ClusterQuota)
		change func(*spaces.ClusterQuota)
		want   []string
	}{
		"nothing needs to change": {
			change: func(*spaces.ClusterQuota) {},
		},
		"a budget may be set": {
			change: func(q *spaces.ClusterQuota) {
				q.Spec.Quota, q.Spec.Overcommit = quota("spaces", "100"), parts("pods", "100%")
			},
		},
		"a budget is checked": {
			change: func(q *spaces.ClusterQuota) {
				q.Spec.Quota, q.Spec.Overcommit = quota("cups", "100"), parts("pods", "100")
			},
			want: []string{"spec.quota.hard[cups]: Invalid value: ", "spec.overcommit[pods]: Invalid value: "},
		},
		"it may be said whom to ask": {
			change: func(q *spaces.ClusterQuota) { q.Annotations = contact("sre@example.org") },
		},
		"a policy may be set": {
			change: func(q *spaces.ClusterQuota) { q.Spec.Space.MaxTTL = new(spaces.Duration("24h")) },
		},
		"a policy is checked": {
			change: func(q *spaces.ClusterQuota) { q.Spec.Space.MaxTTL = new(spaces.Duration("1d")) },
			want:   []string{"spec.space.maxTTL: Invalid value: must be a duration"},
		},
		"a policy that is older than a rule may stay": {
			old:    func(q *spaces.ClusterQuota) { q.Spec.Space.MaxTTL = new(spaces.Duration("1d")) },
			change: func(q *spaces.ClusterQuota) { q.Spec.Space.ClusterRole = "edit" },
		},
		"the name cannot change": {
			change: func(q *spaces.ClusterQuota) { q.Name = "other" },
			want:   []string{"metadata.name: Invalid value: field is immutable"},
		},
		"finalizers are refused": {
			change: func(q *spaces.ClusterQuota) { q.Finalizers = []string{"example.com/keep"} },
			want:   []string{"metadata.finalizers: Forbidden: a ClusterQuota has no finalizers: remove them"},
		},
		"owners are refused": {
			change: func(q *spaces.ClusterQuota) { q.OwnerReferences = []metav1.OwnerReference{{}} },
			want:   []string{"metadata.ownerReferences: Forbidden: a ClusterQuota has no owners: remove them"},
		},
		"keys of the platform are refused": {
			change: func(q *spaces.ClusterQuota) { q.Annotations = map[string]string{spaces.AnnotationObject: "{}"} },
			want:   []string{"metadata.annotations[spaces.tenancy.example.io/object]: Forbidden: "},
		},
		"a spec cannot become too large": {
			change: func(q *spaces.ClusterQuota) {
				q.Spec.Space.Access = []spaces.Access{{ClusterRole: "view", Subjects: users(600)}}
			},
			want: []string{"spec: Too long: spec takes "},
		},
		"access is checked": {
			change: func(q *spaces.ClusterQuota) {
				q.Spec.Space.Access = []spaces.Access{{ClusterRole: "view", Subjects: []rbacv1.Subject{{Kind: "Robot", Name: "a"}}}}
			},
			want: []string{"spec.space.access[0].subjects[0].kind: Unsupported value: "},
		},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			old := &spaces.ClusterQuota{ObjectMeta: metav1.ObjectMeta{Name: spaces.ClusterQuotaName, UID: "u", ResourceVersion: "1"}}
			if tc.old != nil {
				tc.old(old)
			}
			quota := old.DeepCopy()
			tc.change(quota)
			expectErrors(t, tc.want, ValidateClusterQuotaUpdate(quota, old))
		})
	}
}
