// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import rbacv1 "k8s.io/api/rbac/v1"

// SpacePolicy is what Spaces are like: what they get unless they ask for something else, and how far they may go. Of the
// policies of the ClusterQuota and of an Account, that of the Account has precedence, field by field.
type SpacePolicy struct {
	// defaultTTL is the ttl of a Space that asks for none.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=64
	DefaultTTL *Duration `json:"defaultTTL,omitempty"`

	// maxTTL is the longest ttl that a Space may have. A Space that asks for none, and for which there is no default,
	// gets this one.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=64
	MaxTTL *Duration `json:"maxTTL,omitempty"`

	// maxLifetime is how long after its creation a Space is deleted at the latest, however often its ttl is renewed.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=64
	MaxLifetime *Duration `json:"maxLifetime,omitempty"`

	// defaultQuota is the quota of a Space for the resources that it names none for.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	DefaultQuota *Quota `json:"defaultQuota,omitempty"`

	// maxQuota is the highest quota that a Space may have. A Space that names none for a resource, and for which there
	// is no default, gets this one.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	MaxQuota *Quota `json:"maxQuota,omitempty"`

	// clusterRole is what the subjects of the account, and whoever has created the Space, may do in it. It is
	// spaces:owner unless you choose another. You need the verb bind on it, as does the platform.
	// +optional
	// +k8s:optional
	ClusterRole string `json:"clusterRole,omitempty"`

	// access is what others may do in the Spaces. You need the verb bind on the roles, as does the platform.
	// +optional
	// +k8s:optional
	// +listType=atomic
	// +k8s:listType=atomic
	Access []Access `json:"access,omitempty"`

	// kubeconfigClusterRole is what may be done with a kubeconfig that is handed out. It is edit unless you choose
	// another. You need the verb bind on it, as does the platform.
	// +optional
	// +k8s:optional
	KubeconfigClusterRole string `json:"kubeconfigClusterRole,omitempty"`

	// propagate says which labels and annotations of a Space its namespace has as well, where Pod Security, network
	// policies and service meshes find them. None are unless you say so.
	// +optional
	// +k8s:optional
	Propagate *Propagate `json:"propagate,omitempty"`

	// networkIsolation closes Spaces to what is outside of them: pods reach each other, the cluster's DNS and the
	// internet, and are reached by each other. It is on unless you switch it off.
	// +optional
	// +k8s:optional
	NetworkIsolation *bool `json:"networkIsolation,omitempty"`

	// podSecurity is the level of the Pod Security Standards that is enforced: privileged, baseline or restricted. It is
	// baseline unless you choose another.
	// +optional
	// +k8s:optional
	PodSecurity PodSecurityLevel `json:"podSecurity,omitempty"`

	// template is the name of the SpaceTemplate of a new Space that asks for none. Spaces may always have this one.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=63
	Template string `json:"template,omitempty"`
}

// Access is a ClusterRole, and who has it in each Space.
type Access struct {
	// clusterRole is its name.
	// +required
	// +k8s:required
	ClusterRole string `json:"clusterRole"`

	// subjects are users, groups and ServiceAccounts; a ServiceAccount without a namespace is one of the Space.
	// +optional
	// +k8s:optional
	// +listType=atomic
	// +k8s:listType=atomic
	// +k8s:eachVal=+k8s:opaqueType
	Subjects []rbacv1.Subject `json:"subjects,omitempty"`
}

// Propagate says which keys are copied. Each is a key, or the beginning of keys with a "*" behind it.
type Propagate struct {
	// labels are the keys of labels.
	// +optional
	// +k8s:optional
	// +listType=atomic
	// +k8s:listType=atomic
	Labels []string `json:"labels,omitempty"`

	// annotations are the keys of annotations.
	// +optional
	// +k8s:optional
	// +listType=atomic
	// +k8s:listType=atomic
	Annotations []string `json:"annotations,omitempty"`
}

// PodSecurityLevel is one of the Pod Security Standards.
// +enum
// +k8s:enum
type PodSecurityLevel string

const (
	// PodSecurityPrivileged allows everything.
	PodSecurityPrivileged PodSecurityLevel = "privileged"
	// PodSecurityBaseline prevents known privilege escalations.
	PodSecurityBaseline PodSecurityLevel = "baseline"
	// PodSecurityRestricted demands current hardening.
	PodSecurityRestricted PodSecurityLevel = "restricted"
)
