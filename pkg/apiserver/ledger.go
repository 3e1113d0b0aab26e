// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"

	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/namespacestore"
	"tenancy.example.io/spaces/pkg/quota"
	"tenancy.example.io/spaces/pkg/registry/space"
)

// decisionPatience is how long a claim waits for a decision on those before it. It takes as long as to create a Space, or
// twice as long if whoever does so has ended.
const decisionPatience = 10 * time.Second

// hearsay is how long a refusal waits for what has happened elsewhere a moment ago, and is on its way here: who has seen a
// Space go by another replica has room for the next one.
const hearsay = 250 * time.Millisecond

// ledger implements namespacestore.Ledger for Spaces. It is safe for concurrent use.
type ledger struct {
	*quota.Ledger
	costs *space.Costs
	// contact returns whom to ask for more of the budget of an account, or of the cluster if it is "".
	contact func(account string) string
	// refused is called with what was refused.
	refused func(space string, exceeded *quota.ExceededError)
}

func newLedger(contact func(account string) string) ledger {
	return ledger{
		Ledger: quota.NewLedger(), costs: space.NewCosts(), contact: contact,
		refused: func(string, *quota.ExceededError) {},
	}
}

// claims is how Spaces come to cost what they do.
func (l ledger) claims() *namespacestore.Claims {
	return &namespacestore.Claims{
		Ledger: l, New: spacesapi.AnnotationNew, Claim: spacesapi.AnnotationClaim, Held: spacesapi.AnnotationHeld,
	}
}

// Cost implements namespacestore.Ledger.
func (l ledger) Cost(namespace *corev1.Namespace, object runtime.Object) (cost namespacestore.Cost, err error) {
	one, err := asSpace(object)
	if err != nil {
		return cost, err
	}
	claim, held := l.costs.Change(namespace, one)
	if claim != nil {
		if cost.Claim, err = space.EncodeClaim(claim); err != nil {
			return cost, err
		}
	}
	if held != nil {
		text, err := space.EncodeClaim(held)
		if err != nil {
			return cost, err
		}
		cost.Held = &text
	}
	return cost, nil
}

// Reserve implements namespacestore.Ledger.
func (l ledger) Reserve(ctx context.Context, namespace *corev1.Namespace, object runtime.Object) (release func(), err error) {
	one, err := asSpace(object)
	if err != nil {
		return nil, err
	}
	claim := space.ClaimOf(one)
	if namespace != nil {
		claim, _ = l.costs.Change(namespace, one)
	}
	var reservation *quota.Reservation
	err = l.await(ctx, one.Name, func() (err error) {
		reservation, err = l.Ledger.Reserve(one.Name, *claim)
		return err
	})
	if err != nil {
		return nil, err
	}
	return reservation.Release, nil
}

// Admit implements namespacestore.Ledger.
func (l ledger) Admit(ctx context.Context, name string) error {
	return l.await(ctx, name, func() error { return l.Ledger.Admit(name) })
}

// Check tells why there is no room for the Space, in the place of what it was before, if so. It is not waited for others.
func (l ledger) Check(one *spacesapi.Space) error {
	return l.explain(one.Name, l.Ledger.Check(one.Name, *space.ClaimOf(one)))
}

// await asks until there is an answer that stays.
func (l ledger) await(ctx context.Context, name string, ask func() error) error {
	patient, cancel := context.WithTimeout(ctx, decisionPatience)
	defer cancel()
	soon, cancelSoon := context.WithTimeout(ctx, hearsay)
	defer cancelSoon()
	err := l.Await(patient, soon, ask)
	if exceeded := (*quota.ExceededError)(nil); errors.As(err, &exceeded) {
		l.refused(name, exceeded)
	}
	return l.explain(name, err)
}

// explain returns the error as the caller is to get it.
func (l ledger) explain(name string, err error) error {
	if exceeded := (*quota.ExceededError)(nil); errors.As(err, &exceeded) {
		return exceeded.Refusal(name, l.contact(exceeded.Account))
	}
	if errors.Is(err, quota.ErrNoClaim) {
		return apierrors.NewConflict(space.Kind.GroupResource(), name, errors.New("it was deleted or changed meanwhile"))
	}
	return err
}

func asSpace(object runtime.Object) (*spacesapi.Space, error) {
	one, ok := object.(*spacesapi.Space)
	if !ok {
		return nil, apierrors.NewInternalError(fmt.Errorf("want a Space, have a %T", object))
	}
	return one, nil
}
