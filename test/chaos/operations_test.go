// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"

	"tenancy.example.io/spaces/test/cluster"
)

const (
	// namespaceCount is how many namespaces come and go.
	namespaceCount = 18
	// slots is how many RoleBindings a namespace has at most, besides its owner's.
	slots = 4
	// burst is how often a burst grants and revokes.
	burst = 6
	// sightRole is the Role that each namespace may have.
	sightRole = "sight"
	// labelKey is the label that selectors select by.
	labelKey = "team"
)

// client is somebody who works on Spaces.
type client struct {
	cluster.Clients
	name string
}

// operation is one that the dice have chosen, with all that belongs to it. What comes of it is another matter.
type operation struct {
	what string
	do   func(context.Context) error
	// rest is the time until the next.
	rest time.Duration
}

// source throws the dice for operations: the same ones for the same seed.
type source interface {
	next() operation
}

// gardener makes up operations on some of the namespaces, which nobody else touches.
type gardener struct {
	dice       *rand.Rand
	scribe     *scribe
	makers     []*client
	admins     []*client
	namespaces []string
}

func pick[T any](dice *rand.Rand, from []T) T { return from[dice.IntN(len(from))] }

func namespaceName(i int) string { return "chaos-" + strconv.Itoa(i) }

// some returns between 1 and n of them.
func some[T any](dice *rand.Rand, n int, from []T) []T {
	picked := make([]T, 1+dice.IntN(n))
	for i := range picked {
		picked[i] = pick(dice, from)
	}
	return picked
}

func (g *gardener) next() operation {
	namespace := pick(g.dice, g.namespaces)
	op := g.operation(namespace, g.dice.IntN(1000))
	op.what += " " + namespace
	op.rest = time.Duration(g.dice.IntN(30)) * time.Millisecond
	return op
}

func (g *gardener) operation(namespace string, dice int) operation {
	s := g.scribe
	binding := g.binding(namespace)
	labels := fmt.Sprintf(`{%q:%s}`, labelKey, pick(g.dice, []string{`"red"`, `"red"`, `"blue"`, "null"}))
	maker, admin := pick(g.dice, g.makers), pick(g.dice, g.admins)
	switch {
	case dice < 290:
		return operation{what: fmt.Sprint("bind ", binding), do: func(ctx context.Context) error { return s.bind(ctx, namespace, binding) }}
	case dice < 530:
		return operation{what: "unbind " + binding.Name, do: func(ctx context.Context) error { return s.unbind(ctx, namespace, binding.Name) }}
	case dice < 600:
		return operation{what: fmt.Sprint("rebind ", binding), do: func(ctx context.Context) error { return s.rebind(ctx, namespace, binding) }}
	case dice < 690:
		return operation{what: "label namespace " + labels, do: func(ctx context.Context) error { return s.labelNamespace(ctx, namespace, labels) }}
	case dice < 760:
		return operation{what: "label Space " + labels, do: func(ctx context.Context) error { return s.labelSpace(ctx, admin, namespace, labels) }}
	case dice < 840:
		return g.editRole(namespace)
	case dice < 890:
		return operation{what: "create namespace", do: func(ctx context.Context) error {
			return s.createNamespace(ctx, namespace, map[string]string{labelKey: "red"})
		}}
	case dice < 970:
		return operation{what: "create Space as " + maker.name, do: func(ctx context.Context) error {
			return s.createSpace(ctx, maker, newSpace(namespace))
		}}
	case dice < 973:
		return operation{what: "delete namespace", do: func(ctx context.Context) error { return s.deleteNamespace(ctx, namespace) }}
	case dice < 977:
		return operation{what: "delete Space", do: func(ctx context.Context) error { return s.deleteSpace(ctx, admin, namespace) }}
	default:
		return operation{what: fmt.Sprint("toggle ", binding), do: func(ctx context.Context) error { return g.toggle(ctx, namespace, binding) }}
	}
}

// binding returns what a slot of the namespace may hold. Each slot has one role.
func (g *gardener) binding(namespace string) *rbacv1.RoleBinding {
	slot := g.dice.IntN(slots)
	own := slices.Index(g.namespaces, namespace)
	ref := []rbacv1.RoleRef{
		clusterRoleRef("view"),
		clusterRoleRef("edit"),
		roleRef(sightRole),
		[]rbacv1.RoleRef{clusterRoleRef(namesRole(own)), clusterRoleRef(aggregateRole)}[own%2],
	}[slot]
	return roleBinding("slot-"+strconv.Itoa(slot), ref, some(g.dice, 5, subjects())...)
}

func (g *gardener) editRole(namespace string) operation {
	rules := pick(g.dice, [][]rbacv1.PolicyRule{
		{getNamespaces()}, {getNamespaces(namespace)}, {getPods(), getNamespaces("other", namespace)}, {getNamespaces("other")}, {getPods()}, nil,
	})
	if rules == nil {
		return operation{what: "remove role", do: func(ctx context.Context) error { return g.scribe.removeRole(ctx, namespace, sightRole) }}
	}
	return operation{what: fmt.Sprint("edit role ", rules), do: func(ctx context.Context) error {
		return g.scribe.setRole(ctx, namespace, sightRole, rules...)
	}}
}

// toggle grants and revokes as fast as it can.
func (g *gardener) toggle(ctx context.Context, namespace string, binding *rbacv1.RoleBinding) error {
	for range burst {
		if err := g.scribe.bind(ctx, namespace, binding); err != nil {
			return err
		}
		if err := g.scribe.unbind(ctx, namespace, binding.Name); err != nil {
			return err
		}
	}
	return nil
}

// play carries out so many operations, one after the other.
func play(ctx context.Context, from source, count int) error {
	for range count {
		op := from.next()
		if err := op.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", op.what, err)
		}
		if err := sleep(ctx, op.rest); err != nil {
			return err
		}
	}
	return nil
}

func joined(names []string) string {
	return strings.Join(slices.Compact(slices.Sorted(slices.Values(names))), " ")
}
