// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/quota"
)

// limits returns limits of pods and CPU; "" is none.
func limits(pods, cpu string) corev1.ResourceList {
	list := corev1.ResourceList{}
	for name, amount := range map[corev1.ResourceName]string{corev1.ResourcePods: pods, corev1.ResourceRequestsCPU: cpu} {
		if amount != "" {
			list[name] = resource.MustParse(amount)
		}
	}
	return list
}

// claimOf returns the claim of a Space that the account is charged for, with these limits.
func claimOf(account, pods, cpu string) *quota.Claim {
	return &quota.Claim{Account: account, Amounts: quota.Of(limits(pods, cpu))}
}

// costing returns a Space with these limits.
func costing(account, pods, cpu string) *spaces.Space {
	space := charged(account, "")
	space.Spec.Quota = &spaces.Quota{Hard: limits(pods, cpu)}
	return space
}

// objectOf returns the text of a Space with these limits.
func objectOf(t *testing.T, account, pods, cpu string) string {
	t.Helper()
	return namespaceOf(t, testMapping(), costing(account, pods, cpu), nil).Annotations[spaces.AnnotationObject]
}

// textOf returns the text of a claim with these limits.
func textOf(t *testing.T, account, pods, cpu string) string {
	t.Helper()
	text, err := EncodeClaim(claimOf(account, pods, cpu))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestObserved(t *testing.T) {
	const object, isNew, claim, held = spaces.AnnotationObject, spaces.AnnotationNew, spaces.AnnotationClaim, spaces.AnnotationHeld
	small, large := objectOf(t, "red", "1", ""), objectOf(t, "red", "9", "2")
	for name, tc := range map[string]struct {
		annotations      map[string]string
		granted, claimed *quota.Claim
	}{
		"a namespace that is none of ours":   {},
		"a Space":                            {annotations: map[string]string{object: large}, granted: claimOf("red", "9", "2")},
		"one without limits":                 {annotations: map[string]string{object: objectOf(t, "", "", "")}, granted: claimOf("", "", "")},
		"one that asks for room":             {annotations: map[string]string{isNew: small}, claimed: claimOf("red", "1", "")},
		"one that got it":                    {annotations: map[string]string{object: small, isNew: large}, granted: claimOf("red", "1", "")},
		"one that was refused":               {annotations: map[string]string{isNew: ""}},
		"one that asks for more":             {annotations: map[string]string{object: small, claim: textOf(t, "blue", "9", "")}, granted: claimOf("red", "1", ""), claimed: claimOf("blue", "9", "")},
		"one that has more until it shrinks": {annotations: map[string]string{object: small, held: textOf(t, "blue", "", "3")}, granted: claimOf("red", "1", "3")},
		"a namespace that is to be adopted":  {annotations: map[string]string{claim: textOf(t, "red", "1", "")}, claimed: claimOf("red", "1", "")},
		"what is held of nothing":            {annotations: map[string]string{held: textOf(t, "red", "1", "")}},
		"what cannot be read":                {annotations: map[string]string{object: "{", claim: "{"}},
		"a claim that cannot be read":        {annotations: map[string]string{object: small, claim: "", held: "{"}, granted: claimOf("red", "1", "")},
		"limits that cannot be read":         {annotations: map[string]string{object: `{"spec":{"quota":{"hard":{"pods":"many"}}}}`}},
	} {
		t.Run(name, func(t *testing.T) {
			costs := NewCosts()
			namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "a", Annotations: tc.annotations}}
			want := quota.Observed{Space: "a", Granted: tc.granted, Claimed: tc.claimed}
			for _, time := range []string{"first", "second"} {
				if diff := cmp.Diff(want, costs.Observed(namespace)); diff != "" {
					t.Errorf("read the %s time (-want +got):\n%s", time, diff)
				}
			}
		})
	}
}

func TestChange(t *testing.T) {
	none := map[string]string{}
	has := func(account, pods, cpu string) map[string]string {
		return map[string]string{spaces.AnnotationObject: objectOf(t, account, pods, cpu)}
	}
	holding := has("red", "1", "1")
	holding[spaces.AnnotationHeld] = textOf(t, "red", "9", "")
	for name, tc := range map[string]struct {
		before      map[string]string
		after       *spaces.Space
		claim, held *quota.Claim
	}{
		"no other limits":                {before: has("red", "1", "1"), after: costing("red", "1", "1")},
		"growth":                         {before: has("red", "1", "1"), after: costing("red", "9", "1"), claim: claimOf("red", "9", "1")},
		"less":                           {before: has("red", "9", "1"), after: costing("red", "1", "1"), held: claimOf("red", "9", "1")},
		"a limit that is dropped":        {before: has("red", "9", "1"), after: charged("red", ""), held: claimOf("red", "9", "1")},
		"more of one and less of other":  {before: has("red", "9", "1"), after: costing("red", "1", "2"), claim: claimOf("red", "9", "2"), held: claimOf("red", "9", "2")},
		"a transfer":                     {before: has("red", "1", "1"), after: costing("blue", "1", "1"), claim: claimOf("blue", "1", "1")},
		"a transfer of less":             {before: has("red", "9", "1"), after: costing("blue", "1", "1"), claim: claimOf("blue", "9", "1"), held: claimOf("blue", "9", "1")},
		"an account that ends":           {before: has("red", "1", ""), after: costing("", "1", ""), claim: claimOf("", "1", "")},
		"adoption":                       {before: none, after: costing("red", "1", ""), claim: claimOf("red", "1", "")},
		"no change of what holds more":   {before: holding, after: costing("red", "1", "1"), held: claimOf("red", "9", "1")},
		"back to what is held":           {before: holding, after: costing("red", "9", "1")},
		"more than is held":              {before: holding, after: costing("red", "10", "1"), claim: claimOf("red", "10", "1")},
		"a transfer of what is held too": {before: holding, after: costing("blue", "1", "1"), claim: claimOf("blue", "9", "1"), held: claimOf("blue", "9", "1")},
	} {
		t.Run(name, func(t *testing.T) {
			namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "a", Annotations: tc.before}}
			claim, held := NewCosts().Change(namespace, tc.after)
			if diff := cmp.Diff(tc.claim, claim); diff != "" {
				t.Errorf("claimed (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.held, held); diff != "" {
				t.Errorf("held (-want +got):\n%s", diff)
			}
		})
	}
}

func TestClaimRoundTrip(t *testing.T) {
	for _, claim := range []*quota.Claim{claimOf("", "", ""), claimOf("red", "", ""), claimOf("", "1", "250m"), claimOf("red", "1k", "0")} {
		text, err := EncodeClaim(claim)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(claim, NewCosts().ofCharge(text)); diff != "" {
			t.Errorf("read from %s (-want +got):\n%s", text, diff)
		}
		if _, ok := claim.Amounts[quota.Spaces]; !ok {
			t.Error("it changed the claim that it was given")
		}
	}
}
