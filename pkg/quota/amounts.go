// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// Spaces is the resource of which each Space takes one.
const Spaces = spaces.ResourceSpaces

// Amounts are how much there is of each resource, exactly. What is not named is zero. The functions here change no
// Amounts that they are given, unless they say so.
type Amounts corev1.ResourceList

// Of returns what a Space is charged whose quota has these limits, as precise as the kube-apiserver stores them.
func Of(hard corev1.ResourceList) Amounts {
	amounts := make(Amounts, len(hard)+1)
	for name, amount := range hard {
		amount = amount.DeepCopy()
		amount.RoundUp(resource.Milli)
		amounts[name] = amount
	}
	amounts[Spaces] = *resource.NewQuantity(1, resource.DecimalSI)
	return amounts
}

// add adds what is in b to a, which it changes.
func (a *Amounts) add(b Amounts) { a.combine(b, (*resource.Quantity).Add) }

// sub takes what is in b from a, which it changes.
func (a *Amounts) sub(b Amounts) { a.combine(b, (*resource.Quantity).Sub) }

func (a *Amounts) combine(b Amounts, by func(*resource.Quantity, resource.Quantity)) {
	if *a == nil && len(b) > 0 {
		*a = Amounts{}
	}
	for name, amount := range b {
		sum := a.of(name)
		if by(&sum, amount.DeepCopy()); sum.IsZero() {
			delete(*a, name)
		} else {
			(*a)[name] = sum
		}
	}
}

// minus returns a without what is in b, for each resource. It may be negative.
func (a Amounts) minus(b Amounts) Amounts {
	if len(b) == 0 {
		return a
	}
	rest := maps.Clone(a)
	rest.sub(b)
	return rest
}

// of returns how much there is of the resource, which the caller may change. The format is that in which it came first.
func (a Amounts) of(name corev1.ResourceName) resource.Quantity {
	amount, ok := a[name]
	if !ok {
		return resource.Quantity{}
	}
	return amount.DeepCopy()
}

// Max returns the larger of both, for each resource. It may be one of them.
func (a Amounts) Max(b Amounts) Amounts {
	if a.Covers(b) {
		return a
	}
	if b.Covers(a) {
		return b
	}
	larger := maps.Clone(a)
	for name, amount := range b {
		if own, ok := larger[name]; !ok || own.Cmp(amount) < 0 {
			larger[name] = amount
		}
	}
	return larger
}

// Covers tells whether there is at least as much of each resource as in b.
func (a Amounts) Covers(b Amounts) bool {
	for name, amount := range b {
		own := a[name]
		if own.Cmp(amount) < 0 {
			return false
		}
	}
	return true
}

// Equal tells whether both are as much of each resource.
func (a Amounts) Equal(b Amounts) bool { return a.Covers(b) && b.Covers(a) }

// names returns the names of the resources, sorted.
func (a Amounts) names() []corev1.ResourceName { return slices.Sorted(maps.Keys(a)) }
