// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"errors"
	"maps"
	"slices"
)

// ErrNoClaim says that a Space has no claim to decide on.
var ErrNoClaim = errors.New("the Space claims nothing")

// Admit tells whether the claim of the Space may be granted; if not, the error is an ExceededError: of its account, or else of
// the cluster. The ledger must have observed the claim, and so everything before it; what it has observed since does no
// harm. Any process may ask, at any time, and as often as it likes: a claim for which one has got a yes may be granted,
// as long as it stands.
func (l *Ledger) Admit(space string) error {
	l.lock.Lock()
	defer l.lock.Unlock()
	one := l.spaces[space]
	if one == nil || one.claimed == nil {
		return ErrNoClaim
	}
	return l.fits(one.claimed.Account, one.forGranted(), one.forObserved(), func(b *budget, concerns func(charge) Amounts) Amounts {
		return l.usedBefore(one, b, concerns)
	})
}

// fits tells whether what a Space costs may go from before to after, as the account and the cluster have it. The function
// says what of a budget is used before, given what of a charge concerns the budget.
func (l *Ledger) fits(account string, before, after charge, used func(b *budget, concerns func(charge) Amounts) Amounts) error {
	for _, limit := range []struct {
		account  string
		budget   *budget
		concerns func(charge) Amounts
	}{
		{account, l.accounts[account], func(c charge) Amounts { return c.to(account) }},
		{"", l.cluster, func(c charge) Amounts { return c.most }},
	} {
		if limit.budget == nil {
			continue
		}
		growth := limit.concerns(after).minus(limit.concerns(before))
		if lacks := limit.budget.lacks(used(limit.budget, limit.concerns), growth); len(lacks) > 0 {
			return &ExceededError{Account: limit.account, Shortages: lacks}
		}
	}
	return nil
}

// usedBefore returns what counts for the claim of the Space: all that is charged, but for what it and those behind it claim.
func (l *Ledger) usedBefore(one *allocation, b *budget, concerns func(charge) Amounts) Amounts {
	used := maps.Clone(b.charged)
	for _, another := range l.open {
		if another == one || another.claimedBehind(one) {
			used.sub(concerns(another.forObserved()).minus(concerns(another.forGranted())))
		}
	}
	return used
}

// Reservation is room that this process keeps for a claim while it is being written, so that nobody else here claims in vain
// meanwhile. Whether the claim is admitted does not depend on it. It is safe for concurrent use.
type Reservation struct {
	ledger *Ledger
	space  string
	claim  *Claim
}

// Reserve keeps room for a claim of the Space, beside all that is known. If there is too little, the error is that of Admit.
func (l *Ledger) Reserve(space string, claim Claim) (*Reservation, error) {
	l.lock.Lock()
	defer l.lock.Unlock()
	if err := l.check(space, claim); err != nil {
		return nil, err
	}
	r := &Reservation{ledger: l, space: space, claim: &claim}
	l.change(space, func(a *allocation) { a.reserved = append(a.reserved, r.claim) })
	return r, nil
}

// Check returns the error that Reserve would return now, and reserves nothing.
func (l *Ledger) Check(space string, claim Claim) error {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.check(space, claim)
}

func (l *Ledger) check(space string, claim Claim) error {
	var now allocation
	if one := l.spaces[space]; one != nil {
		now = *one
	}
	before, after := now.forAll(), now.forAll()
	after.claim(&claim)
	return l.fits(claim.Account, before, after, func(b *budget, _ func(charge) Amounts) Amounts { return b.all() })
}

// all is what is charged and reserved.
func (b *budget) all() Amounts {
	all := maps.Clone(b.charged)
	all.add(b.reserved)
	return all
}

// Release says that the claim has been observed, or that it will not be written. It may be called more than once.
func (r *Reservation) Release() {
	r.ledger.lock.Lock()
	defer r.ledger.lock.Unlock()
	if r.ledger.spaces[r.space] == nil {
		return
	}
	r.ledger.change(r.space, func(a *allocation) { a.release(r.claim) })
}

func (a *allocation) release(claim *Claim) {
	a.reserved = slices.DeleteFunc(a.reserved, func(one *Claim) bool { return one == claim })
}
