// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

// FuzzNeverOverspent lets a cluster change at random, while the ledger hears of it late: what exists is never more than the
// budget, nor more than what is charged, and when the ledger has heard of everything, it is as one that is made anew.
func FuzzNeverOverspent(f *testing.F) {
	for seed := range uint64(300) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		w := newWorld(seed)
		for range 200 {
			w.step()
			if problem := w.problem(); problem != "" {
				t.Fatalf("seed %d: %s", seed, problem)
			}
			if diff := sumsDiffer(w.ledger); diff != "" {
				t.Fatalf("seed %d: sums of charges (-want +got):\n%s", seed, diff)
			}
		}
		w.settle()
		fresh := NewLedger()
		fresh.Replace(w.observed(), w.revision)
		if diff := cmp.Diff(chargedIn(fresh), chargedIn(w.ledger)); diff != "" {
			t.Fatalf("seed %d: charged (-as rebuilt +got):\n%s", seed, diff)
		}
	})
}

// chargedIn is what is charged, by account, and all together as "cluster".
func chargedIn(l *Ledger) map[string]map[corev1.ResourceName]string {
	all := map[string]map[corev1.ResourceName]string{"cluster": texts(l.cluster.charged)}
	for name, one := range l.accounts {
		if len(one.charged) > 0 {
			all[name] = texts(one.charged)
		}
	}
	return all
}

func texts(amounts Amounts) map[corev1.ResourceName]string {
	all := map[corev1.ResourceName]string{}
	for name := range amounts {
		amount := amounts.of(name)
		all[name] = amount.AsDec().String()
	}
	return all
}

// sumsDiffer compares what is charged to what the allocations add up to.
func sumsDiffer(l *Ledger) string {
	sums := &Ledger{cluster: budget{charged: Amounts{}}, accounts: map[string]*budget{}}
	for _, one := range l.spaces {
		sums.recharge(charge{}, one.charge())
	}
	return cmp.Diff(chargedIn(sums), chargedIn(l))
}

func reserve(t *testing.T, l *Ledger, space, account string, amounts Amounts) *Reservation {
	t.Helper()
	reservation, err := l.Reserve(space, account, amounts)
	if err != nil {
		t.Fatal(err)
	}
	return reservation
}

func wantUsed(t *testing.T, got Usage, want corev1.ResourceList) {
	t.Helper()
	if diff := cmp.Diff(texts(Amounts(want)), texts(got.Used)); diff != "" {
		t.Errorf("used (-want +got):\n%s", diff)
	}
}

func TestReservationsEndOnce(t *testing.T) {
	one, two := Of(hard("pods", "1")), Of(hard("pods", "2"))
	for name, tc := range map[string]struct {
		do   func(*Ledger, *Reservation)
		want corev1.ResourceList
	}{
		"reserved":                     {do: func(*Ledger, *Reservation) {}, want: hard("spaces", "1", "pods", "1")},
		"committed":                    {do: func(_ *Ledger, r *Reservation) { r.Commit(7) }, want: hard("spaces", "1", "pods", "1")},
		"committed twice":              {do: func(_ *Ledger, r *Reservation) { r.Commit(7); r.Commit(7) }, want: hard("spaces", "1", "pods", "1")},
		"committed, then rolled back":  {do: func(_ *Ledger, r *Reservation) { r.Commit(7); r.Rollback() }, want: hard("spaces", "1", "pods", "1")},
		"rolled back":                  {do: func(_ *Ledger, r *Reservation) { r.Rollback() }},
		"rolled back twice":            {do: func(_ *Ledger, r *Reservation) { r.Rollback(); r.Rollback() }},
		"rolled back, then committed":  {do: func(_ *Ledger, r *Reservation) { r.Rollback(); r.Commit(7) }},
		"observed, and then committed": {do: func(l *Ledger, r *Reservation) { observe(l, one, 7); r.Commit(7) }, want: hard("spaces", "1", "pods", "1")},
		"observed as something else":   {do: func(l *Ledger, r *Reservation) { r.Commit(7); observe(l, two, 8) }, want: hard("spaces", "1", "pods", "2")},
		"observed before":              {do: func(l *Ledger, r *Reservation) { r.Commit(7); observe(l, two, 6) }, want: hard("spaces", "1", "pods", "2")},
		"gone before it is committed":  {do: func(l *Ledger, r *Reservation) { observe(l, one, 7); l.Gone("a", 9); r.Commit(7) }},
		"gone after it was committed":  {do: func(l *Ledger, r *Reservation) { r.Commit(7); l.Gone("a", 9) }},
		"its predecessor is gone":      {do: func(l *Ledger, r *Reservation) { r.Commit(7); l.Gone("a", 6) }, want: hard("spaces", "1", "pods", "1")},
		"not in a list of before":      {do: func(l *Ledger, r *Reservation) { r.Commit(7); l.Replace(nil, 6) }, want: hard("spaces", "1", "pods", "1")},
		"not in a list of after":       {do: func(l *Ledger, r *Reservation) { r.Commit(7); l.Replace(nil, 8) }},
		"committed after such a list":  {do: func(l *Ledger, r *Reservation) { l.Replace(nil, 8); r.Commit(7) }},
		"reserved across a list":       {do: func(l *Ledger, _ *Reservation) { l.Replace(nil, 8) }, want: hard("spaces", "1", "pods", "1")},
	} {
		t.Run(name, func(t *testing.T) {
			l := NewLedger()
			tc.do(l, reserve(t, l, "a", "team", one))
			wantUsed(t, l.Account("team"), tc.want)
			wantUsed(t, l.Cluster(), tc.want)
		})
	}
}

func observe(l *Ledger, amounts Amounts, revision uint64) {
	l.Observe(Observed{Space: "a", Account: "team", Amounts: amounts}, revision)
}

// A Space costs the most that it may be at any moment, and nothing twice.
func TestChangesCostTheMost(t *testing.T) {
	l := NewLedger()
	observe(l, Of(hard("pods", "5", "requests.cpu", "1")), 1)
	l.Enforce("a", Of(hard("pods", "5", "requests.cpu", "1")), 2)
	resize := reserve(t, l, "a", "team", Of(hard("pods", "3", "requests.cpu", "2")))
	wantUsed(t, l.Account("team"), hard("spaces", "1", "pods", "5", "requests.cpu", "2"))
	resize.Commit(3)
	observe(l, Of(hard("pods", "3", "requests.cpu", "2")), 3)
	wantUsed(t, l.Account("team"), hard("spaces", "1", "pods", "5", "requests.cpu", "2"))
	l.Enforce("a", Of(hard("pods", "3", "requests.cpu", "2")), 4)
	wantUsed(t, l.Account("team"), hard("spaces", "1", "pods", "3", "requests.cpu", "2"))

	transfer := reserve(t, l, "a", "others", Of(hard("pods", "3", "requests.cpu", "2")))
	for _, usage := range []Usage{l.Account("team"), l.Account("others"), l.Cluster()} {
		wantUsed(t, usage, hard("spaces", "1", "pods", "3", "requests.cpu", "2"))
	}
	transfer.Commit(5)
	l.Observe(Observed{Space: "a", Account: "others", Amounts: Of(hard("pods", "3", "requests.cpu", "2"))}, 5)
	wantUsed(t, l.Account("team"), nil)
	wantUsed(t, l.Account("others"), hard("spaces", "1", "pods", "3", "requests.cpu", "2"))
	wantUsed(t, l.Cluster(), hard("spaces", "1", "pods", "3", "requests.cpu", "2"))
}

// What is enforced may be heard of before its namespace, and after that has gone.
func TestEnforcedIsOfNamespacesThatAreThere(t *testing.T) {
	l := NewLedger()
	l.Enforce("a", Of(hard("pods", "5")), 3)
	observe(l, Of(hard("pods", "2")), 2)
	wantUsed(t, l.Account("team"), hard("spaces", "1", "pods", "5"))
	l.Enforce("a", Of(hard("pods", "4")), 2)
	wantUsed(t, l.Account("team"), hard("spaces", "1", "pods", "5"))
	l.Gone("a", 5)
	l.Enforce("a", Of(hard("pods", "2")), 4)
	wantUsed(t, l.Cluster(), nil)
	if len(l.spaces)+len(l.accounts) > 0 {
		t.Errorf("%d Spaces and %d accounts are left", len(l.spaces), len(l.accounts))
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
			observe(l, Of(hard("requests.cpu", "1500m", "requests.memory", "600Mi")), 1)
			check := l.Check(tc.space, tc.account, Of(tc.amounts))
			_, err := l.Reserve(tc.space, tc.account, Of(tc.amounts))
			for _, err := range []error{check, err} {
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
	observe(l, Of(hard("pods", "6")), 1)
	l.SetAccount("team", hard("spaces", "5", "pods", "4"))
	if diff := cmp.Diff([]corev1.ResourceName{"pods"}, l.Account("team").Over()); diff != "" {
		t.Errorf("over (-want +got):\n%s", diff)
	}
	for pods, admitted := range map[string]bool{"7": false, "6": true, "5": true} {
		if err := l.Check("a", "team", Of(hard("pods", pods))); (err == nil) != admitted {
			t.Errorf("%s pods: %v", pods, err)
		}
	}
	if err := l.Check("b", "team", Of(hard("pods", "0"))); err != nil {
		t.Errorf("nothing more of what there is too much of: %v", err)
	}
	l.SetAccount("team", nil)
	l.Gone("a", 2)
	if len(l.accounts) > 0 {
		t.Error("an account is left of which there is nothing to know")
	}
}

// Of many who want the last one at once, one gets it.
func TestTheLastOneIsReservedOnce(t *testing.T) {
	for range 100 {
		l := NewLedger()
		l.SetCluster(hard("spaces", "1"))
		var got atomic.Int32
		var running sync.WaitGroup
		for n := range 50 {
			running.Go(func() {
				if _, err := l.Reserve(string(rune('a'+n)), "team", Of(nil)); err == nil {
					got.Add(1)
				}
			})
		}
		running.Wait()
		if got.Load() != 1 {
			t.Fatalf("%d have it", got.Load())
		}
	}
}
