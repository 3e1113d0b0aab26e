// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package provisioning puts into a namespace what belongs into a Space.
package provisioning

import (
	"context"
	"fmt"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apiserver/pkg/authentication/user"
	applyrbacv1 "k8s.io/client-go/applyconfigurations/rbac/v1"
	rbacclient "k8s.io/client-go/kubernetes/typed/rbac/v1"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

const (
	// FieldManager owns what is applied here.
	FieldManager = "spaces"
	// admissionPoll and admissionTimeout are how often and how long the kube-apiserver is asked whether it lets the
	// owner of a new Space in.
	admissionPoll    = 5 * time.Millisecond
	admissionTimeout = 10 * time.Second
)

// Reviewer asks the kube-apiserver whether a caller sees a namespace.
type Reviewer interface {
	Sees(ctx context.Context, caller user.Info, namespace string) (bool, error)
}

// Provisioner puts into a namespace what belongs into a Space. It is safe for concurrent use.
type Provisioner struct {
	bindings rbacclient.RoleBindingsGetter
	reviewer Reviewer
	clock    clock.PassiveClock
}

// New returns a Provisioner that writes RoleBindings by the client.
func New(bindings rbacclient.RoleBindingsGetter, reviewer Reviewer, now clock.PassiveClock) *Provisioner {
	return &Provisioner{bindings: bindings, reviewer: reviewer, clock: now}
}

// Provision puts everything into the Space that belongs there, and returns the Space as Active and Ready. When it
// returns, the kube-apiserver lets the owner in. It can be called again for a Space where it was interrupted.
func (p *Provisioner) Provision(ctx context.Context, object runtime.Object) (runtime.Object, error) {
	space, ok := object.(*spaces.Space)
	if !ok {
		return nil, fmt.Errorf("provision a Space: it is a %T", object)
	}
	if err := p.bindOwner(ctx, space); err != nil {
		return nil, fmt.Errorf("give Space %q to %q: %w", space.Name, space.Status.CreatedBy, err)
	}
	if err := p.awaitOwner(ctx, space); err != nil {
		return nil, fmt.Errorf("wait until the cluster lets %q into Space %q: %w", space.Status.CreatedBy, space.Name, err)
	}
	return p.provisioned(space), nil
}

// bindOwner makes the creator the owner of the Space, by a RoleBinding that is named as its role.
func (p *Provisioner) bindOwner(ctx context.Context, space *spaces.Space) error {
	binding := applyrbacv1.RoleBinding(spaces.ClusterRoleOwner, space.Name).
		WithLabels(map[string]string{"app.kubernetes.io/managed-by": FieldManager}).
		WithRoleRef(applyrbacv1.RoleRef().
			WithAPIGroup(rbacv1.GroupName).
			WithKind("ClusterRole").
			WithName(spaces.ClusterRoleOwner)).
		WithSubjects(applyrbacv1.Subject().
			WithAPIGroup(rbacv1.GroupName).
			WithKind(rbacv1.UserKind).
			WithName(space.Status.CreatedBy))
	_, err := p.bindings.RoleBindings(space.Name).Apply(ctx, binding, metav1.ApplyOptions{FieldManager: FieldManager, Force: true})
	return err
}

// awaitOwner waits until the kube-apiserver's own view of RBAC has the owner's RoleBinding.
func (p *Provisioner) awaitOwner(ctx context.Context, space *spaces.Space) error {
	owner := &user.DefaultInfo{Name: space.Status.CreatedBy}
	return wait.PollUntilContextTimeout(ctx, admissionPoll, admissionTimeout, true, func(ctx context.Context) (bool, error) {
		return p.reviewer.Sees(ctx, owner, space.Name)
	})
}

func (p *Provisioner) provisioned(space *spaces.Space) *spaces.Space {
	done := space.DeepCopy()
	if done.Status.Phase == spaces.SpaceProvisioning {
		done.Status.Phase = spaces.SpaceActive
	}
	meta.SetStatusCondition(&done.Status.Conditions, metav1.Condition{
		Type:               spaces.ConditionReady,
		Status:             metav1.ConditionTrue,
		ObservedGeneration: done.Generation,
		LastTransitionTime: metav1.NewTime(p.clock.Now()),
		Reason:             "Provisioned",
		Message:            "Everything that belongs into the Space is in place.",
	})
	return done
}
