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

// namespace is one as it is stored: what its Space has and claims, and what may still be enforced in it though it was more.
type namespace struct {
	granted, claimed *Claim
	held, enforced   Amounts
	revision         uint64
}

// observed is what it says.
func (n *namespace) observed(name string) Observed {
	one := Observed{Space: name, Claimed: n.claimed}
	if n.granted != nil {
		one.Granted = &Claim{n.granted.Account, n.granted.Amounts.Max(n.held)}
	}
	return one
}

// event is the observed state of a namespace; nil if it is gone.
type event struct {
	name     string
	revision uint64
	observed *Observed
}

// write is a claim that a process has written, and not decided on yet.
type write struct {
	name        string
	revision    uint64
	reservation *Reservation
}

// process is a replica: it follows the log of all events, late.
type process struct {
	ledger *Ledger
	next   int
	at     uint64
	writes []write
}

// world is a cluster in which several processes claim, decide, stop and start, without knowing of each other.
type world struct {
	random     *rand.Rand
	cluster    Amounts
	budgets    map[string]Amounts
	namespaces map[string]*namespace
	log        []event
	revision   uint64
	processes  []*process
}

func newWorld(seed uint64) *world {
	w := &world{
		random: rand.New(rand.NewPCG(seed, 0)), namespaces: map[string]*namespace{}, budgets: map[string]Amounts{},
		cluster: Amounts(hard("spaces", "9", "requests.cpu", "17500m")),
	}
	for n := range 3 {
		w.budgets[accountNamed(n)] = Amounts(hard("spaces", "5", "requests.cpu", "9"))
	}
	for range 3 {
		w.processes = append(w.processes, w.start())
	}
	return w
}

func accountNamed(n int) string { return "account-" + strconv.Itoa(n) }

// start returns a process that has read everything.
func (w *world) start() *process {
	p := &process{ledger: NewLedger()}
	p.ledger.SetCluster(corev1.ResourceList(w.cluster))
	for account, budget := range w.budgets {
		p.ledger.SetAccount(account, corev1.ResourceList(budget))
	}
	w.list(p)
	return p
}

// list has a process read everything anew.
func (w *world) list(p *process) {
	p.ledger.Replace(w.observed())
	p.next, p.at = len(w.log), w.revision
}

func (w *world) observed() []Observed {
	var all []Observed
	for name, one := range w.namespaces {
		all = append(all, one.observed(name))
	}
	return all
}

func (w *world) name() string { return "space-" + strconv.Itoa(w.random.IntN(12)) }

func (w *world) claim() Claim {
	return Claim{
		Account: accountNamed(w.random.IntN(3)),
		Amounts: Of(hard("requests.cpu", strconv.Itoa(500*w.random.IntN(8))+"m", "pods", strconv.Itoa(w.random.IntN(5)))),
	}
}

// tell appends to the log what the namespace has come to be.
func (w *world) tell(name string) {
	w.revision++
	e := event{name: name, revision: w.revision}
	if one := w.namespaces[name]; one != nil {
		one.revision = w.revision
		observed := one.observed(name)
		e.observed = &observed
	}
	w.log = append(w.log, e)
}

// step has one process do something at random, or somebody else.
func (w *world) step() {
	p := w.processes[w.random.IntN(len(w.processes))]
	switch w.random.IntN(12) {
	case 0, 1, 2:
		w.ask(p)
	case 3, 4, 5, 6:
		w.follow(p)
	case 7, 8:
		w.decide(p)
	case 9:
		w.complete(p)
	case 10:
		w.enforce()
	case 11:
		w.rare()
	}
}

// ask writes a claim for a Space that there is or is not, if the process thinks that there is room.
func (w *world) ask(p *process) {
	name, claim := w.name(), w.claim()
	reservation, err := p.ledger.Reserve(name, claim)
	if err != nil {
		return
	}
	one := w.namespaces[name]
	if one != nil && one.claimed != nil {
		reservation.Release()
		return
	}
	if one == nil {
		one = &namespace{}
		w.namespaces[name] = one
	}
	one.claimed = &claim
	w.tell(name)
	p.writes = append(p.writes, write{name, one.revision, reservation})
}

// follow tells the process of the next event.
func (w *world) follow(p *process) {
	if p.next == len(w.log) {
		return
	}
	e := w.log[p.next]
	p.next, p.at = p.next+1, e.revision
	if e.observed == nil {
		p.ledger.Gone(e.name)
	} else {
		p.ledger.Observe(*e.observed, e.revision)
	}
}

// decide has the process decide on a claim of its own, as soon as it has observed it.
func (w *world) decide(p *process) {
	for n, one := range p.writes {
		if one.revision > p.at {
			continue
		}
		p.writes = slices.Delete(p.writes, n, n+1)
		one.reservation.Release()
		w.finish(p, one.name, one.revision)
		return
	}
}

// complete has the process decide on a claim that it has found.
func (w *world) complete(p *process) {
	name := w.name()
	if one := w.namespaces[name]; one != nil && one.claimed != nil && one.revision <= p.at {
		w.finish(p, name, one.revision)
	}
}

// finish grants the claim or drops it, if the namespace is still as it was.
func (w *world) finish(p *process, name string, revision uint64) {
	err := p.ledger.Admit(name)
	one := w.namespaces[name]
	if one == nil || one.revision != revision {
		return
	}
	switch {
	case err == nil && one.granted == nil:
		one.granted, one.claimed = one.claimed, nil
	case err == nil:
		one.held = one.held.Max(one.granted.Amounts)
		one.granted, one.claimed = one.claimed, nil
	case one.granted == nil:
		delete(w.namespaces, name)
	default:
		one.claimed = nil
	}
	w.tell(name)
}

// enforce has what is enforced in a namespace be what is granted, and then nothing is held any more.
func (w *world) enforce() {
	name := w.name()
	if one := w.namespaces[name]; one != nil && one.granted != nil {
		one.enforced = one.granted.Amounts
		if one.held != nil {
			one.held = nil
			w.tell(name)
		}
	}
}

// rare deletes a namespace, breaks a watch, or ends a process and starts it again.
func (w *world) rare() {
	n := w.random.IntN(len(w.processes))
	switch w.random.IntN(8) {
	case 0:
		w.list(w.processes[n])
	case 1:
		w.processes[n] = w.start()
	default:
		if name := w.name(); w.namespaces[name] != nil {
			delete(w.namespaces, name)
			w.tell(name)
		}
	}
}

// settle has everything decided and heard of.
func (w *world) settle() {
	for range 1000 {
		for _, p := range w.processes {
			w.decide(p)
			w.complete(p)
			w.follow(p)
		}
	}
	for _, p := range w.processes {
		for _, one := range p.writes {
			one.reservation.Release()
		}
		for p.next < len(w.log) {
			w.follow(p)
		}
	}
}

// problem returns what is overspent, or nothing.
func (w *world) problem() string {
	for account, truth := range w.granted() {
		budget := w.budgets[account]
		if account == "" {
			budget = w.cluster
		}
		if limited := limitedTo(*truth, budget); !budget.Covers(limited) {
			return fmt.Sprintf("%q has %v, of a budget of %v", account, texts(limited), texts(budget))
		}
	}
	return ""
}

// granted is what the namespaces that exist are allowed, by account, and all together as "".
func (w *world) granted() map[string]*Amounts {
	sums := map[string]*Amounts{"": {}}
	for _, one := range w.namespaces {
		if one.granted == nil {
			continue
		}
		most := one.granted.Amounts.Max(one.held).Max(one.enforced)
		if sums[one.granted.Account] == nil {
			sums[one.granted.Account] = &Amounts{}
		}
		sums[one.granted.Account].add(most)
		sums[""].add(most)
	}
	return sums
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
