// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spacepolicy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/policy"
)

// frugal is the spec of a Space of the account that has a budget of secrets.
func frugal(quota *spaces.Quota) spaces.SpaceSpec {
	return spaces.SpaceSpec{Account: "frugal", Quota: quota}
}

func TestValidateHoldsSpacesToBudgets(t *testing.T) {
	for name, tc := range map[string]struct {
		old, space *spaces.Space
		wrong      bool
	}{
		"a new Space that names what there is a budget of": {space: theirs(frugal(pods("5", "secrets", "2")))},
		"a new Space that does not":                        {space: theirs(frugal(pods("5"))), wrong: true},
		"an update of the quota":                           {old: ours(frugal(pods("5"))), space: ours(frugal(pods("6"))), wrong: true},
		"an update of nothing that is charged":             {old: ours(frugal(pods("5"))), space: ours(spaces.SpaceSpec{Account: "frugal", TTL: ttl("1h"), Quota: pods("5")})},
		"a transfer":                                       {old: ours(spaces.SpaceSpec{Account: "red", Quota: pods("5")}), space: ours(frugal(pods("5"))), wrong: true},
		"an adoption":                                      {old: theirs(spaces.SpaceSpec{}), space: theirs(frugal(nil)), wrong: true},
		"a namespace of others":                            {old: theirs(spaces.SpaceSpec{}), space: theirs(spaces.SpaceSpec{Quota: pods("5")})},
	} {
		t.Run(name, func(t *testing.T) {
			plugin := initialized(t, policies{"red": {}, "frugal": {}, "": {}}, chosen(""))
			var old runtime.Object
			if tc.old != nil {
				old = tc.old
			}
			err := plugin.Validate(t.Context(), attributes(tc.space, old), nil)
			if !tc.wrong && err != nil {
				t.Fatalf("refused: %v", err)
			}
			const says = `spec.quota.hard[secrets]: Required value: account "frugal" has a budget of it`
			if tc.wrong && (!apierrors.IsInvalid(err) || !strings.Contains(err.Error(), says)) {
				t.Errorf("error: %v, want that it says %s", err, says)
			}
		})
	}
}

// Who changes the quota of a Space that is older than a budget gets the default for what the budget limits, and no other.
func TestAdmitFillsInWhatBudgetsLimit(t *testing.T) {
	for name, tc := range map[string]struct {
		policy     spaces.SpacePolicy
		old        *spaces.Space
		spec, want spaces.SpaceSpec
	}{
		"a quota that is changed":     {policy: bounded(), old: ours(frugal(pods("5"))), spec: frugal(pods("6")), want: frugal(pods("6", "secrets", "2"))},
		"a quota that is not changed": {policy: bounded(), old: ours(frugal(pods("5"))), spec: frugal(pods("5")), want: frugal(pods("5"))},
		"a quota that comes":          {policy: spaces.SpacePolicy{DefaultQuota: pods("5", "secrets", "2")}, old: ours(frugal(nil)), spec: frugal(pods("6")), want: frugal(pods("6", "secrets", "2"))},
		"what is asked for":           {policy: bounded(), old: ours(frugal(pods("5"))), spec: frugal(pods("6", "secrets", "1")), want: frugal(pods("6", "secrets", "1"))},
		"nothing without a default":   {old: ours(frugal(pods("5"))), spec: frugal(pods("6")), want: frugal(pods("6"))},
		"nor where all of it is gone": {old: ours(frugal(pods("5"))), spec: frugal(nil), want: frugal(nil)},
		"nothing of another account": {
			policy: bounded(), old: ours(spaces.SpaceSpec{Account: "red", Quota: pods("5")}),
			spec: spaces.SpaceSpec{Account: "red", Quota: pods("6")}, want: spaces.SpaceSpec{Account: "red", Quota: pods("6")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			plugin := initialized(t, policies{"frugal": tc.policy, "red": tc.policy}, chosen(""))
			space := tc.old.DeepCopy()
			space.Spec = tc.spec
			if err := plugin.Admit(t.Context(), attributes(space, tc.old), nil); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, space.Spec); diff != "" {
				t.Errorf("spec (-want +got):\n%s", diff)
			}
		})
	}
}

// noBudgets knows policies, but no budgets.
type noBudgets struct{ policies }

func (noBudgets) Budgets(string) ([]policy.Budget, error) { return brokenPolicies{}.Budgets("") }

func TestUnknownBudgetsAreForbidden(t *testing.T) {
	plugin := initialized(t, noBudgets{policies{"": {}}}, chosen(""))
	old, space := ours(spaces.SpaceSpec{}), ours(spaces.SpaceSpec{Quota: pods("1")})
	if err := plugin.Admit(t.Context(), attributes(space, old), nil); err != nil {
		t.Errorf("admit: %v", err)
	}
	if err := plugin.Validate(t.Context(), attributes(space, old), nil); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "nobody knows") {
		t.Errorf("validate: %v", err)
	}
}
