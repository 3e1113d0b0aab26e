// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// namesRoles is how many ClusterRoles have the names of namespaces.
	namesRoles = 3
	// aggregateRole is a ClusterRole that has what its parts have, if these have its label.
	aggregateRole  = "chaos:aggregate"
	aggregateParts = 2
	partLabel      = "chaos.example.com/part"
	// aggregationTime is how long the kube-controller-manager may take to aggregate, which has to find its feet again
	// after a restart of the kube-apiserver.
	aggregationTime = 2 * time.Minute
)

func namesRole(i int) string { return "chaos:names-" + strconv.Itoa(i%namesRoles) }

// steward makes up operations on what has no namespace. Nobody else touches that.
type steward struct {
	dice   *rand.Rand
	scribe *scribe
	parts  [aggregateParts]*rbacv1.ClusterRole
}

func newSteward(dice *rand.Rand, s *scribe) *steward {
	w := &steward{dice: dice, scribe: s}
	for i := range w.parts {
		w.parts[i] = &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: aggregateRole + "-" + strconv.Itoa(i)}}
	}
	return w
}

// prepare creates what is always there.
func (w *steward) prepare(ctx context.Context) error {
	_, err := w.scribe.admin.Kube.RbacV1().ClusterRoles().Create(ctx, &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: aggregateRole},
		AggregationRule: &rbacv1.AggregationRule{ClusterRoleSelectors: []metav1.LabelSelector{
			{MatchLabels: map[string]string{partLabel: "yes"}},
		}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	return w.scribe.bindEverywhere(ctx, clusterRoleBinding("chaos:viewer", clusterRoleRef("view"), userOf("viewer")))
}

func (w *steward) next() operation {
	op := w.operation(w.dice.IntN(100))
	op.rest = time.Duration(100+w.dice.IntN(300)) * time.Millisecond
	return op
}

func (w *steward) operation(dice int) operation {
	s := w.scribe
	binding := w.binding()
	role := namesRole(w.dice.IntN(namesRoles))
	switch {
	case dice < 30:
		rules := w.rules()
		return operation{what: fmt.Sprint("edit ", role, rules), do: func(ctx context.Context) error { return s.setClusterRole(ctx, role, rules...) }}
	case dice < 35:
		return operation{what: "remove " + role, do: func(ctx context.Context) error { return s.removeClusterRole(ctx, role) }}
	case dice < 58:
		return operation{what: fmt.Sprint("bind ", binding), do: func(ctx context.Context) error { return s.bindEverywhere(ctx, binding) }}
	case dice < 80:
		return operation{what: "unbind " + binding.Name, do: func(ctx context.Context) error { return s.unbindEverywhere(ctx, binding.Name) }}
	default:
		return w.editPart()
	}
}

// binding returns a ClusterRoleBinding. Each has one role and one subject.
func (w *steward) binding() *rbacv1.ClusterRoleBinding {
	return pick(w.dice, []*rbacv1.ClusterRoleBinding{
		clusterRoleBinding("chaos:names-0", clusterRoleRef(namesRole(0)), userOf("named-0")),
		clusterRoleBinding("chaos:names-1", clusterRoleRef(namesRole(1)), groupOf("named")),
		clusterRoleBinding("chaos:names-2", clusterRoleRef(namesRole(2)), groupOf("crowd-77"), serviceAccount(home, "robot-0")),
		clusterRoleBinding("chaos:toggled", clusterRoleRef("view"), userOf("toggled")),
	})
}

func (w *steward) rules() []rbacv1.PolicyRule {
	switch w.dice.IntN(8) {
	case 0:
		return []rbacv1.PolicyRule{getPods()}
	case 1:
		return []rbacv1.PolicyRule{getNamespaces()}
	default:
		return []rbacv1.PolicyRule{getPods(), getNamespaces(w.names()...)}
	}
}

func (w *steward) names() []string {
	var names []string
	for range 1 + w.dice.IntN(4) {
		names = append(names, namespaceName(w.dice.IntN(namespaceCount)))
	}
	return names
}

// editPart changes a part of the aggregated role, or whether it is one.
func (w *steward) editPart() operation {
	i := w.dice.IntN(aggregateParts)
	part := w.parts[i].DeepCopy()
	if part.Rules == nil || w.dice.IntN(2) == 0 {
		part.Rules = w.rules()
	} else {
		part.Labels = map[string]string{partLabel: pick(w.dice, []string{"yes", "no"})}
	}
	w.parts[i] = part
	var rules []rbacv1.PolicyRule
	for _, p := range w.parts {
		if p.Labels[partLabel] == "yes" {
			rules = append(rules, p.Rules...)
		}
	}
	return operation{what: fmt.Sprint("edit ", part.Name, part.Labels, part.Rules), do: func(ctx context.Context) error {
		return w.aggregate(ctx, part, rules)
	}}
}

// aggregate writes the part, and returns when the aggregated role has these rules.
func (w *steward) aggregate(ctx context.Context, part *rbacv1.ClusterRole, rules []rbacv1.PolicyRule) error {
	roles := w.scribe.admin.Kube.RbacV1().ClusterRoles()
	return w.scribe.write(ctx, object{kind: "ClusterRole", name: aggregateRole}, roleState(rules...), func(attempt context.Context) error {
		if err := put(roles, part)(attempt); err != nil {
			return err
		}
		// The time of a request is not meant for this.
		return await(ctx, aggregationTime, func(ctx context.Context) error {
			got, err := roles.Get(ctx, aggregateRole, metav1.GetOptions{})
			if err == nil && sightOf(got.Rules) != sightOf(rules) {
				err = fmt.Errorf("the rules are %v, want %v", got.Rules, rules)
			}
			return err
		})
	})
}

// sightOf says which namespaces the rules let somebody get.
func sightOf(rules []rbacv1.PolicyRule) string {
	var names []string
	for _, rule := range rules {
		if !slices.Contains(rule.Resources, "namespaces") {
			continue
		}
		if len(rule.ResourceNames) == 0 {
			return "all"
		}
		names = append(names, rule.ResourceNames...)
	}
	return joined(names)
}
