// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/namespacestore"
)

// Condemn implements account.Charged, by a finalizer on the home, before that is deleted. If the cluster does not let it be
// deleted, nothing is done.
func (c charged) Condemn(ctx context.Context, account string) error {
	home := spacesapi.AccountHome(account)
	if err := c.namespaces.mayDelete(ctx, home); err != nil {
		return err
	}
	live, err := c.namespaces.Get(ctx, home, metav1.GetOptions{})
	if err != nil || live.DeletionTimestamp != nil || isHeld(live.Finalizers) {
		return err
	}
	_, err = c.namespaces.merge(ctx, live, map[string]any{"finalizers": append(live.Finalizers, spacesapi.FinalizerSpaces)})
	return err
}

// isHeld tells whether the home of an account, which has these finalizers, goes after its Spaces.
func isHeld(finalizers []string) bool {
	return slices.Contains(finalizers, spacesapi.FinalizerSpaces)
}

// endings implements the Accounts of the controller that ends them.
type endings struct {
	accounts *namespacestore.Feed
	charged  charged
}

// Ending implements account.Accounts.
func (e endings) Ending(name string) bool {
	row := e.accounts.Get(spacesapi.AccountHome(name))
	return row != nil && row.Namespace.DeletionTimestamp != nil && isHeld(row.Namespace.Finalizers)
}

// End implements account.Accounts. That there are no Spaces any more is not for the cache to say alone: somebody may have
// created one by another replica that had not heard of the deletion.
func (e endings) End(ctx context.Context, name string) (bool, error) {
	if !e.charged.spaces.HasSynced() {
		return false, nil
	}
	if err := e.charged.delete(ctx, name); err != nil || e.charged.Count(name) > 0 {
		return false, err
	}
	namespaces, home := e.charged.namespaces, spacesapi.AccountHome(name)
	left, err := namespaces.List(ctx, metav1.ListOptions{LabelSelector: labels.Set{spacesapi.LabelAccount: name}.String(), Limit: 1})
	if err != nil || len(left.Items) > 0 {
		return false, err
	}
	live, err := namespaces.Get(ctx, home, metav1.GetOptions{})
	if err != nil || live.DeletionTimestamp == nil || !isHeld(live.Finalizers) {
		return err == nil, err
	}
	others := slices.DeleteFunc(slices.Clone(live.Finalizers), func(held string) bool { return held == spacesapi.FinalizerSpaces })
	_, err = namespaces.merge(ctx, live, map[string]any{"finalizers": others})
	return err == nil, err
}
