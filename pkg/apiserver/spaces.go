// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/controller/expiry"
	"tenancy.example.io/spaces/pkg/namespacestore"
	"tenancy.example.io/spaces/pkg/registry/space"
)

// liveSpaces is what the controllers want to know of Spaces that are not being deleted.
type liveSpaces struct {
	feed   *namespacestore.Feed
	ledger ledger
	store  *namespacestore.Store
	keeper keeper
}

func (l liveSpaces) get(name string) (*namespacestore.Row, *spaces.Space) {
	row := l.feed.Get(name)
	if row == nil {
		return nil, nil
	}
	space, ok := row.Object.(*spaces.Space)
	if !ok || space.Status.Phase == spaces.SpaceTerminating {
		return nil, nil
	}
	return row, space
}

// Deadline implements expiry.Deadlines.
func (l liveSpaces) Deadline(name string) (expiry.Deadline, bool) {
	row, space := l.get(name)
	if space == nil || space.Status.ExpiresAt == nil {
		return expiry.Deadline{}, false
	}
	return expiry.Deadline{
		At:              space.Status.ExpiresAt.Time,
		TTL:             ttlOf(space),
		UID:             row.Namespace.UID,
		ResourceVersion: row.Namespace.ResourceVersion,
	}, true
}

// ttlOf returns how long the Space lives from when its time begins to count.
func ttlOf(space *spaces.Space) time.Duration {
	if space.Spec.TTL == nil {
		return 0
	}
	ttl, err := space.Spec.TTL.Value()
	if err != nil {
		return 0 // it was refused
	}
	return ttl
}

// Incomplete implements space.Spaces.
func (l liveSpaces) Incomplete(name string) bool {
	return l.ledger.Claims(name) || l.isProvisioning(name)
}

func (l liveSpaces) isProvisioning(name string) bool {
	_, space := l.get(name)
	return space != nil && space.Status.Phase == spaces.SpaceProvisioning
}

// Complete implements space.Spaces. What was done before may be of another policy, or of none if the namespace was adopted.
// If it cannot be completed, the Space says why.
func (l liveSpaces) Complete(ctx context.Context, name string) error {
	failed := l.complete(ctx, name)
	if failed != nil {
		return l.keeper.tellIncomplete(ctx, name, failed)
	}
	l.keeper.later(name)
	return nil
}

func (l liveSpaces) complete(ctx context.Context, name string) error {
	if err := l.store.Decide(ctx, name); err != nil || !l.isProvisioning(name) {
		return err
	}
	if err := l.keeper.Align(ctx, name); err != nil {
		return err
	}
	return l.store.Complete(ctx, name)
}

// registry implements provisioning.Registry.
type registry struct {
	namespaces namespaces
	mapping    space.Mapping
}

// Still implements provisioning.Registry.
func (r registry) Still(ctx context.Context, one *spaces.Space) error {
	live, err := r.namespaces.Get(ctx, one.Name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	now, err := asSpace(r.mapping.Decode(live))
	if err != nil {
		return err
	}
	if now.UID != one.UID || !space.ClaimOf(now).Amounts.Equal(space.ClaimOf(one).Amounts) {
		return apierrors.NewConflict(space.Kind.GroupResource(), one.Name, errors.New("it was changed, or deleted and created anew"))
	}
	return nil
}

// deleter implements expiry.Deleter.
type deleter struct {
	namespaces namespaces
	keeper     keeper
}

// TellOverdue implements expiry.Deleter.
func (d deleter) TellOverdue(ctx context.Context, name string, why error) error {
	return d.keeper.tellOverdue(ctx, name, why)
}

// Delete implements expiry.Deleter.
func (d deleter) Delete(ctx context.Context, name string, preconditions metav1.Preconditions) error {
	return d.namespaces.delete(ctx, name, preconditions)
}
