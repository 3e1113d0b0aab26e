// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
)

func TestSightOf(t *testing.T) {
	get := rbacv1.PolicyRule{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"namespaces"}}
	with := func(change func(*rbacv1.PolicyRule)) []rbacv1.PolicyRule {
		rule := *get.DeepCopy()
		change(&rule)
		return []rbacv1.PolicyRule{rule}
	}
	for name, tc := range map[string]struct {
		rules      []rbacv1.PolicyRule
		within     []string // by a binding in the namespace "a"
		everywhere []string
	}{
		"no rules grant nothing":                     {},
		"get namespaces grants all":                  {rules: []rbacv1.PolicyRule{get}, within: []string{"a"}, everywhere: []string{everyNamespace}},
		"any verb includes get":                      {rules: with(func(r *rbacv1.PolicyRule) { r.Verbs = []string{"*"} }), within: []string{"a"}, everywhere: []string{everyNamespace}},
		"any group includes the core group":          {rules: with(func(r *rbacv1.PolicyRule) { r.APIGroups = []string{"apps", "*"} }), within: []string{"a"}, everywhere: []string{everyNamespace}},
		"any resource includes namespaces":           {rules: with(func(r *rbacv1.PolicyRule) { r.Resources = []string{"*"} }), within: []string{"a"}, everywhere: []string{everyNamespace}},
		"list is not get":                            {rules: with(func(r *rbacv1.PolicyRule) { r.Verbs = []string{"list", "watch"} })},
		"another group has other namespaces":         {rules: with(func(r *rbacv1.PolicyRule) { r.APIGroups = []string{"apps"} })},
		"a subresource is not the namespace":         {rules: with(func(r *rbacv1.PolicyRule) { r.Resources = []string{"namespaces/status", "*/finalize"} })},
		"a URL is not a namespace":                   {rules: []rbacv1.PolicyRule{{Verbs: []string{"get"}, NonResourceURLs: []string{"*"}}}},
		"a name grants that one":                     {rules: with(func(r *rbacv1.PolicyRule) { r.ResourceNames = []string{"a"} }), within: []string{"a"}, everywhere: []string{"a"}},
		"another name grants nothing in a namespace": {rules: with(func(r *rbacv1.PolicyRule) { r.ResourceNames = []string{"b"} }), everywhere: []string{"b"}},
		"the empty name grants nothing":              {rules: with(func(r *rbacv1.PolicyRule) { r.ResourceNames = []string{""} })},
		"names of several rules add up": {
			rules:      append(with(func(r *rbacv1.PolicyRule) { r.ResourceNames = []string{"a"} }), with(func(r *rbacv1.PolicyRule) { r.ResourceNames = []string{"b"} })...),
			within:     []string{"a"},
			everywhere: []string{"a", "b"},
		},
		"a rule for all covers one with names": {
			rules:      append(with(func(r *rbacv1.PolicyRule) { r.ResourceNames = []string{"b"} }), get),
			within:     []string{"a"},
			everywhere: []string{everyNamespace},
		},
	} {
		t.Run(name, func(t *testing.T) {
			sight := sightOf(tc.rules)
			everywhere := sight.everywhere()
			slices.Sort(everywhere)
			if diff := cmp.Diff(tc.within, sight.within("a"), equateEmpty); diff != "" {
				t.Errorf("within (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.everywhere, everywhere, equateEmpty); diff != "" {
				t.Errorf("everywhere (-want +got):\n%s", diff)
			}
		})
	}
}
