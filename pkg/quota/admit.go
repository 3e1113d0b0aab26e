// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"errors"
	"maps"
)

// ErrNoClaim says that there is no Space that has a claim to decide on.
var ErrNoClaim = errors.New("the Space claims nothing")

// Admit tells whether the claim of the Space may be granted; if not, the error is an ExceededError: of its account, or else of
// the cluster. The ledger must have observed the claim, and so everything before it; what it has observed since does no
// harm. Any process may ask, at any time, and as often as it likes: a claim for which one has got a yes may be granted,
// as long as it stands. Where none stands any more, it is as if it had been granted: whoever grants it again writes to what it
// has observed, and finds that it is not like that.
func (l *Ledger) Admit(space string) error {
	l.lock.Lock()
	defer l.lock.Unlock()
	one := l.spaces[space]
	if one == nil || one.claimed == nil && one.granted == nil {
		return ErrNoClaim
	}
	if one.claimed == nil {
		return nil // somebody else has decided
	}
	claim := request{account: one.claimed.Account, before: one.forGranted(), after: one.forObserved()}
	return l.fits(claim, func(b *budget, concerns concern) Amounts { return l.usedBefore(one, b, concerns) })
}

// Await repeats what asks the ledger, by Admit, Reserve or Check, while there is too little room and the contexts last: patient
// where claims of others are undecided, and soon where there is too little for certain, but for what may have happened a moment
// ago. It returns the last answer.
func (l *Ledger) Await(patient, soon context.Context, ask func() error) error {
	for {
		changed := l.awaitChange()
		err := ask()
		exceeded := (*ExceededError)(nil)
		if !errors.As(err, &exceeded) {
			return err
		}
		until := soon
		if exceeded.Undecided {
			until = patient
		}
		select {
		case <-changed:
		case <-until.Done():
			return err
		}
	}
}

// awaitChange returns what is closed when anything changes.
func (l *Ledger) awaitChange() <-chan struct{} {
	l.lock.Lock()
	defer l.lock.Unlock()
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	return l.changed
}

// request is to have what a Space costs go from before to after, at the expense of an account.
type request struct {
	account       string
	before, after charge
}

// concern returns what of a charge concerns a budget.
type concern func(charge) Amounts

// fits tells whether there is room for the request, as the account and the cluster have it, beside what the function says is
// used of a budget. If that is only too much with claims of others which may come to nothing, the error says so.
func (l *Ledger) fits(r request, used func(*budget, concern) Amounts) error {
	var undecided error
	for _, limit := range []struct {
		account  string
		budget   *budget
		concerns concern
	}{
		{r.account, l.accounts[r.account], func(c charge) Amounts { return c.to(r.account) }},
		{"", l.cluster, func(c charge) Amounts { return c.most }},
	} {
		if limit.budget == nil {
			continue
		}
		growth := limit.concerns(r.after).minus(limit.concerns(r.before))
		lacks := limit.budget.lacks(used(limit.budget, limit.concerns), growth)
		if len(lacks) == 0 {
			continue
		}
		if certain := limit.budget.lacks(l.usedForCertain(limit.budget, limit.concerns), growth); len(certain) > 0 {
			return &ExceededError{Account: limit.account, Shortages: certain}
		}
		undecided = &ExceededError{Account: limit.account, Shortages: lacks, Undecided: true}
	}
	return undecided
}

// usedBefore returns what counts for the claim of the Space: all that is charged, but for what it and those behind it claim.
func (l *Ledger) usedBefore(one *allocation, b *budget, concerns concern) Amounts {
	return l.usedWithout(b, concerns, func(another *allocation) bool { return another == one || another.claimedBehind(one) })
}

// usedForCertain returns what is used whatever is decided about claims: what is granted.
func (l *Ledger) usedForCertain(b *budget, concerns concern) Amounts {
	return l.usedWithout(b, concerns, func(*allocation) bool { return true })
}

// usedWithout returns what is charged, without what is only claimed by the allocations that the function names.
func (l *Ledger) usedWithout(b *budget, concerns concern, without func(*allocation) bool) Amounts {
	used := maps.Clone(b.charged)
	for _, another := range l.open {
		if without(another) {
			used.sub(concerns(another.forObserved()).minus(concerns(another.forGranted())))
		}
	}
	return used
}
