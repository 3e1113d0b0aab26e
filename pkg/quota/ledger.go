// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"maps"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
)

// Ledger is who is charged what, as far as the namespaces are known. It is safe for concurrent use; every method takes
// time for the one Space that it is about, and for claims that are open, but Replace.
type Ledger struct {
	lock     sync.Mutex
	cluster  *budget
	accounts map[string]*budget
	spaces   map[string]*allocation
	// open are those that have a claim.
	open map[string]*allocation
	// changed is closed when anything changes, or nil if nobody waits for that.
	changed chan struct{}
}

// NewLedger returns a Ledger without budgets, by which nothing is allocated.
func NewLedger() *Ledger {
	return &Ledger{
		cluster: &budget{}, accounts: map[string]*budget{}, spaces: map[string]*allocation{}, open: map[string]*allocation{},
	}
}

// SetCluster has the cluster's budget be these limits. They may be below what is charged: then nothing grows any more.
func (l *Ledger) SetCluster(hard corev1.ResourceList) {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.cluster.hard = maps.Clone(Amounts(hard))
	l.tell()
}

// tell wakes those who wait for a change.
func (l *Ledger) tell() {
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// SetAccount has the account's budget be these limits, as SetCluster does; nil for none, as when the account is gone.
func (l *Ledger) SetAccount(account string, hard corev1.ResourceList) {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.account(account).hard = maps.Clone(Amounts(hard))
	l.tidy(account)
	l.tell()
}

func (l *Ledger) account(name string) *budget {
	one := l.accounts[name]
	if one == nil {
		one = &budget{}
		l.accounts[name] = one
	}
	return one
}

// tidy forgets an account of which there is nothing to know.
func (l *Ledger) tidy(account string) {
	if one := l.accounts[account]; one != nil && one.isEmpty() {
		delete(l.accounts, account)
	}
}

// Usage is what is allocated of a budget.
type Usage struct {
	// Hard is the budget, and Used what is granted or claimed. Used may name what Hard does not.
	Hard, Used Amounts
}

// Over returns the resources of which more is used than the budget has, sorted: it was lowered.
func (u Usage) Over() []corev1.ResourceName {
	return slices.DeleteFunc(u.Hard.names(), func(name corev1.ResourceName) bool {
		used := u.Used[name]
		return used.Cmp(u.Hard[name]) <= 0
	})
}

// Cluster returns what is allocated of all.
func (l *Ledger) Cluster() Usage {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.cluster.usage()
}

// Account returns what is allocated to one account.
func (l *Ledger) Account(name string) Usage {
	l.lock.Lock()
	defer l.lock.Unlock()
	if one := l.accounts[name]; one != nil {
		return one.usage()
	}
	return Usage{}
}

func (b *budget) usage() Usage { return Usage{Hard: maps.Clone(b.hard), Used: maps.Clone(b.charged)} }

// Claims tells whether a claim of the Space stands.
func (l *Ledger) Claims(space string) bool {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.open[space] != nil
}

// Observed is what the namespace of a Space says.
type Observed struct {
	Space string
	// Granted is what the Space has, what may still be enforced in its namespace included, and Claimed what it asks for;
	// nil for nothing.
	Granted, Claimed *Claim
}

// Observe says what the namespace of a Space has come to say at the revision. It returns the accounts that the Space was, and
// is, charged to, as far as its namespace says so, where "" is none; or nothing if that says what it said before. All that is
// said of namespaces must be told in the order of the revisions. That a namespace is about to be deleted changes nothing.
func (l *Ledger) Observe(one Observed, revision uint64) (charged []string) {
	l.lock.Lock()
	defer l.lock.Unlock()
	if known := l.spaces[one.Space]; known != nil && known.says(one) {
		return nil
	}
	return l.change(one.Space, func(a *allocation) { a.observe(one, revision) })
}

// observe keeps the revision of a claim that was there before.
func (a *allocation) observe(one Observed, revision uint64) {
	if !one.Claimed.equal(a.claimed) {
		a.claimedAt = revision
	}
	a.granted, a.claimed = one.Granted, one.Claimed
}

// Gone says that there is no such Space any more, in the order of Observe, and returns the accounts that it was charged to.
func (l *Ledger) Gone(space string) (charged []string) {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.gone(space)
}

func (l *Ledger) gone(space string) (charged []string) {
	if l.spaces[space] == nil {
		return nil
	}
	return l.change(space, func(a *allocation) { a.granted, a.claimed, a.claimedAt = nil, nil, 0 })
}

// Replace says that these Spaces are all there are. Which of their claims was first is not known then: each counts for all
// others.
func (l *Ledger) Replace(all []Observed) {
	l.lock.Lock()
	defer l.lock.Unlock()
	there := make(map[string]bool, len(all))
	for _, one := range all {
		there[one.Space] = true
		l.change(one.Space, func(a *allocation) { a.granted, a.claimed, a.claimedAt = one.Granted, one.Claimed, 0 })
	}
	for space := range maps.Clone(l.spaces) {
		if !there[space] {
			l.gone(space)
		}
	}
}

// change changes the allocation of a Space, and what is charged for it. It returns the accounts that its namespace says are
// charged, before and after that.
func (l *Ledger) change(space string, by func(*allocation)) (charged []string) {
	one := l.spaces[space]
	if one == nil {
		one = &allocation{}
		l.spaces[space] = one
	}
	charged = one.forObserved().accounts
	before := l.recharge(one, (*Amounts).sub)
	by(one)
	l.recharge(one, (*Amounts).add)
	charged = append(charged, one.forObserved().accounts...)
	for _, account := range before {
		l.tidy(account)
	}
	if delete(l.open, space); one.claimed != nil {
		l.open[space] = one
	}
	if one.isEmpty() {
		delete(l.spaces, space)
	}
	l.tell()
	return charged
}

// recharge charges what is known of a Space, or takes it back. It returns the accounts that are concerned.
func (l *Ledger) recharge(one *allocation, by func(*Amounts, Amounts)) []string {
	observed := one.forObserved()
	by(&l.cluster.charged, observed.most)
	for _, account := range observed.accounts {
		by(&l.account(account).charged, observed.most)
	}
	if len(one.reserved) == 0 {
		return observed.accounts
	}
	all := one.forAll()
	by(&l.cluster.reserved, all.most.minus(observed.most))
	for _, account := range all.accounts {
		by(&l.account(account).reserved, all.most.minus(observed.to(account)))
	}
	return all.accounts
}
