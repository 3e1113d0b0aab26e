// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package quota

import "maps"

// Observed is what a namespace says of its Space.
type Observed struct {
	// Space is its name, and Account whom it is charged to.
	Space, Account string
	Amounts        Amounts
	// Enforced is what is limited in the namespace, if that is known.
	Enforced Amounts
}

// Replace has the ledger follow from these Spaces alone, which are all there are at the revision, and from what is
// reserved and not yet observed.
func (l *Ledger) Replace(all []Observed, revision uint64) {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.revision = max(l.revision, revision)
	there := make(map[string]bool, len(all))
	for _, one := range all {
		there[one.Space] = true
		l.observe(one, revision)
	}
	for space := range maps.Clone(l.spaces) {
		if !there[space] {
			l.gone(space, revision)
		}
	}
}

// Observe says what the namespace says of its Space at the revision. Observations must come in the order of their
// revisions. That its namespace is about to be deleted changes nothing.
func (l *Ledger) Observe(one Observed, revision uint64) {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.revision = max(l.revision, revision)
	l.observe(one, revision)
}

func (l *Ledger) observe(one Observed, revision uint64) {
	l.change(one.Space, func(a *allocation) {
		a.observe(claim{one.Account, one.Amounts}, revision)
		if one.Enforced != nil {
			a.enforce(one.Enforced, revision)
		}
	})
}

// Gone says that at the revision there is no such Space any more, in the order of Observe.
func (l *Ledger) Gone(space string, revision uint64) {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.revision = max(l.revision, revision)
	l.gone(space, revision)
}

func (l *Ledger) gone(space string, revision uint64) {
	if l.spaces[space] == nil {
		return
	}
	l.change(space, func(a *allocation) { a.gone(revision) })
}

// Enforce says what is limited in the namespace of the Space at the revision or later; nil for nothing. A Space that has
// become smaller is charged what may still be enforced in it, until this says at that revision or a later one that it is
// not. So it must be said again when nothing has changed. It may come in any order; what is older than what is known is
// passed over.
func (l *Ledger) Enforce(space string, amounts Amounts, revision uint64) {
	l.lock.Lock()
	defer l.lock.Unlock()
	one := l.spaces[space]
	if isGone := (one == nil || one.stands == nil) && revision <= l.revision; isGone || one != nil && one.enforcedAt > revision {
		return
	}
	l.change(space, func(a *allocation) { a.enforce(amounts, revision) })
}
