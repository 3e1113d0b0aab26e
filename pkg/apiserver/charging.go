// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"

	"tenancy.example.io/spaces/pkg/access"
	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/namespacestore"
	"tenancy.example.io/spaces/pkg/registry/door"
	"tenancy.example.io/spaces/pkg/registry/space"
)

// chooser chooses accounts for callers who have not. It is safe for concurrent use.
type chooser struct {
	accounts *namespacestore.Feed
	reviewer door.Reviewer
}

// Choose implements spacepolicy.Accounts: the only account that the caller is a subject of, and may use, or none for who may
// create namespaces. Into an account that has others as its subjects one is let by its owner, who may be anybody that
// creates namespaces: that must not get the Spaces of who has not asked for it.
func (c chooser) Choose(ctx context.Context, name string) (string, error) {
	caller, ok := request.UserFrom(ctx)
	if !ok {
		return "", forbidden(name, "the request has no user")
	}
	rows, all := c.accounts.Visible(caller)
	if all {
		// An administrator is let into none of them by seeing all.
		if free, err := c.free(ctx, caller); free || err != nil {
			return "", err
		}
	}
	usable, own, err := c.usable(ctx, caller, rows)
	if err != nil {
		return "", apierrors.NewInternalError(err)
	}
	if len(own) == 1 {
		return own[0], nil
	}
	if free, err := c.free(ctx, caller); free || err != nil {
		return "", err
	}
	return "", forbidden(name, c.advice(caller, usable))
}

// free tells whether the caller needs no account.
func (c chooser) free(ctx context.Context, caller user.Info) (bool, error) {
	free, err := c.reviewer.Allows(ctx, caller, door.ToCreateNamespaces())
	if err != nil {
		return false, apierrors.NewInternalError(err)
	}
	return free, nil
}

func forbidden(name, why string) error {
	return apierrors.NewForbidden(space.Kind.GroupResource(), name, errors.New(why))
}

func (c chooser) advice(caller user.Info, usable []string) string {
	if len(usable) == 0 {
		return fmt.Sprintf("User %q can use no account, nor create namespaces at the cluster scope: ask an administrator to make you a subject of an account", caller.GetName())
	}
	if len(usable) == 1 {
		return fmt.Sprintf("User %q is not a subject of the account that its owner lets it use: say %s for spec.account", caller.GetName(), usable[0])
	}
	return fmt.Sprintf("User %q can use several accounts: choose one of %s for spec.account", caller.GetName(), strings.Join(usable, ", "))
}

// usable returns the names of those accounts that the caller may use, and of those among them that have it as a subject.
func (c chooser) usable(ctx context.Context, caller user.Info, rows []*namespacestore.Row) (usable, own []string, err error) {
	for _, row := range rows {
		one, ok := row.Object.(*spacesapi.Account)
		if !ok || one.DeletionTimestamp != nil {
			continue
		}
		allowed, err := c.reviewer.Allows(ctx, caller, door.ToUse(one.Name))
		if err != nil {
			return nil, nil, err
		}
		if !allowed {
			continue
		}
		usable = append(usable, one.Name)
		if isSubject(one, caller) {
			own = append(own, one.Name)
		}
	}
	return usable, own, nil
}

// isSubject tells whether the account says that the caller may use it.
func isSubject(account *spacesapi.Account, caller user.Info) bool {
	return slices.ContainsFunc(account.Spec.Subjects, func(named rbacv1.Subject) bool {
		return access.Means(named, spacesapi.AccountHome(account.Name), caller)
	})
}

// charged implements account.Charged.
type charged struct {
	spaces     *namespacestore.Feed
	namespaces namespaces
}

// Count implements account.Charged.
func (c charged) Count(account string) int { return len(c.of(account)) }

func (c charged) of(account string) []*namespacestore.Row {
	var rows []*namespacestore.Row
	for _, row := range c.spaces.Rows() {
		if one, ok := row.Object.(*spacesapi.Space); ok && one.Spec.Account == account {
			rows = append(rows, row)
		}
	}
	return rows
}

// delete deletes all Spaces of the account that are not being deleted yet.
func (c charged) delete(ctx context.Context, account string) error {
	for _, row := range c.of(account) {
		if row.Namespace.DeletionTimestamp != nil {
			continue
		}
		if err := c.namespaces.remove(ctx, row); err != nil {
			return err
		}
	}
	return nil
}
