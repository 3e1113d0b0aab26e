// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package quota

import "slices"

// claim is what is charged to an account, or to none if that is empty.
type claim struct {
	account string
	amounts Amounts
}

// reserved is a claim of which it is not known yet whether it stands.
type reserved struct {
	claim
	id uint64
	// revision is that of the write which it was committed with, and which is not yet observed; 0 until then.
	revision uint64
}

// allocation is all that is claimed for one Space. Its fields are replaced, and what they point to is never changed.
type allocation struct {
	// stands is what its namespace says as of the revision standsAt, if there is one that is known.
	stands   *claim
	standsAt uint64
	// reserved are in the order in which they were.
	reserved []reserved
	// enforced is what is limited in the namespace as of the revision enforcedAt.
	enforced   Amounts
	enforcedAt uint64
	// lingering is what may be enforced yet: it once stood, and until the revision lingersUntil something else does.
	lingering    Amounts
	lingersUntil uint64
}

func (a *allocation) isEmpty() bool {
	return a.stands == nil && len(a.enforced) == 0 && len(a.reserved) == 0
}

// observe has the claim stand as of the revision, in the place of what stood and was committed by then. What was larger
// lingers.
func (a *allocation) observe(c claim, revision uint64) {
	if a.stands != nil {
		a.linger(a.stands.amounts, c, revision)
	}
	for _, one := range a.settle(revision) {
		a.linger(one.amounts, c, revision)
	}
	a.stands, a.standsAt = &c, revision
}

func (a *allocation) linger(old Amounts, now claim, revision uint64) {
	if a.enforcedAt < revision && !now.amounts.covers(old) {
		a.lingering, a.lingersUntil = a.lingering.max(old), revision
	}
}

// settle takes out what was committed up to the revision: what is observed by then is later, or the same.
func (a *allocation) settle(revision uint64) (settled []reserved) {
	var open []reserved
	for _, one := range a.reserved {
		if one.revision != 0 && one.revision <= revision {
			settled = append(settled, one)
		} else {
			open = append(open, one)
		}
	}
	a.reserved = open
	return settled
}

// enforce says what is enforced as of the revision.
func (a *allocation) enforce(amounts Amounts, revision uint64) {
	a.enforced, a.enforcedAt = amounts, revision
	if revision >= a.lingersUntil {
		a.lingering = nil
	}
}

// gone says that as of the revision there is no namespace.
func (a *allocation) gone(revision uint64) {
	a.stands, a.lingering = nil, nil
	a.settle(revision)
	if a.enforcedAt <= revision {
		a.enforced, a.enforcedAt = nil, 0
	}
}

// charge is what a Space costs each of the accounts that it is, was or will be charged to, and the cluster once.
type charge struct {
	accounts []string
	most     Amounts
}

// charge returns the most that may be true: what was, is or will be written may be enforced, whoever pays by then.
func (a *allocation) charge() charge {
	c := charge{most: a.enforced.max(a.lingering)}
	if a.stands != nil {
		c.claim(*a.stands)
	}
	for _, one := range a.reserved {
		c.claim(one.claim)
	}
	return c
}

func (c *charge) claim(one claim) {
	if !slices.Contains(c.accounts, one.account) {
		c.accounts = append(c.accounts, one.account)
	}
	c.most = c.most.max(one.amounts)
}

// to returns what the account is charged.
func (c charge) to(account string) Amounts {
	if slices.Contains(c.accounts, account) {
		return c.most
	}
	return nil
}
