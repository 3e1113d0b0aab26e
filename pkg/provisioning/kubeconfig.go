// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"context"
	"fmt"

	rbacv1 "k8s.io/api/rbac/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// kubeconfigGrant is what the ServiceAccount behind the kubeconfigs of the Space may do. Few Spaces have one, so it is made
// when it is asked for; its binding has a name of its own, since its role may be that of others.
func (p Plan) kubeconfigGrant() grant {
	return grant{
		name: spaces.KubeconfigServiceAccount,
		role: p.Policy.KubeconfigClusterRole,
		subjects: []rbacv1.Subject{{
			Kind: rbacv1.ServiceAccountKind, Name: spaces.KubeconfigServiceAccount, Namespace: p.Space.Name,
		}},
	}
}

// EnsureKubeconfig has the Space contain the ServiceAccount behind its kubeconfigs, and what that may do. From then on
// Ensure looks after the latter, as far as it is there.
func (p *Provisioner) EnsureKubeconfig(ctx context.Context, space *spaces.Space) error {
	plan, err := p.Planner.Plan(space)
	if err != nil {
		return fmt.Errorf("plan Space %q: %w", space.Name, err)
	}
	return parallel(
		func() error { return p.giveServiceAccount(ctx, space.Name, spaces.KubeconfigServiceAccount) },
		func() error {
			return discard(p.kinds.bindings.put(ctx, plan.kubeconfigGrant().binding(space.Name), false))
		},
	)
}
