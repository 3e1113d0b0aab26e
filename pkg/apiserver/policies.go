// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/admission/spacepolicy"
	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/namespacestore"
	"tenancy.example.io/spaces/pkg/policy"
	"tenancy.example.io/spaces/pkg/provisioning"
	"tenancy.example.io/spaces/pkg/registry/account"
	"tenancy.example.io/spaces/pkg/registry/backing"
	"tenancy.example.io/spaces/pkg/registry/clusterquota"
	"tenancy.example.io/spaces/pkg/registry/door"
	"tenancy.example.io/spaces/pkg/registry/spacetemplate"
)

// Policies knows what Spaces are to be like, once the server that it is given to follows the cluster. It is safe for
// concurrent use.
type Policies struct {
	policies
	feeds  feeds
	ledger ledger
}

// NewPolicies returns Policies that know nothing. Of each kind of objects that many changes are kept, at least.
func NewPolicies(history int, clock clock.PassiveClock) *Policies {
	feeds := newFeeds(history, clock)
	own := policies{accounts: feeds.accounts, quotas: feeds.quotas, templates: feeds.templates}
	return &Policies{policies: own, feeds: feeds, ledger: newLedger(own.contact)}
}

// Chooser returns what chooses accounts for callers who have not.
func (p *Policies) Chooser(reviewer door.Reviewer) spacepolicy.Accounts {
	return chooser{accounts: p.feeds.accounts, reviewer: reviewer}
}

// Shelf returns what tells which templates there are, and who may use them.
func (p *Policies) Shelf(reviewer door.Reviewer) spacepolicy.Templates {
	return shelf{policies: p.policies, reviewer: reviewer}
}

// Check implements spacepolicy.Budgets.
func (p *Policies) Check(space *spacesapi.Space) error { return p.ledger.Check(space) }

// policies knows what Spaces are to be like, from the caches. It is safe for concurrent use.
type policies struct {
	accounts, quotas, templates *namespacestore.Feed
}

// For implements spacepolicy.Policies.
func (p policies) For(name string) (spacesapi.SpacePolicy, policy.Source, error) {
	source := policy.Source{Account: name}
	cluster, err := p.cluster()
	if err != nil || name == "" {
		return cluster.Space, source, err
	}
	charged, err := p.account(name)
	if err != nil {
		return cluster.Space, source, err
	}
	source.Policy = charged.Spec.Space
	return policy.Merge(cluster.Space, charged.Spec.Space), source, nil
}

// Budgets implements spacepolicy.Policies.
func (p policies) Budgets(name string) ([]policy.Budget, error) {
	cluster, err := p.cluster()
	if err != nil {
		return nil, err
	}
	budgets := []policy.Budget{policy.ClusterBudget(cluster)}
	charged, err := p.account(name)
	switch {
	case apierrors.IsNotFound(err):
		return budgets, nil
	case err != nil:
		return nil, err
	default:
		return append([]policy.Budget{policy.AccountBudget(charged)}, budgets...), nil
	}
}

// contact returns whom to ask for more of the budget of the account, or of that of the cluster if it is ""; or "".
func (p policies) contact(name string) string {
	if name == "" {
		if row := p.quotas.Get(spacesapi.SystemNamespace); row != nil {
			return annotationOf(row.Object, spacesapi.AnnotationContact)
		}
		return ""
	}
	charged, err := p.account(name)
	if err != nil {
		return ""
	}
	return charged.Annotations[spacesapi.AnnotationContact]
}

func annotationOf(object runtime.Object, key string) string {
	accessor, err := meta.Accessor(object)
	if err != nil {
		return ""
	}
	return accessor.GetAnnotations()[key]
}

// Open implements spacepolicy.Policies.
func (p policies) Open(name string) error {
	if name == "" {
		return nil
	}
	charged, err := p.account(name)
	if err != nil {
		return err
	}
	if charged.DeletionTimestamp != nil {
		return apierrors.NewConflict(account.Kind.GroupResource(), name, errors.New("it is being deleted, and nothing can be charged to it any more"))
	}
	return nil
}

// cluster returns what holds for all Spaces.
func (p policies) cluster() (*spacesapi.ClusterQuotaSpec, error) {
	row := p.quotas.Get(spacesapi.SystemNamespace)
	if row == nil {
		return &spacesapi.ClusterQuotaSpec{}, nil
	}
	quota, ok := row.Object.(*spacesapi.ClusterQuota)
	if !ok || backing.HasReason(quota.Status.Conditions, backing.ReasonUndecodable) {
		return &spacesapi.ClusterQuotaSpec{}, unreadable(clusterquota.Kind, spacesapi.ClusterQuotaName, fmt.Sprintf(
			"set it again, or mend the annotation %s of the namespace %q", spacesapi.AnnotationObject, spacesapi.SystemNamespace))
	}
	return &quota.Spec, nil
}

// account returns an account that Spaces can be charged to.
func (p policies) account(name string) (*spacesapi.Account, error) {
	row := p.accounts.Get(spacesapi.AccountHome(name))
	if row == nil {
		return nil, apierrors.NewNotFound(account.Kind.GroupResource(), name)
	}
	found, ok := row.Object.(*spacesapi.Account)
	if !ok || backing.HasReason(found.Status.Conditions, backing.ReasonUndecodable) {
		return nil, unreadable(account.Kind, name, fmt.Sprintf(
			"mend the annotation %s of the namespace %q", spacesapi.AnnotationObject, spacesapi.AccountHome(name)))
	}
	return found, nil
}

// template returns a template that Spaces can be filled from.
func (p policies) template(name string) (*spacesapi.SpaceTemplate, error) {
	row := p.templates.Get(spacesapi.TemplateConfigMap(name))
	if row == nil {
		return nil, apierrors.NewNotFound(spacetemplate.Kind.GroupResource(), name)
	}
	found, ok := row.Object.(*spacesapi.SpaceTemplate)
	if !ok || backing.HasReason(found.Status.Conditions, backing.ReasonUndecodable) {
		return nil, unreadable(spacetemplate.Kind, name, fmt.Sprintf(
			"set it again, or mend the ConfigMap %q in the namespace %q", spacesapi.TemplateConfigMap(name), spacesapi.SystemNamespace))
	}
	return found, nil
}

// unreadable is the answer to a caller who needs what cannot be read. Trying again is of no use, and no fault of the server is
// to be looked for.
func unreadable(kind backing.Kind, name, remedy string) error {
	return apierrors.NewForbidden(kind.GroupResource(), name, errors.New("it cannot be read: an administrator has to "+remedy))
}

// planOf returns the plan of an object that is a Space.
func (p policies) planOf(object runtime.Object) (provisioning.Plan, error) {
	space, err := asSpace(object)
	if err != nil {
		return provisioning.Plan{}, err
	}
	return p.Plan(space)
}

// Plan implements provisioning.Planner. Nothing is made for an account that is gone, or going; what was charged to it before
// stays as the cluster wants it.
func (p policies) Plan(space *spacesapi.Space) (provisioning.Plan, error) {
	plan := provisioning.Plan{Space: space}
	if space.Status.Phase == spacesapi.SpaceProvisioning {
		if err := p.Open(space.Spec.Account); err != nil {
			return plan, err
		}
		filling, err := p.filling(space)
		if err != nil {
			return plan, err
		}
		plan.Filling = filling
	}
	current, _, err := p.For(space.Spec.Account)
	if err != nil && !apierrors.IsNotFound(err) {
		return plan, err
	}
	plan.Policy = policy.Complete(current)
	if charged, err := p.account(space.Spec.Account); err == nil {
		plan.Subjects = provisioning.SubjectsOf(charged)
	}
	return plan, nil
}
