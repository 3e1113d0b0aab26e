// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package spacepolicy is the admission plugin that holds Spaces to the policies of the cluster and of their account: it
// fills in what the caller has left open, and refuses what goes too far.
package spacepolicy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"

	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/policy"
)

// PluginName is what the plugin is called in flags.
const PluginName = "SpacePolicy"

// Policies knows what Spaces are to be like.
type Policies interface {
	// For returns the policy for Spaces of the account, or for those of none, and where it comes from. It fails if there
	// is no such account, or if a policy cannot be read. Errors are those that the caller is to get.
	For(account string) (spaces.SpacePolicy, policy.Source, error)
	// Budgets returns what is charged for Spaces of the account, or for those of none: the budget of the account, if there is
	// such an account, and that of the cluster. Errors are those that the caller is to get.
	Budgets(account string) ([]policy.Budget, error)
	// Open tells why nothing more can be charged to the account, if so.
	Open(account string) error
}

// Accounts chooses the account of a Space for callers who have not.
type Accounts interface {
	// Choose returns the account that a new Space of the caller, who comes with the context, is charged to if the caller
	// does not say; or none. Errors are those that the caller is to get.
	Choose(ctx context.Context, space string) (string, error)
}

// Templates knows what Spaces can be filled from.
type Templates interface {
	// Template returns the template of that name. Errors are those that the caller is to get, or that there is none.
	Template(name string) (*spaces.SpaceTemplate, error)
	// MayUse tells whether the caller, who comes with the context, may fill a Space from the template.
	MayUse(ctx context.Context, name string) (bool, error)
}

// Budgets knows how much may be charged.
type Budgets interface {
	// Check tells why there is no room for the Space as it is to be, if so. Errors are those that the caller is to get.
	Check(space *spaces.Space) error
}

// Plugin is the admission plugin. It is safe for concurrent use once it is initialized.
type Plugin struct {
	*admission.Handler
	policies  Policies
	accounts  Accounts
	templates Templates
	budgets   Budgets
	clock     clock.PassiveClock
}

var (
	_ admission.MutationInterface       = &Plugin{}
	_ admission.ValidationInterface     = &Plugin{}
	_ admission.InitializationValidator = &Plugin{}
)

// Register makes the plugin known.
func Register(plugins *admission.Plugins) {
	plugins.Register(PluginName, func(io.Reader) (admission.Interface, error) {
		return &Plugin{Handler: admission.NewHandler(admission.Create, admission.Update)}, nil
	})
}

// Initializer gives the plugin what it works by.
type Initializer struct {
	Policies  Policies
	Accounts  Accounts
	Templates Templates
	Budgets   Budgets
	Clock     clock.PassiveClock
}

// Initialize implements admission.PluginInitializer.
func (i Initializer) Initialize(plugin admission.Interface) {
	if p, ok := plugin.(*Plugin); ok {
		p.policies, p.accounts, p.templates, p.budgets, p.clock = i.Policies, i.Accounts, i.Templates, i.Budgets, i.Clock
	}
}

// ValidateInitialization implements admission.InitializationValidator.
func (p *Plugin) ValidateInitialization() error {
	if p.policies == nil || p.accounts == nil || p.templates == nil || p.budgets == nil || p.clock == nil {
		return errors.New("the plugin needs policies, accounts, templates, budgets and a clock")
	}
	return nil
}

// Admit implements admission.MutationInterface.
func (p *Plugin) Admit(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	space, old, err := spacesOf(a)
	if space == nil || err != nil || !isOurs(space, old) {
		return err
	}
	if space.Spec.Account == "" {
		if space.Spec.Account, err = p.choose(ctx, a.GetName(), old); err != nil {
			return err
		}
	}
	// If there is no such account, Validate says so, to who may know: it comes behind the door.
	if current, _, err := p.current(space, old); err == nil {
		fill(space, old, current)
		p.fillBudgets(space, old, current)
		fillTemplate(space, old, current)
	}
	return nil
}

// choose returns the account of a Space for a caller who has not chosen one. One that is there stays with its account.
func (p *Plugin) choose(ctx context.Context, name string, old *spaces.Space) (string, error) {
	if old != nil {
		return old.Spec.Account, nil
	}
	return p.accounts.Choose(ctx, name)
}

// current returns the policy for the Space, and where it comes from. What was charged to an account that is gone is held to
// what holds for all.
func (p *Plugin) current(space, old *spaces.Space) (spaces.SpacePolicy, policy.Source, error) {
	current, source, err := p.policies.For(space.Spec.Account)
	if apierrors.IsNotFound(err) && !isCharge(space, old) {
		return p.policies.For("")
	}
	return current, source, err
}

// isCharge tells whether the Space is charged to another account than before.
func isCharge(space, old *spaces.Space) bool {
	return old == nil || old.Spec.Account != space.Spec.Account
}

// asksNothing tells whether nothing changes that a policy is about. Then it does not matter what that says, nor whether it can
// be read.
func asksNothing(space, old *spaces.Space) bool {
	return old != nil && apiequality.Semantic.DeepEqual(space.Spec, old.Spec) && space.Status.ExpiresAt.Equal(old.Status.ExpiresAt)
}

// fill fills in what is open in the spec of a Space that is new, or new to its policy; of any other what the caller has
// removed. What was never there stays so: the Space may be older than the policy.
func fill(space, old *spaces.Space, current spaces.SpacePolicy) {
	spec := &space.Spec
	filled := spec.DeepCopy()
	policy.Default(filled, current)
	if isCharge(space, old) {
		*spec = *filled
		return
	}
	if old.Spec.TTL != nil {
		spec.TTL = filled.TTL
	}
	if old.Spec.Quota != nil && filled.Quota != nil {
		fillQuota(spec, filled.Quota.Hard, maps.Keys(old.Spec.Quota.Hard))
	}
}

// fillQuota fills in the quota for the resources of these names.
func fillQuota(spec *spaces.SpaceSpec, filled corev1.ResourceList, names iter.Seq[corev1.ResourceName]) {
	for name := range names {
		amount, ok := filled[name]
		if !ok {
			continue
		}
		if spec.Quota == nil {
			spec.Quota = &spaces.Quota{}
		}
		if spec.Quota.Hard == nil {
			spec.Quota.Hard = corev1.ResourceList{}
		}
		spec.Quota.Hard[name] = amount
	}
}

// Validate implements admission.ValidationInterface.
func (p *Plugin) Validate(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	space, old, err := spacesOf(a)
	if space == nil || err != nil || !isOurs(space, old) || asksNothing(space, old) {
		return err
	}
	if isCharge(space, old) {
		if err := p.policies.Open(space.Spec.Account); err != nil {
			return refuse(a, err)
		}
	}
	current, source, err := p.current(space, old)
	if err != nil {
		return refuse(a, err)
	}
	budgets, err := p.policies.Budgets(space.Spec.Account)
	if err != nil {
		return refuse(a, err)
	}
	errs := policy.Check(space, old, current, source, p.clock.Now())
	errs = append(errs, policy.CheckCharge(space, old, budgets)...)
	wrong, err := p.checkTemplate(ctx, space, old, current.Template)
	if err != nil {
		return refuse(a, err)
	}
	if errs = append(errs, wrong...); len(errs) > 0 {
		return apierrors.NewInvalid(spaces.Kind("Space"), space.Name, errs)
	}
	if a.IsDryRun() { // otherwise the storage asks, as it writes
		return p.budgets.Check(space)
	}
	return nil
}

// refuse returns the error as one about the Space, unless it is one for callers already.
func refuse(a admission.Attributes, err error) error {
	if apierrors.ReasonForError(err) != "" {
		return err
	}
	return admission.NewForbidden(a, err)
}

// spacesOf returns the Space that is written, and the one that it replaces, or nil if no Space is.
func spacesOf(a admission.Attributes) (space, old *spaces.Space, err error) {
	if a.GetResource().GroupResource() != spaces.Resource("spaces") || a.GetSubresource() != "" {
		return nil, nil, nil
	}
	if space, err = spaceOf(a.GetObject()); err != nil || a.GetOperation() == admission.Create {
		return space, nil, err
	}
	old, err = spaceOf(a.GetOldObject())
	return space, old, err
}

func spaceOf(object runtime.Object) (*spaces.Space, error) {
	space, ok := object.(*spaces.Space)
	if !ok {
		return nil, apierrors.NewInternalError(fmt.Errorf("want a Space, have a %T", object))
	}
	return space, nil
}

// isOurs tells whether the Space is new, one of ours, or about to become one: to all others no policy applies.
func isOurs(space, old *spaces.Space) bool {
	return old == nil || old.Status.CreatedBy != "" || space.Spec.Account != ""
}
