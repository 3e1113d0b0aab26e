// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"maps"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/sets"
)

// sight is what a role says of "get namespaces": all of them, or those with some names.
type sight struct {
	all   bool
	names sets.Set[string]
}

// sightOf reduces the rules of a role to what they say of "get namespaces". An empty resource name matches no namespace.
func sightOf(rules []rbacv1.PolicyRule) sight {
	var s sight
	for i := range rules {
		rule := &rules[i]
		switch {
		case !getsNamespaces(rule):
		case len(rule.ResourceNames) == 0:
			return sight{all: true}
		default:
			s.names = sets.New(rule.ResourceNames...).Union(s.names).Delete(everyNamespace)
		}
	}
	return s
}

func getsNamespaces(rule *rbacv1.PolicyRule) bool {
	return names(rule.Verbs, "get", rbacv1.VerbAll) &&
		names(rule.APIGroups, "", rbacv1.APIGroupAll) &&
		names(rule.Resources, "namespaces", rbacv1.ResourceAll)
}

func names(list []string, one, all string) bool {
	return slices.Contains(list, one) || slices.Contains(list, all)
}

// within returns the namespaces that a binding in the namespace opens with this role.
func (s sight) within(namespace string) []string {
	if s.all || s.names.Has(namespace) {
		return []string{namespace}
	}
	return nil
}

// everywhere returns the namespaces that a ClusterRoleBinding opens with this role.
func (s sight) everywhere() []string {
	if s.all {
		return []string{everyNamespace}
	}
	return s.names.UnsortedList()
}

func (s sight) equal(other sight) bool {
	return s.all == other.all && maps.Equal(s.names, other.names)
}
