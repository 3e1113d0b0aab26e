// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"maps"

	corev1 "k8s.io/api/core/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// Merge returns what the two policies say together. Field by field, the specific one has precedence where it says
// something, which is where it is neither nil nor empty; quotas are merged resource by resource. It shares no memory
// with either of them.
func Merge(general, specific spaces.SpacePolicy) spaces.SpacePolicy {
	g, s := general.DeepCopy(), specific.DeepCopy()
	merged := spaces.SpacePolicy{
		DefaultTTL:            cmp.Or(s.DefaultTTL, g.DefaultTTL),
		MaxTTL:                cmp.Or(s.MaxTTL, g.MaxTTL),
		MaxLifetime:           cmp.Or(s.MaxLifetime, g.MaxLifetime),
		DefaultQuota:          mergeQuotas(g.DefaultQuota, s.DefaultQuota),
		MaxQuota:              mergeQuotas(g.MaxQuota, s.MaxQuota),
		ClusterRole:           cmp.Or(s.ClusterRole, g.ClusterRole),
		Access:                s.Access,
		Propagate:             cmp.Or(s.Propagate, g.Propagate),
		KubeconfigClusterRole: cmp.Or(s.KubeconfigClusterRole, g.KubeconfigClusterRole),
		NetworkIsolation:      cmp.Or(s.NetworkIsolation, g.NetworkIsolation),
		PodSecurity:           cmp.Or(s.PodSecurity, g.PodSecurity),
		Template:              cmp.Or(s.Template, g.Template),
	}
	if len(merged.Access) == 0 {
		merged.Access = g.Access
	}
	return merged
}

// mergeQuotas returns the limits of both, which are the specific one's where both have one. The result may share memory
// with them.
func mergeQuotas(general, specific *spaces.Quota) *spaces.Quota {
	if general == nil || specific == nil {
		return cmp.Or(specific, general)
	}
	hard := make(corev1.ResourceList, len(general.Hard)+len(specific.Hard))
	maps.Copy(hard, general.Hard)
	maps.Copy(hard, specific.Hard)
	return &spaces.Quota{Hard: hard}
}

// Complete returns the policy with what it leaves open and every Space needs: the role of an owner, network isolation,
// and Pod Security at the level baseline. It shares no memory with the policy.
func Complete(p spaces.SpacePolicy) spaces.SpacePolicy {
	return Merge(spaces.SpacePolicy{
		ClusterRole:           spaces.ClusterRoleOwner,
		KubeconfigClusterRole: spaces.ClusterRoleEdit,
		NetworkIsolation:      new(true),
		PodSecurity:           spaces.PodSecurityBaseline,
	}, p)
}
