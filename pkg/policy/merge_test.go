// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

func TestMerge(t *testing.T) {
	sre := []spaces.Access{{ClusterRole: "view", Subjects: []rbacv1.Subject{{Kind: "Group", Name: "sre"}}}}
	testCases := map[string]struct {
		general, specific, want spaces.SpacePolicy
	}{
		"nothing and nothing is nothing": {},
		"what only the general one says holds": {
			general: spaces.SpacePolicy{MaxTTL: ttl("4h"), ClusterRole: "edit", Access: sre, PodSecurity: "restricted", NetworkIsolation: new(false)},
			want:    spaces.SpacePolicy{MaxTTL: ttl("4h"), ClusterRole: "edit", Access: sre, PodSecurity: "restricted", NetworkIsolation: new(false)},
		},
		"what only the specific one says holds": {
			specific: spaces.SpacePolicy{DefaultTTL: ttl("4h"), MaxLifetime: ttl("9h"), Propagate: &spaces.Propagate{Labels: []string{"a"}}},
			want:     spaces.SpacePolicy{DefaultTTL: ttl("4h"), MaxLifetime: ttl("9h"), Propagate: &spaces.Propagate{Labels: []string{"a"}}},
		},
		"the specific one has precedence": {
			general:  spaces.SpacePolicy{MaxTTL: ttl("4h"), ClusterRole: "edit", KubeconfigClusterRole: "view", PodSecurity: "restricted", NetworkIsolation: new(true)},
			specific: spaces.SpacePolicy{MaxTTL: ttl("8h"), ClusterRole: "view", KubeconfigClusterRole: "admin", PodSecurity: "privileged", NetworkIsolation: new(false)},
			want:     spaces.SpacePolicy{MaxTTL: ttl("8h"), ClusterRole: "view", KubeconfigClusterRole: "admin", PodSecurity: "privileged", NetworkIsolation: new(false)},
		},
		"a zero is said": {
			general:  spaces.SpacePolicy{MaxTTL: ttl("4h")},
			specific: spaces.SpacePolicy{MaxTTL: ttl("0s")},
			want:     spaces.SpacePolicy{MaxTTL: ttl("0s")},
		},
		"to propagate nothing is said": {
			general:  spaces.SpacePolicy{Propagate: &spaces.Propagate{Labels: []string{"a"}}},
			specific: spaces.SpacePolicy{Propagate: &spaces.Propagate{}},
			want:     spaces.SpacePolicy{Propagate: &spaces.Propagate{}},
		},
		"access for none is not said": {
			general:  spaces.SpacePolicy{Access: sre},
			specific: spaces.SpacePolicy{Access: []spaces.Access{}},
			want:     spaces.SpacePolicy{Access: sre},
		},
		"quotas are merged by resource": {
			general:  spaces.SpacePolicy{MaxQuota: quota("pods", "10", "requests.cpu", "4"), DefaultQuota: quota("pods", "5")},
			specific: spaces.SpacePolicy{MaxQuota: quota("requests.cpu", "8", "secrets", "3")},
			want:     spaces.SpacePolicy{MaxQuota: quota("pods", "10", "requests.cpu", "8", "secrets", "3"), DefaultQuota: quota("pods", "5")},
		},
		"an empty quota lifts nothing": {
			general:  spaces.SpacePolicy{MaxQuota: quota("pods", "10")},
			specific: spaces.SpacePolicy{MaxQuota: quota()},
			want:     spaces.SpacePolicy{MaxQuota: quota("pods", "10")},
		},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Merge(tc.general, tc.specific)); diff != "" {
				t.Errorf("unexpected policy (-want +got):\n%s", diff)
			}
		})
	}
}

func TestComplete(t *testing.T) {
	testCases := map[string]struct {
		policy, want spaces.SpacePolicy
	}{
		"what is left open is filled in": {
			want: spaces.SpacePolicy{ClusterRole: "spaces:owner", KubeconfigClusterRole: "edit", PodSecurity: "baseline", NetworkIsolation: new(true)},
		},
		"what is said stays": {
			policy: spaces.SpacePolicy{ClusterRole: "edit", KubeconfigClusterRole: "view", PodSecurity: "restricted", NetworkIsolation: new(false), MaxTTL: ttl("4h")},
			want:   spaces.SpacePolicy{ClusterRole: "edit", KubeconfigClusterRole: "view", PodSecurity: "restricted", NetworkIsolation: new(false), MaxTTL: ttl("4h")},
		},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Complete(tc.policy)); diff != "" {
				t.Errorf("unexpected policy (-want +got):\n%s", diff)
			}
		})
	}
}

// ttl returns a duration, as policies and Spaces have it.
func ttl(text spaces.Duration) *spaces.Duration { return new(text) }

// quota returns the quota with these pairs of resources and amounts.
func quota(pairs ...string) *spaces.Quota {
	hard := corev1.ResourceList{}
	for i := 0; i < len(pairs); i += 2 {
		hard[corev1.ResourceName(pairs[i])] = resource.MustParse(pairs[i+1])
	}
	return &spaces.Quota{Hard: hard}
}
