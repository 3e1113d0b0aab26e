// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package storm

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"time"
)

// used is how much of a budget is: CPUs in thousandths.
type used struct{ spaces, cpu int64 }

// books are what the namespaces say at one moment.
type books struct {
	spaces  map[string]moment
	since   map[string]uint64 // since which revision a Space claims what it does
	used    map[string]used   // granted, or held; by account
	claimed map[string]used   // asked for besides
	limits  map[string][]limit
	quotas  map[string]int64 // what ResourceQuotas enforce
}

// limit is a budget from a revision on.
type limit struct {
	from uint64
	at   time.Time
	used
}

func newBooks() *books {
	return &books{
		spaces: map[string]moment{}, since: map[string]uint64{}, used: map[string]used{}, claimed: map[string]used{},
		limits: map[string][]limit{}, quotas: map[string]int64{},
	}
}

// costs returns what the namespace costs, and whom: all of both while there is something of each.
func (m moment) costs() *charge {
	if m.granted == nil {
		return nil
	}
	c := *m.granted
	if m.held != nil {
		c.cpu = max(c.cpu, m.held.cpu)
	}
	return &c
}

// asks returns by how much more the namespace may come to cost.
func (m moment) asks(account string) used {
	c := m.claimed
	if c == nil || account != theCluster && account != c.account {
		return used{}
	}
	has := m.costs()
	if has == nil || account != theCluster && has.account != account {
		return used{1, c.cpu}
	}
	return used{0, max(0, c.cpu-has.cpu)}
}

func (b *books) add(to map[string]used, account string, by used, sign int64) {
	u := to[account]
	u.spaces, u.cpu = u.spaces+sign*by.spaces, u.cpu+sign*by.cpu
	to[account] = u
}

// charge adds what the moment says, or takes it back.
func (b *books) charge(m moment, sign int64) {
	if c := m.costs(); c != nil {
		b.add(b.used, c.account, used{1, c.cpu}, sign)
		b.add(b.used, theCluster, used{1, c.cpu}, sign)
	}
	for _, account := range append(slices.Clone(accounts), theCluster) {
		b.add(b.claimed, account, m.asks(account), sign)
	}
}

// take takes in what happened, and returns what must not have happened.
func (b *books) take(m moment) []string {
	switch {
	case m.ofQuota:
		return b.takeQuota(m)
	case m.budget != nil:
		b.limits[m.budget.account] = append(b.limits[m.budget.account], limit{m.revision, m.at, used{m.budget.spaces, m.budget.cpu}})
		return nil
	}
	before := b.spaces[m.name]
	usedBefore := maps.Clone(b.used)
	b.charge(before, -1)
	delete(b.spaces, m.name)
	since := b.since[m.name]
	if !m.gone {
		b.charge(m, +1)
		b.spaces[m.name] = m
	}
	if m.gone || m.claimed == nil {
		delete(b.since, m.name)
	} else if before.claimed == nil || *before.claimed != *m.claimed {
		b.since[m.name] = m.revision
	}
	return append(b.judge(m, before, since, usedBefore), b.covers(m)...)
}

// may returns how much of the CPU the Space has, or is about to have; -1 if there is none.
func (m moment) may() int64 {
	may := int64(-1)
	for _, c := range []*charge{m.costs(), m.claimed} {
		if c != nil {
			may = max(may, c.cpu)
		}
	}
	return may
}

// covers tells of a namespace that costs less than its ResourceQuota allows.
func (b *books) covers(m moment) []string {
	if enforced, ok := b.quotas[m.name]; ok && !m.gone && enforced > m.may() {
		return []string{fmt.Sprintf("%s costs %dm at %d, and its ResourceQuota has %dm", m.name, m.may(), m.revision, enforced)}
	}
	return nil
}

// judge tells of budgets of which more is used than before, and more than there was since it was claimed.
func (b *books) judge(m, before moment, since uint64, usedBefore map[string]used) []string {
	var wrong []string
	for account, now := range b.used {
		grown := used{max(0, now.spaces-usedBefore[account].spaces), max(0, now.cpu-usedBefore[account].cpu)}
		if grown == (used{}) {
			continue
		}
		if before.claimed == nil {
			wrong = append(wrong, fmt.Sprintf("%s costs %+v more at %d, and has not claimed it", m.name, grown, m.revision))
			continue
		}
		most := b.most(account, since)
		if grown.spaces > 0 && now.spaces > most.spaces || grown.cpu > 0 && now.cpu > most.cpu {
			wrong = append(wrong, fmt.Sprintf("%q has used %+v of at most %+v when %s was granted %+v at %d, which it had claimed at %d",
				account, now, most, m.name, grown, m.revision, since))
		}
	}
	return wrong
}

// most returns the largest budget since the revision.
func (b *books) most(account string, since uint64) used {
	all := b.limits[account]
	first := max(0, sort.Search(len(all), func(n int) bool { return all[n].from > since })-1)
	var most used
	for _, one := range all[first:] {
		most = used{max(most.spaces, one.spaces), max(most.cpu, one.cpu)}
	}
	return most
}

// enforcedFor is how long, at most, something is provisioned after it was claimed.
const enforcedFor = 40 * time.Second

// takeQuota holds ResourceQuotas to what their Spaces are granted, or are about to be, and all of them to the cluster's budget.
func (b *books) takeQuota(m moment) []string {
	var before int64
	if before = b.quotas[m.name]; m.enforced == nil {
		delete(b.quotas, m.name)
		return nil
	}
	b.quotas[m.name] = *m.enforced
	if *m.enforced <= before {
		return nil
	}
	var wrong []string
	sum, allowed := int64(0), b.spaces[m.name].may()
	if *m.enforced > allowed {
		wrong = append(wrong, fmt.Sprintf("the ResourceQuota of %s has %dm at %d, and its Space may have %dm", m.name, *m.enforced, m.revision, allowed))
	}
	for _, cpu := range b.quotas {
		sum += cpu
	}
	most := int64(0)
	for n, one := range b.limits[theCluster] {
		all := b.limits[theCluster]
		if n == len(all)-1 || all[n+1].at.After(m.at.Add(-enforcedFor)) {
			most = max(most, one.cpu)
		}
	}
	if sum > most {
		wrong = append(wrong, fmt.Sprintf("all ResourceQuotas have %dm at %d, and the cluster %dm", sum, m.revision, most))
	}
	return wrong
}

// lacks tells whether there is too little for the request, beside what is granted, and beside what is claimed, too.
func (b *books) lacks(name string, asked charge) (certainly, perhaps bool) {
	has := b.spaces[name].costs()
	for _, account := range []string{asked.account, theCluster} {
		all := b.limits[account]
		if len(all) == 0 {
			continue
		}
		hard := all[len(all)-1].used
		more := used{1, asked.cpu}
		if has != nil && (account == theCluster || has.account == account) {
			more = used{0, max(0, asked.cpu-has.cpu)}
		} else if has != nil {
			more.cpu = max(asked.cpu, has.cpu) // what it has is enforced until it is smaller
		}
		lack := func(u used) bool {
			return more.spaces > 0 && u.spaces+more.spaces > hard.spaces || more.cpu > 0 && u.cpu+more.cpu > hard.cpu
		}
		granted, claimed := b.used[account], b.claimed[account]
		certainly = certainly || lack(granted)
		perhaps = perhaps || lack(used{granted.spaces + claimed.spaces, granted.cpu + claimed.cpu})
	}
	return certainly, perhaps
}

// merged returns both lines in the order of the cluster.
func merged(namespaces, quotas []moment) []moment {
	all := append(slices.Clone(namespaces), quotas...)
	slices.SortStableFunc(all, func(a, b moment) int { return int(int64(a.revision) - int64(b.revision)) }) //nolint:gosec // revisions are small here
	return all
}
