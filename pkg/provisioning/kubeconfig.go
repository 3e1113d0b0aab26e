// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"context"
	"fmt"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apiserver/pkg/authentication/serviceaccount"

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
		func() error { return p.admitServiceAccount(ctx, plan.kubeconfigGrant(), space.Name) },
	)
}

// kubeconfigPatience is how long a first kubeconfig waits until it can be used. A role that does not show the namespace,
// which is what can be asked for, is taken to be in force by then.
const kubeconfigPatience = time.Second

// admitServiceAccount grants what is to be granted. If it is new, it waits until the kube-apiserver acts on it.
func (p *Provisioner) admitServiceAccount(ctx context.Context, grant grant, namespace string) error {
	binding := grant.binding(namespace)
	_, err := p.kinds.bindings.create(ctx, binding)
	if apierrors.IsAlreadyExists(err) {
		return discard(p.kinds.bindings.impose(ctx, binding))
	}
	if err != nil {
		return p.kinds.bindings.explain(err, "create", namespace, grant.name)
	}
	patient, cancel := context.WithTimeout(ctx, kubeconfigPatience)
	defer cancel()
	err = p.awaitSight(patient, serviceaccount.MakeUsername(namespace, spaces.KubeconfigServiceAccount), namespace)
	if patient.Err() != nil {
		return ctx.Err()
	}
	return err
}
