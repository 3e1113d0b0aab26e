// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

func hard(pairs ...string) corev1.ResourceList {
	list := corev1.ResourceList{}
	for n := 0; n < len(pairs); n += 2 {
		list[corev1.ResourceName(pairs[n])] = resource.MustParse(pairs[n+1])
	}
	return list
}

// space is a namespace as it is: what it says, and what is enforced in it.
type space struct {
	account           string
	amounts, enforced Amounts
}

// event is one that the ledger has not heard of yet.
type event struct {
	name     string
	revision uint64
	tell     func(*Ledger)
}

// write is a reservation of which the ledger has not heard the end yet.
type write struct {
	*Reservation
	name     string
	revision uint64 // 0 if it has failed
}

// world is a cluster whose namespaces change, while a ledger follows late and hears of the ends of writes later still.
type world struct {
	random   *rand.Rand
	ledger   *Ledger
	cluster  Amounts
	budgets  map[string]Amounts
	spaces   map[string]*space
	revision uint64
	// namespaces and quotas are the events of two watches, each in order.
	namespaces, quotas []event
	// said is what is told besides, in any order.
	said   []event
	writes []write
	// lowered says that a budget was once made smaller.
	lowered bool
}

func newWorld(seed uint64) *world {
	w := &world{
		random: rand.New(rand.NewPCG(seed, 0)), ledger: NewLedger(),
		budgets: map[string]Amounts{}, spaces: map[string]*space{},
	}
	w.cluster = Amounts(hard("spaces", "9", "requests.cpu", "17500m"))
	w.ledger.SetCluster(corev1.ResourceList(w.cluster))
	for n := range 3 {
		account := "account-" + strconv.Itoa(n)
		w.budgets[account] = Amounts(hard("spaces", "5", "requests.cpu", "9"))
		w.ledger.SetAccount(account, corev1.ResourceList(w.budgets[account]))
	}
	return w
}

func (w *world) name() string    { return "space-" + strconv.Itoa(w.random.IntN(12)) }
func (w *world) account() string { return "account-" + strconv.Itoa(w.random.IntN(3)) }

func (w *world) amounts() Amounts {
	return Of(hard("requests.cpu", strconv.Itoa(500*w.random.IntN(8))+"m", "pods", strconv.Itoa(w.random.IntN(5))))
}

func (w *world) next() uint64 { w.revision++; return w.revision }

// step does something at random.
func (w *world) step() {
	switch w.random.IntN(11) {
	case 0, 1, 2:
		w.change()
	case 3:
		w.vanish()
	case 4:
		w.enforce()
	case 5:
		w.end()
	case 6, 7:
		w.namespaces = deliver(w.ledger, w.namespaces)
	case 8:
		w.quotas = deliver(w.ledger, w.quotas)
	case 9:
		w.say()
	case 10:
		w.rare()
	}
}

// change creates a Space, or gives one another account and other amounts, if the ledger lets it.
func (w *world) change() {
	name, account, amounts := w.name(), w.account(), w.amounts()
	reservation, err := w.ledger.Reserve(name, account, amounts)
	if err != nil {
		return
	}
	one := w.spaces[name]
	done := write{Reservation: reservation, name: name}
	if w.random.IntN(4) > 0 {
		if one == nil {
			one = &space{}
			w.spaces[name] = one
		}
		one.account, one.amounts = account, amounts
		done.revision = w.next()
		w.tellNamespace(name, done.revision)
	}
	w.writes = append(w.writes, done)
}

func (w *world) tellNamespace(name string, revision uint64) {
	now := *w.spaces[name]
	w.namespaces = append(w.namespaces, event{name, revision, func(l *Ledger) {
		l.Observe(Observed{Space: name, Account: now.account, Amounts: now.amounts}, revision)
	}})
}

// vanish deletes what is enforced in a namespace, and then that.
func (w *world) vanish() {
	name := w.name()
	one := w.spaces[name]
	if one == nil {
		return
	}
	if one.enforced != nil {
		one.enforced = nil
		w.tellQuota(name)
	}
	delete(w.spaces, name)
	revision := w.next()
	w.namespaces = append(w.namespaces, event{name, revision, func(l *Ledger) { l.Gone(name, revision) }})
}

// enforce has the ResourceQuota of a Space be what it shall be, and says so, sooner or later.
func (w *world) enforce() {
	name := w.name()
	one := w.spaces[name]
	if one == nil {
		return
	}
	if !one.enforced.Equal(one.amounts) {
		one.enforced = one.amounts
		w.tellQuota(name)
	}
	revision, enforced := w.revision, one.enforced
	w.said = append(w.said, event{name, revision, func(l *Ledger) { l.Enforce(name, enforced, revision) }})
}

// say tells the ledger of something that was said, in any order.
func (w *world) say() {
	if len(w.said) > 0 {
		n := w.random.IntN(len(w.said))
		w.said[n].tell(w.ledger)
		w.said = slices.Delete(w.said, n, n+1)
	}
}

func (w *world) tellQuota(name string) {
	revision, enforced := w.next(), w.spaces[name].enforced
	w.quotas = append(w.quotas, event{name, revision, func(l *Ledger) { l.Enforce(name, enforced, revision) }})
}

// end tells the ledger how a write has ended, perhaps twice.
func (w *world) end() {
	if len(w.writes) == 0 {
		return
	}
	n := w.random.IntN(len(w.writes))
	for range 1 + w.random.IntN(2) {
		w.writes[n].end()
	}
	w.writes = slices.Delete(w.writes, n, n+1)
}

func (w write) end() {
	if w.revision == 0 {
		w.Rollback()
	} else {
		w.Commit(w.revision)
	}
}

// deliver tells the ledger of the first event.
func deliver(l *Ledger, events []event) []event {
	if len(events) == 0 {
		return nil
	}
	events[0].tell(l)
	return events[1:]
}

// rare changes a budget, or lists all again.
func (w *world) rare() {
	switch w.random.IntN(6) {
	case 0:
		account := w.account()
		w.budgets[account] = Amounts(hard("spaces", strconv.Itoa(w.random.IntN(6)), "requests.cpu", strconv.Itoa(w.random.IntN(9))))
		w.ledger.SetAccount(account, corev1.ResourceList(w.budgets[account]))
		w.lowered = true
	case 1:
		w.namespaces, w.quotas = nil, nil
		w.ledger.Replace(w.observed(), w.revision)
	}
}

func (w *world) observed() []Observed {
	var all []Observed
	for name, one := range w.spaces {
		enforced := one.enforced
		if enforced == nil {
			enforced = Amounts{}
		}
		all = append(all, Observed{Space: name, Account: one.account, Amounts: one.amounts, Enforced: enforced})
	}
	return all
}

// settle has all quotas be as they shall be, and the ledger hear of everything.
func (w *world) settle() {
	for range 100 {
		w.enforce()
	}
	for len(w.writes)+len(w.namespaces)+len(w.quotas)+len(w.said) > 0 {
		w.end()
		w.say()
		w.namespaces = deliver(w.ledger, w.namespaces)
		w.quotas = deliver(w.ledger, w.quotas)
	}
}

// truth is what the namespaces that exist are allowed, by account, and all together as "".
func (w *world) truth() map[string]Amounts {
	sums := map[string]Amounts{"": {}}
	for _, one := range w.spaces {
		if sums[one.account] == nil {
			sums[one.account] = Amounts{}
		}
		most := one.amounts.max(one.enforced)
		sums[one.account].add(most)
		sums[""].add(most)
	}
	return sums
}

// problem returns what is wrong now, or nothing.
func (w *world) problem() string {
	for account, truth := range w.truth() {
		usage, budget := w.ledger.Account(account), w.budgets[account]
		if account == "" {
			usage, budget = w.ledger.Cluster(), w.cluster
		}
		if !usage.Used.covers(truth) {
			return fmt.Sprintf("%q is charged %v, and has %v", account, usage.Used, truth)
		}
		if limited := limitedTo(truth, budget); (account == "" || !w.lowered) && !budget.covers(limited) {
			return fmt.Sprintf("%q has %v, of a budget of %v", account, limited, budget)
		}
	}
	return ""
}

// limitedTo returns the amounts of those resources that are limited.
func limitedTo(amounts, budget Amounts) Amounts {
	limited := maps.Clone(amounts)
	maps.DeleteFunc(limited, func(name corev1.ResourceName, _ resource.Quantity) bool {
		_, ok := budget[name]
		return !ok
	})
	return limited
}
