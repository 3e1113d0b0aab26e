// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

// FuzzNeverOverspent lets three processes claim and decide at random, late, and with breaks: what is granted is never more
// than a budget, and when everything has been heard of, each ledger is as one that is made anew.
func FuzzNeverOverspent(f *testing.F) {
	for seed := range uint64(100) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		w := newWorld(seed)
		for step := range 300 {
			w.step()
			if problem := w.problem(); problem != "" {
				t.Fatalf("seed %d: %s", seed, problem)
			}
			if step%29 == 0 {
				w.wantSums(t, seed, step)
			}
		}
		w.settle()
		fresh := NewLedger()
		fresh.Replace(w.observed())
		for n, p := range w.processes {
			if diff := cmp.Diff(chargedIn(fresh), chargedIn(p.ledger)); diff != "" {
				t.Fatalf("seed %d: process %d has charged (-as rebuilt +got):\n%s", seed, n, diff)
			}
		}
	})
}

func (w *world) wantSums(t *testing.T, seed uint64, step int) {
	t.Helper()
	one := w.processes[step%len(w.processes)].ledger
	if diff := cmp.Diff(chargedIn(one.again()), chargedIn(one)); diff != "" {
		t.Fatalf("seed %d: sums of charges (-want +got):\n%s", seed, diff)
	}
}

// again adds everything up anew.
func (l *Ledger) again() *Ledger {
	sums := NewLedger()
	for _, one := range l.spaces {
		sums.recharge(one, (*Amounts).add)
	}
	return sums
}

// chargedIn is what is charged and reserved, by account, and all together as "cluster".
func chargedIn(l *Ledger) map[string][]map[corev1.ResourceName]string {
	all := map[string][]map[corev1.ResourceName]string{}
	add := func(name string, one *budget) {
		if len(one.charged)+len(one.reserved) > 0 {
			all[name] = []map[corev1.ResourceName]string{texts(one.charged), texts(one.reserved)}
		}
	}
	add("cluster", l.cluster)
	for name, one := range l.accounts {
		add(name, one)
	}
	return all
}

func texts(amounts Amounts) map[corev1.ResourceName]string {
	all := map[corev1.ResourceName]string{}
	for name := range amounts {
		amount := amounts.of(name)
		all[name] = amount.String()
	}
	return all
}

func wantUsed(t *testing.T, got Usage, want corev1.ResourceList) {
	t.Helper()
	if diff := cmp.Diff(texts(Amounts(want)), texts(got.Used)); diff != "" {
		t.Errorf("used (-want +got):\n%s", diff)
	}
}

// of is a claim of the account "team".
func of(pairs ...string) *Claim { return &Claim{Account: "team", Amounts: Of(hard(pairs...))} }

func TestChargesAreTheMostThatMayBe(t *testing.T) {
	for name, tc := range map[string]struct {
		observed     []Observed
		team, others corev1.ResourceList
	}{
		"what is granted":             {observed: []Observed{{Granted: of("pods", "5")}}, team: hard("spaces", "1", "pods", "5")},
		"what is claimed":             {observed: []Observed{{Claimed: of("pods", "5")}}, team: hard("spaces", "1", "pods", "5")},
		"the larger of both":          {observed: []Observed{{Granted: of("pods", "5", "requests.cpu", "1"), Claimed: of("pods", "4", "requests.cpu", "2")}}, team: hard("spaces", "1", "pods", "5", "requests.cpu", "2")},
		"what was said last":          {observed: []Observed{{Granted: of("pods", "5")}, {Granted: of("pods", "3")}}, team: hard("spaces", "1", "pods", "3")},
		"nothing of who says nothing": {observed: []Observed{{Granted: of("pods", "5")}, {}}},
		"both accounts of a transfer": {
			observed: []Observed{{Granted: of("pods", "5"), Claimed: &Claim{Account: "others", Amounts: Of(hard("pods", "4"))}}},
			team:     hard("spaces", "1", "pods", "5"), others: hard("spaces", "1", "pods", "5"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := NewLedger()
			for n, one := range tc.observed {
				one.Space = "a"
				l.Observe(one, uint64(1+n))
			}
			wantUsed(t, l.Account("team"), tc.team)
			wantUsed(t, l.Account("others"), tc.others)
			wantUsed(t, l.Cluster(), tc.team)
			l.Gone("a")
			l.Gone("a")
			if len(l.spaces)+len(l.accounts)+len(l.open) > 0 {
				t.Errorf("%d Spaces and %d accounts are left of what is gone", len(l.spaces), len(l.accounts))
			}
		})
	}
}

// Of several claims for the last of something, the first is admitted, whoever looks, and when.
func TestTheFirstClaimIsAdmitted(t *testing.T) {
	l := NewLedger()
	l.SetCluster(hard("spaces", "3"))
	l.Observe(Observed{Space: "there", Granted: of()}, 1)
	l.Observe(Observed{Space: "there-too", Granted: of()}, 2)
	for n := range 50 {
		l.Observe(Observed{Space: "new-" + strconv.Itoa(n), Claimed: of()}, uint64(10+n))
	}
	for n := range 50 {
		if err := l.Admit("new-" + strconv.Itoa(n)); (err == nil) != (n == 0) {
			t.Errorf("claim %d: %v", n, err)
		}
	}
	// A claim that is written anew without a change keeps its place, and another one does not.
	l.Observe(Observed{Space: "new-0", Claimed: of()}, 70)
	if err := l.Admit("new-0"); err != nil {
		t.Errorf("the first one, written again: %v", err)
	}
	l.Observe(Observed{Space: "new-0", Claimed: of("pods", "1")}, 71)
	if err := l.Admit("new-0"); err == nil {
		t.Error("the first one claims something else, and is still the first")
	}
	if err := l.Admit("new-1"); err != nil {
		t.Errorf("the second one, which is the first now: %v", err)
	}
}

// After a list it is not known which claim was first: none that others may have granted is passed over.
func TestClaimsOfAListCountForAll(t *testing.T) {
	l := NewLedger()
	l.SetCluster(hard("spaces", "1"))
	l.Replace([]Observed{{Space: "a", Claimed: of()}, {Space: "b", Claimed: of()}})
	l.Observe(Observed{Space: "c", Claimed: of()}, 10)
	for _, name := range []string{"a", "b", "c"} {
		if err := l.Admit(name); err == nil {
			t.Errorf("%s is admitted", name)
		}
	}
	l.Gone("b")
	l.Gone("c")
	if err := l.Admit("a"); err != nil {
		t.Errorf("the only one that is left: %v", err)
	}
	l.Replace(nil)
	if err := l.Admit("a"); !errors.Is(err, ErrNoClaim) {
		t.Errorf("one that is gone: %v", err)
	}
}

func TestExceeded(t *testing.T) {
	for name, tc := range map[string]struct {
		space, account string
		amounts        corev1.ResourceList
		want           string
	}{
		"there is enough":                   {space: "b", account: "team", amounts: hard("requests.cpu", "500m", "pods", "1000")},
		"an account without a budget":       {space: "b", account: "rich", amounts: hard("requests.cpu", "3")},
		"no account":                        {space: "b", amounts: hard("requests.cpu", "3")},
		"nothing grows":                     {space: "a", account: "team", amounts: hard("requests.cpu", "1500m")},
		"what is there does not count more": {space: "a", account: "team", amounts: hard("requests.cpu", "2")},
		"of the account": {
			space: "b", account: "team", amounts: hard("requests.cpu", "501m", "requests.memory", "1Gi"),
			want: `exceeded quota of account "team": requests.cpu: asked for 501m, left 500m of 2; requests.memory: asked for 1Gi, left 0 of 512Mi`,
		},
		"growth of the account": {
			space: "a", account: "team", amounts: hard("requests.cpu", "2100m"),
			want: `exceeded quota of account "team": requests.cpu: asked for 600m, left 500m of 2`,
		},
		"of the cluster": {
			space: "b", account: "rich", amounts: hard("requests.cpu", "4"),
			want: `exceeded quota of the cluster: requests.cpu: asked for 4, left 3500m of 5`,
		},
		"growth by a transfer is none of the cluster": {space: "a", account: "rich", amounts: hard("requests.cpu", "1500m")},
	} {
		t.Run(name, func(t *testing.T) {
			l := NewLedger()
			l.SetCluster(hard("requests.cpu", "5"))
			l.SetAccount("team", hard("requests.cpu", "2", "requests.memory", "512Mi", "spaces", "2"))
			granted := of("requests.cpu", "1500m", "requests.memory", "600Mi")
			l.Observe(Observed{Space: "a", Granted: granted}, 1)
			claim := Claim{tc.account, Of(tc.amounts)}
			check := l.Check(tc.space, claim)
			reservation, reserve := l.Reserve(tc.space, claim)
			if reserve == nil {
				reservation.Release()
			}
			observed := Observed{Space: tc.space, Claimed: &claim}
			if tc.space == "a" {
				observed.Granted = granted
			}
			l.Observe(observed, 2)
			for _, err := range []error{check, reserve, l.Admit(tc.space)} {
				if (err == nil) != (tc.want == "") || err != nil && err.Error() != tc.want {
					t.Errorf("error: %v, want %q", err, tc.want)
				}
				if exceeded := new(ExceededError); err != nil && !errors.As(err, &exceeded) {
					t.Errorf("the error is a %T", err)
				}
			}
		})
	}
}

// A budget may be made smaller than what is used. Then nothing grows until there is room again.
func TestLoweredBudgets(t *testing.T) {
	l := NewLedger()
	l.SetAccount("team", hard("spaces", "5", "pods", "10"))
	l.Observe(Observed{Space: "a", Granted: of("pods", "6")}, 1)
	l.SetAccount("team", hard("spaces", "5", "pods", "4"))
	if diff := cmp.Diff([]corev1.ResourceName{"pods"}, l.Account("team").Over()); diff != "" {
		t.Errorf("over (-want +got):\n%s", diff)
	}
	for pods, admitted := range map[string]bool{"7": false, "6": true, "5": true} {
		if err := l.Check("a", *of("pods", pods)); (err == nil) != admitted {
			t.Errorf("%s pods: %v", pods, err)
		}
	}
	if err := l.Check("b", *of("pods", "0")); err != nil {
		t.Errorf("nothing more of what there is too much of: %v", err)
	}
	l.SetAccount("team", nil)
	l.Gone("a")
	if len(l.accounts) > 0 {
		t.Error("an account is left of which there is nothing to know")
	}
}

// A reservation keeps others of this process from claiming in vain, and has no say in what is admitted.
func TestReservations(t *testing.T) {
	for range 20 {
		l := NewLedger()
		l.SetCluster(hard("spaces", "1"))
		var got atomic.Pointer[Reservation]
		var running sync.WaitGroup
		for n := range 50 {
			running.Go(func() {
				if r, err := l.Reserve("a-"+strconv.Itoa(n), *of()); err == nil && !got.CompareAndSwap(nil, r) {
					t.Error("two have the last one")
				}
			})
		}
		running.Wait()
		l.Observe(Observed{Space: "another", Claimed: of()}, 1)
		if err := l.Admit("another"); err != nil {
			t.Errorf("a claim that was written while another one is only about to be: %v", err)
		}
		got.Load().Release()
		got.Load().Release()
		l.Gone("another")
		if err := l.Check("b", *of()); err != nil {
			t.Errorf("what was released is still reserved: %v", err)
		}
	}
}
