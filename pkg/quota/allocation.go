// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package quota

import "slices"

// Claim is what is charged to an account, or to none if that is empty.
type Claim struct {
	Account string
	Amounts Amounts
}

func (c *Claim) equal(other *Claim) bool {
	if c == other || c == nil || other == nil {
		return c == other
	}
	return c.Account == other.Account && c.Amounts.Equal(other.Amounts)
}

// allocation is all that is claimed for one Space. What its fields point to is never changed.
type allocation struct {
	// granted is what the Space has, and claimed what it asks for, as its namespace says.
	granted, claimed *Claim
	// claimedAt is the revision of the claim, or 0 if it is only known that it is in a list.
	claimedAt uint64
	// reserved are claims that this process is about to write.
	reserved []*Claim
}

func (a *allocation) isEmpty() bool {
	return a.granted == nil && a.claimed == nil && len(a.reserved) == 0
}

// says tells whether that is what the namespace is known to say.
func (a *allocation) says(one Observed) bool {
	return one.Granted.equal(a.granted) && one.Claimed.equal(a.claimed)
}

// claimedBehind tells whether it is known that the claim came behind that of another Space. What came after a list is
// behind everything in it.
func (a *allocation) claimedBehind(another *allocation) bool { return a.claimedAt > another.claimedAt }

// The charges of an allocation: for what is granted, for what the namespace says besides, and for all that is known.
func (a *allocation) forGranted() charge  { return chargeOf(a.granted) }
func (a *allocation) forObserved() charge { return chargeOf(a.granted, a.claimed) }

func (a *allocation) forAll() charge {
	return chargeOf(append([]*Claim{a.granted, a.claimed}, a.reserved...)...)
}

// charge is what a Space costs each of the accounts that it is, or shall be, charged to, and the cluster once.
type charge struct {
	accounts []string
	most     Amounts
}

// chargeOf returns the most that may be true if each of these claims is, or comes to be: for each resource the largest,
// for everybody who is concerned. What one account has granted is there until another one has it.
func chargeOf(claims ...*Claim) charge {
	var c charge
	for _, one := range claims {
		c.claim(one)
	}
	return c
}

func (c *charge) claim(one *Claim) {
	if one == nil {
		return
	}
	if !slices.Contains(c.accounts, one.Account) {
		c.accounts = append(c.accounts, one.Account)
	}
	c.most = c.most.Max(one.Amounts)
}

// to returns what the account is charged.
func (c charge) to(account string) Amounts {
	if slices.Contains(c.accounts, account) {
		return c.most
	}
	return nil
}
