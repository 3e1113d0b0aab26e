// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"maps"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	spacesclient "tenancy.example.io/spaces/pkg/generated/clientset/versioned/typed/spaces/v1alpha1"
)

// sight is what somebody sees of the budgets, and of the Spaces that are charged to them.
type sight struct {
	// quotas has the ClusterQuota. It is not looked for if certain accounts are.
	quotas   []v1alpha1.ClusterQuota
	accounts []v1alpha1.Account
	spaces   []v1alpha1.Space
	// named is whether certain accounts were asked for.
	named bool
	// refused are the kinds that may not be listed, with the answers.
	refused map[string]error
}

// look returns what the caller sees of these accounts, or of everything if there are none. Errors are those of the server,
// unless there is something that can be seen.
func (c *connection) look(ctx context.Context, accounts []string) (*sight, error) {
	client, err := c.client()
	if err != nil {
		return nil, err
	}
	s := &sight{named: len(accounts) > 0, refused: map[string]error{}}
	if err := s.list(ctx, client); err != nil {
		return nil, err
	}
	if s.named {
		return s, s.choose(accounts)
	}
	if len(s.refused) == 3 {
		return nil, s.refused["Spaces"]
	}
	return s, nil
}

// list lists what there is, as far as that is allowed.
func (s *sight) list(ctx context.Context, client *spacesclient.SpacesV1alpha1Client) error {
	if !s.named {
		quotas, err := client.ClusterQuotas().List(ctx, metav1.ListOptions{})
		if err := s.refuse("the ClusterQuota", err); err != nil {
			return err
		}
		if err == nil {
			s.quotas = quotas.Items
		}
	}
	accounts, err := client.Accounts().List(ctx, metav1.ListOptions{})
	if err := s.refuse("accounts", err); err != nil {
		return err
	}
	if err == nil {
		s.accounts = accounts.Items
	}
	spaces, err := client.Spaces().List(ctx, metav1.ListOptions{})
	if err := s.refuse("Spaces", err); err != nil {
		return err
	}
	if err == nil {
		s.spaces = spaces.Items
	}
	return nil
}

// refuse returns the error, unless it means that the caller may not list such things: that is kept.
func (s *sight) refuse(kind string, err error) error {
	if apierrors.IsForbidden(err) {
		s.refused[kind] = err
		return nil
	}
	return err
}

// choose leaves nothing but these accounts and their Spaces, or returns an error if one of them is not seen.
func (s *sight) choose(names []string) error {
	if err := s.refused["accounts"]; err != nil {
		return err
	}
	s.accounts = slices.DeleteFunc(s.accounts, func(a v1alpha1.Account) bool { return !slices.Contains(names, a.Name) })
	s.spaces = slices.DeleteFunc(s.spaces, func(one v1alpha1.Space) bool { return !slices.Contains(names, one.Spec.Account) })
	for _, name := range names {
		if !slices.ContainsFunc(s.accounts, func(a v1alpha1.Account) bool { return a.Name == name }) {
			return apierrors.NewNotFound(v1alpha1.Resource("accounts"), name)
		}
	}
	return nil
}

// unseen names what there is that the caller does not see, as far as that is known; it is "" for nothing.
func (s *sight) unseen() string {
	var unseen []string
	if !s.named && len(s.quotas) == 0 {
		unseen = append(unseen, "the ClusterQuota")
	}
	if s.refused["accounts"] != nil {
		unseen = append(unseen, "accounts")
	} else {
		unseen = append(unseen, s.unseenAccounts()...)
	}
	if s.refused["Spaces"] != nil {
		unseen = append(unseen, "Spaces")
	}
	return strings.Join(unseen, ", ")
}

// unseenAccounts names those that are charged for a Space that is seen, and are not seen themselves.
func (s *sight) unseenAccounts() []string {
	unseen := map[string]bool{}
	for i := range s.spaces {
		if account := s.spaces[i].Spec.Account; account != "" {
			unseen["the account "+account] = true
		}
	}
	for i := range s.accounts {
		delete(unseen, "the account "+s.accounts[i].Name)
	}
	return slices.Sorted(maps.Keys(unseen))
}
