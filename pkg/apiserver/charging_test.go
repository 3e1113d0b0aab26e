// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"errors"
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"

	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
)

// rights are what a reviewer allows, as "verb resource namespace/name".
type rights []string

func (r rights) Allows(_ context.Context, _ user.Info, what authorizationv1.ResourceAttributes) (bool, error) {
	asked := what.Verb + " " + what.Resource + " " + what.Namespace + "/" + what.Name
	for _, right := range r {
		if right == asked {
			return true, nil
		}
		if right == "broken" {
			return false, errors.New("nobody answers")
		}
	}
	return false, nil
}

const (
	toCreate  = "create namespaces /"
	toUseRed  = "use accounts account-red/red"
	toUseBlue = "use accounts account-blue/blue"
)

func TestChoose(t *testing.T) {
	gone := homeOf(t, "blue", spacesapi.AccountSpec{})
	gone.DeletionTimestamp, gone.Finalizers = new(metav1.Now()), []string{"kubernetes"}
	alices := spacesapi.AccountSpec{Subjects: []rbacv1.Subject{{Kind: rbacv1.UserKind, Name: "alice"}}}
	red, blue, others := homeOf(t, "red", alices), homeOf(t, "blue", alices), homeOf(t, "blue", spacesapi.AccountSpec{})
	for name, tc := range map[string]struct {
		homes  []*corev1.Namespace
		sees   []string
		rights rights
		want   string
		says   string
	}{
		"the only account that there is":             {homes: []*corev1.Namespace{red}, sees: []string{"account-red"}, rights: rights{toUseRed}, want: "red"},
		"the only one that the caller sees":          {homes: []*corev1.Namespace{red, blue}, sees: []string{"account-blue", "a"}, rights: rights{toUseRed, toUseBlue}, want: "blue"},
		"the only one that the caller may use":       {homes: []*corev1.Namespace{red, blue}, sees: []string{"account-red", "account-blue"}, rights: rights{toUseRed}, want: "red"},
		"the only one that is not being deleted":     {homes: []*corev1.Namespace{red, gone}, sees: []string{"account-red", "account-blue"}, rights: rights{toUseRed, toUseBlue}, want: "red"},
		"the only one, though there need not be":     {homes: []*corev1.Namespace{red}, sees: []string{"account-red"}, rights: rights{toUseRed, toCreate}, want: "red"},
		"none of several for who is free":            {homes: []*corev1.Namespace{red, blue}, sees: []string{"account-red", "account-blue"}, rights: rights{toUseRed, toUseBlue, toCreate}},
		"none for who is free":                       {rights: rights{toCreate}},
		"none of all for who sees all and is free":   {homes: []*corev1.Namespace{red}, sees: []string{"*"}, rights: rights{toUseRed, toCreate}},
		"the only own one, though let into another":  {homes: []*corev1.Namespace{red, others}, sees: []string{"account-red", "account-blue"}, rights: rights{toUseRed, toUseBlue}, want: "red"},
		"none that one is let into, for who is free": {homes: []*corev1.Namespace{others}, sees: []string{"account-blue"}, rights: rights{toUseBlue, toCreate}},
		"advice for who is let into one":             {homes: []*corev1.Namespace{others}, sees: []string{"account-blue"}, rights: rights{toUseBlue}, says: `User "alice" is not a subject of the account that its owner lets it use: say blue for spec.account`},
		"advice for who has several":                 {homes: []*corev1.Namespace{red, blue}, sees: []string{"account-red", "account-blue"}, rights: rights{toUseRed, toUseBlue}, says: `User "alice" can use several accounts: choose one of blue, red for spec.account`},
		"advice for who has none":                    {homes: []*corev1.Namespace{red}, sees: []string{"account-red"}, says: `User "alice" can use no account`},
		"advice for whose account is being deleted":  {homes: []*corev1.Namespace{gone}, sees: []string{"account-blue"}, rights: rights{toUseBlue}, says: `User "alice" can use no account`},
		"nothing where nobody answers":               {homes: []*corev1.Namespace{red}, sees: []string{"account-red"}, rights: rights{"broken"}, says: "nobody answers"},
		"nothing where nobody answers in the end":    {rights: rights{"broken"}, says: "nobody answers"},
	} {
		t.Run(name, func(t *testing.T) {
			p := following(t, tc.homes...)
			p.feeds.accounts.SetAccess(sight{"alice": tc.sees}, nothing{})
			got, err := p.Chooser(tc.rights).Choose(request.WithUser(t.Context(), &user.DefaultInfo{Name: "alice"}), "a")
			if (err == nil) != (tc.says == "") || (err != nil && !strings.Contains(err.Error(), tc.says)) {
				t.Fatalf("error: %v, want that it says %q", err, tc.says)
			}
			if wantForbidden := tc.says != "" && tc.says != "nobody answers"; apierrors.IsForbidden(err) != wantForbidden {
				t.Errorf("forbidden: %v", err)
			}
			if got != tc.want {
				t.Errorf("chosen is %q, want %q", got, tc.want)
			}
			if _, err := p.Chooser(tc.rights).Choose(t.Context(), "a"); !apierrors.IsForbidden(err) {
				t.Errorf("without a user: %v, want forbidden", err)
			}
		})
	}
}

// An account is used as long as one namespace is there that is charged to it.
func TestChargedSpacesAreCounted(t *testing.T) {
	of := func(account string) func(*spacesapi.Space) {
		return func(s *spacesapi.Space) { s.Spec.Account = account }
	}
	leaving := placed(t, "leaving", of("red"))
	leaving.DeletionTimestamp, leaving.Finalizers = new(metav1.Now()), []string{"kubernetes"}
	p := following(t, placed(t, "a", of("red")), placed(t, "b", of("blue")), placed(t, "c", nil), leaving,
		spoilt("d"), bare("e"), homeOf(t, "red", spacesapi.AccountSpec{}))
	counts := charged{spaces: p.feeds.spaces}
	for account, want := range map[string]int{"red": 2, "blue": 1, "green": 0} {
		if got := counts.Count(account); got != want {
			t.Errorf("%d Spaces are charged to %q, want %d", got, account, want)
		}
	}
}
