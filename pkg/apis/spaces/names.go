// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spaces

import "strings"

const (
	// ReservedKeyPrefix starts the keys of the labels and annotations that belong to the platform. Nobody sets such a
	// key on a Space; on the objects behind a Space only the platform does.
	ReservedKeyPrefix = GroupName + "/"

	// AnnotationObject is the annotation of a namespace that holds the whole Space, encoded as v1alpha1 JSON, without what the
	// namespace has a field for, and without the condition Ready that a Space has from its creation. A namespace without
	// it was not made by the platform: it is shown as a Space, and never changed.
	AnnotationObject = ReservedKeyPrefix + "object"
	// AnnotationNew is the annotation of a namespace that holds the whole Space until there is room for it: until then there
	// is no such Space. It is empty when there was no room.
	AnnotationNew = ReservedKeyPrefix + "new"
	// AnnotationClaim is the annotation of a namespace that says what its Space asks for beyond what it has.
	AnnotationClaim = ReservedKeyPrefix + "claim"
	// AnnotationHeld is the annotation of a namespace that says what its Space is charged until its ResourceQuota is as small
	// as it shall be.
	AnnotationHeld = ReservedKeyPrefix + "held"
	// AnnotationMetadata is the annotation of a namespace that says which of its other annotations, and of its labels, are
	// copies of those of its Space, so that they can be removed again. It is absent where there are none.
	AnnotationMetadata = ReservedKeyPrefix + "metadata"
	// AnnotationContact is the annotation of an account, or of the ClusterQuota, that says whom to ask for more: the only
	// key of the platform that callers may set.
	AnnotationContact = ReservedKeyPrefix + "contact"
)

// FinalizerSpaces is on the home of an account that is deleted together with its Spaces, until they are gone.
const FinalizerSpaces = ReservedKeyPrefix + "spaces"

// The types of the conditions of Spaces.
const (
	// ConditionReady is True once everything a Space contains is in place.
	ConditionReady = "Ready"
	// ConditionExpired is True if the time of a Space is over, and it cannot be deleted. Otherwise it is absent.
	ConditionExpired = "Expired"
	// ConditionDeleted is False if a Space is being deleted, and something holds that up. Otherwise it is absent.
	ConditionDeleted = "Deleted"
)

// The verbs of the platform's own, which the rules of a Role in a namespace grant for the Space of that namespace.
const (
	// VerbManage allows to change and to renew a Space, or to change an account; in SystemNamespace, to create, change and
	// delete templates.
	VerbManage = "manage"
	// VerbUse allows to charge Spaces to an account; in SystemNamespace, to fill Spaces from a template.
	VerbUse = "use"
)

// The ClusterRoles that ship with the platform. The first two are bound inside a Space, the next two in the home
// of an account, the one of templates in SystemNamespace; the others let people ask the server at all, and grant nothing
// inside of anything.
const (
	// ClusterRoleOwner administers a Space: all of admin, and also manage and delete the Space itself.
	ClusterRoleOwner = "spaces:owner"
	// ClusterRoleOperator runs workloads in a Space, and touches neither its roles nor its guards.
	ClusterRoleOperator = "spaces:operator"
	// ClusterRoleAdmin is the built-in role that the server has in a Space while it fills it from a template.
	ClusterRoleAdmin = "admin"
	// ClusterRoleEdit is the built-in role that the ServiceAccount behind a kubeconfig has in a Space.
	ClusterRoleEdit = "edit"
	// ClusterRoleAccountUser is bound in the home of an account, and lets its holders charge Spaces to it.
	ClusterRoleAccountUser = "spaces:account-user"
	// ClusterRoleAccountOwner is bound in the home of an account, and lets its holders also let others in.
	ClusterRoleAccountOwner = "spaces:account-owner"
	// ClusterRoleTemplateUser is bound in SystemNamespace, and lets its holders fill Spaces from every template.
	ClusterRoleTemplateUser = "spaces:template-user"
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
	// TemplatePrefix starts the names of the ConfigMaps in SystemNamespace that are behind templates.
	TemplatePrefix = "template-"
	// TemplateKey is the key in such a ConfigMap that holds the whole template, encoded as v1alpha1 JSON.
	TemplateKey = "object"
)

// AccountHome returns the name of the namespace that is the home of the account.
func AccountHome(account string) string { return AccountHomePrefix + account }

// TemplateConfigMap returns the name of the ConfigMap that is behind the template.
func TemplateConfigMap(template string) string { return TemplatePrefix + template }

// KubeconfigServiceAccount is the ServiceAccount in a Space whose token is in the kubeconfigs that are handed out.
const KubeconfigServiceAccount = "spaces-kubeconfig"

// roleBindingPrefix starts the names of bindings of roles that are not named as the platform's.
const roleBindingPrefix = "spaces:role:"

// BindingOf returns the name of the RoleBinding by which the platform grants the ClusterRole: no two roles have the same, and
// all are among those that it keeps for itself. The role of a RoleBinding cannot change, and thus never has to.
func BindingOf(clusterRole string) string {
	if strings.HasPrefix(clusterRole, "spaces:") && !strings.HasPrefix(clusterRole, roleBindingPrefix) {
		return clusterRole
	}
	return roleBindingPrefix + clusterRole
}

// TemplateBinding is the RoleBinding in a Space that is there only while the server fills it from a template.
const TemplateBinding = "spaces-template"

// The labels that the platform sets on namespaces, and on what it puts into them.
const (
	// LabelManagedBy says of the namespaces of Spaces, and of what is put into them, who looks after them: ManagedBy.
	LabelManagedBy = "app.kubernetes.io/managed-by"
	// ManagedBy is the value of LabelManagedBy.
	ManagedBy = "spaces"
	// LabelManaged is "true" on everything that the platform puts into a namespace, and repairs there.
	LabelManaged = ReservedKeyPrefix + "managed"
	// LabelAccount is the account that a Space is charged to, on its namespace.
	LabelAccount = ReservedKeyPrefix + "account"
	// LabelTemplate is "true" on the ConfigMaps that are behind templates, and the name of the template on what Spaces are
	// filled with.
	LabelTemplate = ReservedKeyPrefix + "template"
)
