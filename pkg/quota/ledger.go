// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"maps"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
)

// Ledger is who is charged what. It is safe for concurrent use; every method takes time for the one Space that it is
// about, and none for the others, but Replace.
type Ledger struct {
	lock     sync.Mutex
	cluster  budget
	accounts map[string]*budget
	spaces   map[string]*allocation
	// revision is up to where namespaces have been observed.
	revision uint64
	ids      uint64
}

// NewLedger returns a Ledger without budgets, by which nothing is allocated.
func NewLedger() *Ledger {
	return &Ledger{cluster: budget{charged: Amounts{}}, accounts: map[string]*budget{}, spaces: map[string]*allocation{}}
}

// SetCluster has the cluster's budget be these limits. They may be below what is charged: then nothing grows any more.
func (l *Ledger) SetCluster(hard corev1.ResourceList) {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.cluster.hard = maps.Clone(Amounts(hard))
}

// SetAccount has the account's budget be these limits, as SetCluster does; nil for none, as when the account is gone.
func (l *Ledger) SetAccount(account string, hard corev1.ResourceList) {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.account(account).hard = maps.Clone(Amounts(hard))
	l.tidy(account)
}

func (l *Ledger) account(name string) *budget {
	one := l.accounts[name]
	if one == nil {
		one = &budget{charged: Amounts{}}
		l.accounts[name] = one
	}
	return one
}

// tidy forgets an account of which there is nothing to know.
func (l *Ledger) tidy(account string) {
	if one := l.accounts[account]; one != nil && one.hard == nil && len(one.charged) == 0 {
		delete(l.accounts, account)
	}
}

// Usage is what is allocated of a budget.
type Usage struct {
	// Hard is the budget, and Used what is charged, in-flight reservations included. Used may name what Hard does not.
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

// change changes the allocation of a Space, and what is charged for it.
func (l *Ledger) change(space string, by func(*allocation)) {
	one := l.spaces[space]
	if one == nil {
		one = &allocation{}
		l.spaces[space] = one
	}
	before := one.charge()
	by(one)
	l.recharge(before, one.charge())
	if one.isEmpty() {
		delete(l.spaces, space)
	}
}

// recharge takes the one back, and charges the other.
func (l *Ledger) recharge(before, after charge) {
	l.cluster.charged.sub(before.most)
	l.cluster.charged.add(after.most)
	for _, account := range before.accounts {
		l.account(account).charged.sub(before.most)
	}
	for _, account := range after.accounts {
		l.account(account).charged.add(after.most)
	}
	for _, account := range before.accounts {
		l.tidy(account)
	}
}
