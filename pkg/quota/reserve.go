// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"maps"
	"slices"
)

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
	r := request{account: claim.Account, before: now.forAll(), after: now.forAll()}
	r.after.claim(&claim)
	return l.fits(r, func(b *budget, _ concern) Amounts { return b.all() })
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
