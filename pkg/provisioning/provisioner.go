// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// admissionPoll and admissionTimeout are how often and how long the kube-apiserver is asked whether it enforces the
// quota of a new Space, and lets its creator in.
const (
	admissionPoll    = 2 * time.Millisecond
	admissionTimeout = 10 * time.Second
)

// Reviewer asks the kube-apiserver whether a caller sees a namespace.
type Reviewer interface {
	Sees(ctx context.Context, caller user.Info, namespace string) (bool, error)
}

// Config is what a Provisioner is made of. All of it is required but Network.
type Config struct {
	Client   kubernetes.Interface
	Objects  Objects
	Planner  Planner
	Registry Registry
	Reviewer Reviewer
	Clock    clock.PassiveClock
	Network  Network
}

// Provisioner puts into a namespace what belongs into a Space; see the package comment. It is safe for concurrent use,
// also for the same Space.
type Provisioner struct {
	Config
	kinds kinds
}

// New returns a Provisioner of this configuration.
func New(config Config) *Provisioner {
	return &Provisioner{Config: config, kinds: newKinds(config.Client)}
}

// Provision puts everything into the Space that belongs there, and returns the Space as Active and Ready. When Settle
// returns then, the kube-apiserver lets the creator in. It can be called again for a Space where it was interrupted. Then
// something may be left there that is not planned any more, which Ensure removes: to look for it takes longer than all
// the rest, and in a new namespace there is nothing to find.
func (p *Provisioner) Provision(ctx context.Context, object runtime.Object) (runtime.Object, error) {
	space, ok := object.(*spaces.Space)
	if !ok {
		return nil, fmt.Errorf("provision a Space: it is a %T", object)
	}
	plan, err := p.Planner.Plan(space)
	if err != nil {
		return nil, fmt.Errorf("plan Space %q: %w", space.Name, err)
	}
	c, err := plan.contents(p.Network)
	if err != nil {
		return nil, err
	}
	if err := p.guard(ctx, c); err != nil {
		return nil, err
	}
	filled, err := p.Fill(ctx, plan)
	if err != nil {
		return nil, err
	}
	if err := p.admit(ctx, c); err != nil {
		return nil, err
	}
	return p.provisioned(space, filled), nil
}

// Settle returns when the kube-apiserver lets the creator in.
func (p *Provisioner) Settle(ctx context.Context, object runtime.Object) error {
	space, ok := object.(*spaces.Space)
	if !ok {
		return fmt.Errorf("settle a Space: it is a %T", object)
	}
	if err := p.awaitSight(ctx, space.Status.CreatedBy, space.Name); err != nil {
		return fmt.Errorf("wait until the cluster lets %q into Space %q: %w", space.Status.CreatedBy, space.Name, err)
	}
	return nil
}

// awaitSight waits until the kube-apiserver's own view of RBAC has the RoleBinding of the creator, so that its first
// write is not refused: one of the roles that it grants shows the namespace, as all do that make sense there. The
// question is about the creator by name alone. Groups that show every namespace do not answer it early; a binding for
// the name itself, such as an administrator's, does, and may know no more than that for a moment.
func (p *Provisioner) awaitSight(ctx context.Context, creator, namespace string) error {
	if creator == "" {
		return nil
	}
	caller := &user.DefaultInfo{Name: creator}
	return poll(ctx, func(ctx context.Context) (bool, error) {
		return p.Reviewer.Sees(ctx, caller, namespace)
	})
}

func (p *Provisioner) provisioned(space *spaces.Space, filled *spaces.AppliedTemplate) *spaces.Space {
	done := space.DeepCopy()
	if filled != nil {
		done.Status.Template = filled
	}
	if done.Status.Phase == spaces.SpaceProvisioning {
		done.Status.Phase = spaces.SpaceActive
	}
	meta.SetStatusCondition(&done.Status.Conditions, Ready(done, p.Clock.Now()))
	return done
}

// Ready is the condition Ready of a Space in which everything is in place.
func Ready(space *spaces.Space, now time.Time) metav1.Condition {
	return ready(space.Generation, now, "Everything that belongs into the Space is in place.")
}

func ready(generation int64, now time.Time, message string) metav1.Condition {
	return metav1.Condition{
		Type:               spaces.ConditionReady,
		Status:             metav1.ConditionTrue,
		ObservedGeneration: generation,
		LastTransitionTime: metav1.NewTime(now),
		Reason:             "Provisioned",
		Message:            message,
	}
}

// Ensure has the Space contain what the plan says, and nothing else of ours; where that is so already, it changes
// nothing. What is not granted any more is taken away even if guards fail, access is granted only behind all guards, and
// guards are removed last. It does not wait until anybody notices. Several things may go wrong at once, and are all in
// the error.
func (p *Provisioner) Ensure(ctx context.Context, plan Plan) error {
	c, err := plan.contents(p.Network)
	if err != nil {
		return err
	}
	return p.ensure(ctx, c)
}

func (p *Provisioner) ensure(ctx context.Context, c contents) error {
	var again []grant
	err := parallel(
		func() (err error) { again, err = p.revoke(ctx, c); return err },
		func() error { return p.guard(ctx, c) },
	)
	if err != nil {
		return err
	}
	c.grants = slices.Concat(c.grants, again)
	if err := p.admit(ctx, c); err != nil {
		return err
	}
	return p.relax(ctx, c)
}
