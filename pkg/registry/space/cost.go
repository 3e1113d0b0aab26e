// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"encoding/json"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/lru"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/pkg/quota"
)

// Costs reads from namespaces what their Spaces are charged. It is safe for concurrent use.
type Costs struct {
	// known are claims by the text that they were read from: very many Spaces are charged the same.
	known *lru.Cache
}

// maxKnown is how many claims are remembered.
const maxKnown = 4096

// NewCosts returns Costs.
func NewCosts() *Costs { return &Costs{known: lru.New(maxKnown)} }

// Observed returns what the namespace says that its Space has, and asks for. What cannot be read is not charged: nobody but
// the platform writes it.
func (c *Costs) Observed(namespace *corev1.Namespace) quota.Observed {
	one := quota.Observed{Space: namespace.Name}
	if object, ok := namespace.Annotations[spaces.AnnotationObject]; ok {
		one.Granted = most(c.ofSpace(object), c.ofCharge(namespace.Annotations[spaces.AnnotationHeld]))
	} else {
		one.Claimed = c.ofSpace(namespace.Annotations[spaces.AnnotationNew])
	}
	if claim, ok := namespace.Annotations[spaces.AnnotationClaim]; ok {
		one.Claimed = c.ofCharge(claim)
	}
	return one
}

// most returns the claim, with what is held besides.
func most(claim, held *quota.Claim) *quota.Claim {
	if claim == nil || held == nil {
		return claim
	}
	return &quota.Claim{Account: claim.Account, Amounts: claim.Amounts.Max(held.Amounts)}
}

// charge is what a Space is charged, in annotations.
type charge struct {
	Account string          `json:"account,omitempty"`
	Quota   json.RawMessage `json:"quota,omitempty"`
}

// ofSpace returns what an encoded Space costs. Nothing else of it is read, as there are very many.
func (c *Costs) ofSpace(text string) *quota.Claim {
	var one struct {
		Spec charge `json:"spec"`
	}
	if text == "" || json.Unmarshal([]byte(text), &one) != nil {
		return nil
	}
	return c.read(one.Spec)
}

func (c *Costs) ofCharge(text string) *quota.Claim {
	var one charge
	if text == "" || json.Unmarshal([]byte(text), &one) != nil {
		return nil
	}
	return c.read(one)
}

func (c *Costs) read(one charge) *quota.Claim {
	key := one.Account + "\n" + string(one.Quota)
	if known, ok := c.known.Get(key); ok {
		return known.(*quota.Claim)
	}
	var limits v1alpha1.Quota
	if len(one.Quota) > 0 && json.Unmarshal(one.Quota, &limits) != nil {
		return nil
	}
	claim := &quota.Claim{Account: one.Account, Amounts: quota.Of(limits.Hard)}
	c.known.Add(key, claim)
	return claim
}

// ClaimOf returns what the Space costs.
func ClaimOf(space *spaces.Space) *quota.Claim {
	var hard corev1.ResourceList
	if space.Spec.Quota != nil {
		hard = space.Spec.Quota.Hard
	}
	return &quota.Claim{Account: space.Spec.Account, Amounts: quota.Of(hard)}
}

// Change returns what the namespace has to claim before it shows the Space, or nil if that costs no more than it does; and
// what is held then, or nil. What a Space had before is enforced until its ResourceQuota has shrunk.
func (c *Costs) Change(namespace *corev1.Namespace, space *spaces.Space) (claim, held *quota.Claim) {
	before, after := c.Observed(namespace).Granted, ClaimOf(space)
	if before == nil {
		return after, nil
	}
	most := &quota.Claim{Account: after.Account, Amounts: after.Amounts.Max(before.Amounts)}
	if !after.Amounts.Covers(before.Amounts) {
		held = most
	}
	if before.Account != after.Account || !before.Amounts.Covers(after.Amounts) {
		claim = most
	}
	return claim, held
}

// EncodeClaim returns the text of a claim in an annotation.
func EncodeClaim(claim *quota.Claim) (string, error) {
	limits := corev1.ResourceList(maps.Clone(claim.Amounts))
	delete(limits, quota.Spaces) // each has one of these
	quota, err := json.Marshal(v1alpha1.Quota{Hard: limits})
	if err != nil {
		return "", fmt.Errorf("encode the quota of a claim: %w", err)
	}
	text, err := json.Marshal(charge{Account: claim.Account, Quota: quota})
	return string(text), err
}
