// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spaces

import rbacv1 "k8s.io/api/rbac/v1"

// SpacePolicy is what Spaces are like: what they get, and how far they may go. What is nil or empty says nothing, and
// leaves it to the more general policy.
type SpacePolicy struct {
	// DefaultTTL is the TTL of a Space that asks for none.
	DefaultTTL *Duration
	// MaxTTL is the longest TTL, and thus also the default if there is no other.
	MaxTTL *Duration
	// MaxLifetime is how long after its creation a Space ends, whatever its TTL.
	MaxLifetime *Duration
	// DefaultQuota is the quota of a Space for the resources that it names none for.
	DefaultQuota *Quota
	// MaxQuota is the highest quota, and thus also the default if there is no other.
	MaxQuota *Quota
	// ClusterRole is bound in the Space to the subjects of its account, and to whoever has created it.
	ClusterRole string
	// Access is what is bound in the Space besides.
	Access []Access
	// KubeconfigClusterRole is bound in the Space to the ServiceAccount behind the kubeconfigs that are handed out.
	KubeconfigClusterRole string
	// Propagate says which of the Space's labels and annotations its namespace has as well.
	Propagate *Propagate
	// NetworkIsolation closes the Space to what is outside of it.
	NetworkIsolation *bool
	// PodSecurity is the level of the Pod Security Standards that is enforced.
	PodSecurity PodSecurityLevel
	// Template is that of a new Space that asks for none. It may always have this one.
	Template string
}

// Access is a ClusterRole, and who has it in a Space.
type Access struct {
	ClusterRole string
	Subjects    []rbacv1.Subject
}

// Propagate says which keys are copied, by patterns: a key, or the beginning of keys with a "*" behind it.
type Propagate struct {
	Labels, Annotations []string
}

// PodSecurityLevel is one of the Pod Security Standards.
type PodSecurityLevel string

const (
	// PodSecurityPrivileged allows everything.
	PodSecurityPrivileged PodSecurityLevel = "privileged"
	// PodSecurityBaseline prevents known privilege escalations.
	PodSecurityBaseline PodSecurityLevel = "baseline"
	// PodSecurityRestricted demands current hardening.
	PodSecurityRestricted PodSecurityLevel = "restricted"
)

// ClusterRoles returns the names of all roles that the policy has bound in Spaces.
func (p SpacePolicy) ClusterRoles() []string {
	var roles []string
	if p.ClusterRole != "" {
		roles = append(roles, p.ClusterRole)
	}
	if p.KubeconfigClusterRole != "" {
		roles = append(roles, p.KubeconfigClusterRole)
	}
	for _, access := range p.Access {
		roles = append(roles, access.ClusterRole)
	}
	return roles
}
