// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spaces

const (
	// ReservedKeyPrefix starts the keys of the labels and annotations that belong to the platform. Nobody sets such a
	// key on a Space; on the objects behind a Space only the platform does.
	ReservedKeyPrefix = GroupName + "/"

	// AnnotationObject is the annotation of a namespace that holds the whole Space, encoded as v1alpha1 JSON. A
	// namespace without it was not made by the platform: it is shown as a Space, and never changed.
	AnnotationObject = ReservedKeyPrefix + "object"
)

// ConditionReady is the type of the condition that is True once everything a Space contains is in place.
const ConditionReady = "Ready"

// The verbs of the platform's own, which the rules of a Role in a namespace grant for the Space of that namespace.
const (
	// VerbManage allows to change and to renew a Space.
	VerbManage = "manage"
)

// The ClusterRoles that ship with the platform. The first two are bound inside a Space; the others let people ask the
// server at all, and grant nothing inside any Space.
const (
	// ClusterRoleOwner administers a Space: all of admin, and also manage and delete the Space itself.
	ClusterRoleOwner = "spaces:owner"
	// ClusterRoleOperator runs workloads in a Space, and touches neither its roles nor its guards.
	ClusterRoleOperator = "spaces:operator"
	// ClusterRoleDiscover lets its holders read the Spaces they may see.
	ClusterRoleDiscover = "spaces:discover"
	// ClusterRoleUser lets its holders also create Spaces, and write to those they may write to.
	ClusterRoleUser = "spaces:user"
)

const (
	// SystemNamespace is the namespace that the platform itself runs in.
	SystemNamespace = "spaces-system"
	// AccountHomePrefix starts the names of the namespaces that are the homes of accounts.
	AccountHomePrefix = "account-"
)
