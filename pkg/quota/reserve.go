// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package quota

import "slices"

// Reservation is room that is kept for one write of a Space, until it is committed or rolled back. One of both must
// happen; what happens after it has no effect. It is safe for concurrent use.
type Reservation struct {
	ledger *Ledger
	space  string
	id     uint64
}

// Check returns the error that Reserve would return now, and reserves nothing.
func (l *Ledger) Check(space, account string, amounts Amounts) error {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.check(space, claim{account, amounts})
}

// Reserve keeps room for a Space of these amounts that is charged to the account, beside what is charged for it already.
// If there is too little, the error is an ExceededError: of the account, or else of the cluster.
func (l *Ledger) Reserve(space, account string, amounts Amounts) (*Reservation, error) {
	l.lock.Lock()
	defer l.lock.Unlock()
	wanted := claim{account, amounts}
	if err := l.check(space, wanted); err != nil {
		return nil, err
	}
	l.ids++
	id := l.ids
	l.change(space, func(a *allocation) { a.reserved = append(a.reserved, reserved{claim: wanted, id: id}) })
	return &Reservation{ledger: l, space: space, id: id}, nil
}

func (l *Ledger) check(space string, wanted claim) error {
	var now allocation
	if one := l.spaces[space]; one != nil {
		now = *one
	}
	before, after := now.charge(), now.charge()
	after.claim(wanted)
	if account := l.accounts[wanted.account]; account != nil {
		if lacks := account.lacks(before.to(wanted.account), after.to(wanted.account)); len(lacks) > 0 {
			return &ExceededError{Account: wanted.account, Shortages: lacks}
		}
	}
	if lacks := l.cluster.lacks(before.most, after.most); len(lacks) > 0 {
		return &ExceededError{Shortages: lacks}
	}
	return nil
}

// Commit says that what was reserved is written, with this revision. It is charged from now on, at first by what was
// reserved, and as soon as the write is observed, by that.
func (r *Reservation) Commit(revision uint64) {
	r.finish(func(a *allocation, n int) {
		if a.reserved[n].revision != 0 {
			return
		}
		a.reserved[n].revision = revision
		for _, one := range a.settle(r.ledger.revision) {
			if a.stands != nil {
				a.linger(one.amounts, *a.stands, a.standsAt)
			}
		}
	})
}

// Rollback says that what was reserved was not written, and never will be.
func (r *Reservation) Rollback() {
	r.finish(func(a *allocation, n int) {
		if a.reserved[n].revision == 0 {
			a.reserved = slices.Delete(a.reserved, n, n+1)
		}
	})
}

// finish has the function change what was reserved, the nth of the allocation, if it still is.
func (r *Reservation) finish(by func(a *allocation, n int)) {
	l := r.ledger
	l.lock.Lock()
	defer l.lock.Unlock()
	if l.spaces[r.space] == nil {
		return
	}
	l.change(r.space, func(a *allocation) {
		if n := slices.IndexFunc(a.reserved, func(one reserved) bool { return one.id == r.id }); n >= 0 {
			by(a, n)
		}
	})
}
