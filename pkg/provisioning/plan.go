// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"context"

	rbacv1 "k8s.io/api/rbac/v1"
	applycorev1 "k8s.io/client-go/applyconfigurations/core/v1"
	applynetworkingv1 "k8s.io/client-go/applyconfigurations/networking/v1"
	"k8s.io/utils/ptr"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// FieldManager owns what is applied here.
const FieldManager = "spaces"

// Plan is what a Space is to contain.
type Plan struct {
	// Space is the one that is filled. It is read only.
	Space *spaces.Space
	// Policy is complete: ClusterRole, PodSecurity and NetworkIsolation are set.
	Policy spaces.SpacePolicy
	// Subjects are those of the account. ServiceAccounts among them have their namespaces.
	Subjects []rbacv1.Subject
	// Filling is what the Space is filled with from a template, or nil if it need not be.
	Filling *Filling
}

// Planner knows what Spaces are to contain.
type Planner interface {
	Plan(space *spaces.Space) (Plan, error)
}

// Registry knows the Spaces as they are now, and not as a cache has them.
type Registry interface {
	// Still returns a conflict unless there is this Space, with this quota.
	Still(ctx context.Context, space *spaces.Space) error
}

// contents are what a plan comes to in one namespace.
type contents struct {
	namespace string
	// space is the one that is filled, or nil for the home of an account.
	space *spaces.Space
	// fresh tells that nobody has been let in yet.
	fresh bool

	quotas   []*applycorev1.ResourceQuotaApplyConfiguration
	limits   []*applycorev1.LimitRangeApplyConfiguration
	policies []*applynetworkingv1.NetworkPolicyApplyConfiguration
	grants   []grant
	// optional are grants that may be there.
	optional []grant
}

// contents returns what the plan comes to in that network.
func (p Plan) contents(network Network) (contents, error) {
	c := contents{
		namespace: p.Space.Name,
		space:     p.Space,
		fresh:     p.Space.Status.Phase == spaces.SpaceProvisioning,
		quotas:    resourceQuotas(p.Space),
		limits:    limitRanges(p.Space),
		grants:    p.grants(),
		optional:  []grant{p.kubeconfigGrant()},
	}
	if !ptr.Deref(p.Policy.NetworkIsolation, true) {
		return c, nil
	}
	var err error
	c.policies, err = network.policies(p.Space.Name)
	return c, err
}

// ourLabels are those of everything that is put into a Space.
func ourLabels() map[string]string {
	return map[string]string{spaces.LabelManagedBy: spaces.ManagedBy, spaces.LabelManaged: "true"}
}
