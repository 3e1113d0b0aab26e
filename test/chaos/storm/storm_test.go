// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package storm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

const workers = 8

// Whatever happens to replicas, no budget is ever exceeded, as an independent reader of the namespaces finds event by event;
// what was granted is there, what was refused was right to be, nothing is left behind, and all replicas agree in the end.
func TestBudgetStorm(t *testing.T) {
	dice := *seed
	if dice == 0 {
		dice = rand.Uint64N(1 << 32)
	}
	t.Logf("To throw the same dice again: go test ./test/chaos/storm -seed=%d -duration=%s -calm=%s", dice, *duration, *calm)
	s := newStage(t)
	line := record(t, s)
	told := &answers{counts: map[string]int{}}
	s.rage(t, dice, told)
	s.settle(t)
	check(t, await(t.Context(), time.Minute, func(ctx context.Context) error { return s.isClean(ctx) }))
	namespaces, quotas, err := line.all()
	check(t, err)
	findings := audit(merged(namespaces, quotas), told)
	for _, one := range slices.Concat(told.wrong, findings.wrong) {
		t.Error(one)
	}
	s.agree(t, findings.books)
	for _, one := range s.replicas[:1] {
		check(t, one.process.Restart(t.Context()))
	}
	s.agree(t, findings.books)
	t.Log(told.summary())
	t.Logf("%d events of namespaces, %d of ResourceQuotas; of %d refusals %d were right by claims that were not decided yet", len(namespaces), len(quotas), findings.refusals, findings.doubtful)
	if findings.refusals == 0 || findings.grants == 0 {
		t.Error("nothing was refused, or nothing granted: this shows nothing")
	}
}

// rage has everything happen at once.
func (s *stage) rage(t *testing.T, dice uint64, told *answers) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), *duration)
	defer cancel()
	var raging sync.WaitGroup
	for n := range workers {
		w := &worker{number: n, dice: rolled(dice, uint64(n)), stage: s, told: told, homes: map[string]string{}} //nolint:gosec // small
		raging.Go(func() { w.work(ctx) })
	}
	b := &breaker{dice: rolled(dice, 100), stage: s, told: told}
	raging.Go(func() { b.wreak(ctx, t) })
	raging.Go(func() { (&breaker{dice: rolled(dice, 101), stage: s, told: told}).treasure(ctx) })
	raging.Go(func() { b.read(ctx) })
	raging.Wait()
}

// settle has all replicas run.
func (s *stage) settle(t *testing.T) {
	t.Helper()
	for _, one := range s.replicas {
		check(t, one.process.Start(t.Context()))
	}
}

// isClean tells whether nothing is left that was begun.
func (s *stage) isClean(ctx context.Context) error {
	list, err := s.admin.Kube.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for i := range list.Items {
		m := momentOf(&list.Items[i], false)
		if !strings.HasPrefix(m.name, "storm-") {
			continue
		}
		if m.terminating || m.claimed != nil || m.held != nil || m.granted == nil || m.phase != "Active" {
			return fmt.Errorf("namespace %s: terminating %v, granted %+v, claimed %+v, held %+v, phase %q", m.name, m.terminating, m.granted, m.claimed, m.held, m.phase)
		}
	}
	return nil
}

// agree has each replica say that there is room for just what is left, and for no more.
func (s *stage) agree(t *testing.T, b *books) {
	t.Helper()
	for n, one := range s.replicas {
		for _, account := range accounts {
			left := b.left(account)
			for more, want := range map[int64]bool{0: left.spaces > 0 && left.cpu >= 0, 1: false} {
				cpu := max(left.cpu, 0) + more
				err := await(t.Context(), 10*time.Second, func(ctx context.Context) error { return one.wants(ctx, account, cpu, want) })
				if err != nil {
					t.Errorf("replica %d, account %q, of which %+v is left: %v", n, account, left, err)
				}
			}
		}
	}
}

// left is how much more there could be of the account's Spaces.
func (b *books) left(account string) used {
	left := used{1 << 30, 1 << 50}
	for _, name := range []string{account, theCluster} {
		all := b.limits[name]
		hard, now := all[len(all)-1].used, b.used[name]
		left = used{min(left.spaces, hard.spaces-now.spaces), min(left.cpu, hard.cpu-now.cpu)}
	}
	return left
}

// wants fails unless the replica would create such a Space, or would refuse to.
func (r *replica) wants(ctx context.Context, account string, cpu int64, created bool) error {
	space := &v1alpha1.Space{ObjectMeta: metav1.ObjectMeta{Name: "storm-dry"}, Spec: v1alpha1.SpaceSpec{Account: account, Quota: limits(cpu)}}
	_, err := r.tenant.Spaces.SpacesV1alpha1().Spaces().Create(ctx, space, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	switch {
	case created && err != nil:
		return err
	case !created && err == nil:
		return errors.New("there is room for " + corev1.ResourceRequestsCPU.String() + fmt.Sprintf("=%dm", cpu))
	case !created && !strings.Contains(err.Error(), "exceeded quota of "):
		return err
	default:
		return nil
	}
}

// findings are what an audit has found.
type findings struct {
	books                      *books
	wrong                      []string
	grants, refusals, doubtful int
}

// hearsay is by how much what a replica goes by may be older than the request.
const hearsay = time.Second

// audit goes through all that has happened, in order, and holds the answers to it.
func audit(moments []moment, told *answers) findings {
	f := findings{books: newBooks()}
	there := map[string]moment{}
	open := slices.SortedFunc(slices.Values(told.all), func(a, b answer) int { return a.from.Compare(b.from) })
	right := make([]int, len(open)) // 2: for certain, 1: perhaps
	judge := func(from, to time.Time) {
		for n, one := range open {
			if one.outcome == refused && right[n] < 2 && one.from.Add(-hearsay).Before(to) && one.to.Add(hearsay).After(from) {
				certainly, perhaps := f.books.lacks(one.name, one.asked)
				if certainly {
					right[n] = 2
				} else if perhaps {
					right[n] = 1
				}
			}
		}
	}
	for n, m := range moments {
		f.wrong = append(f.wrong, f.books.take(m)...)
		if !m.ofQuota {
			there[fmt.Sprint(m.name, m.revision)] = m
		}
		until := m.at.Add(time.Hour)
		if n+1 < len(moments) {
			until = moments[n+1].at
		}
		if !until.Before(m.at) {
			judge(m.at, until)
		}
	}
	for n, one := range open {
		switch one.outcome {
		case granted:
			f.grants++
			if m, ok := there[fmt.Sprint(one.name, one.revision)]; !ok || m.granted == nil || *m.granted != one.asked {
				f.wrong = append(f.wrong, fmt.Sprintf("%s was granted %+v at %d, where there is %+v", one.name, one.asked, one.revision, m.granted))
			}
		case failed:
		case refused:
			f.refusals++
			if right[n] == 1 {
				f.doubtful++
			}
			if right[n] == 0 {
				f.wrong = append(f.wrong, fmt.Sprintf("%s was refused %+v from %s to %s, and there was room: %s", one.name, one.asked,
					one.from.Format(time.StampMilli), one.to.Format(time.StampMilli), one.text))
			}
		}
	}
	return f
}

// summary says how often what has happened, and how long writes have taken.
func (a *answers) summary() string {
	var texts []string
	for _, what := range slices.Sorted(maps.Keys(a.counts)) {
		texts = append(texts, fmt.Sprintf("%s: %d", what, a.counts[what]))
	}
	for what, calm := range map[string]bool{"at replicas in no trouble": true, "at all others": false} {
		var took []time.Duration
		for _, one := range a.all {
			if one.outcome == granted && one.new && one.calm == calm {
				took = append(took, one.to.Sub(one.from))
			}
		}
		if slices.Sort(took); len(took) > 0 {
			texts = append(texts, fmt.Sprintf("%d creations %s took p50 %s, p99 %s, at most %s", len(took), what,
				took[len(took)/2].Round(time.Millisecond), took[len(took)*99/100].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond)))
		}
	}
	return strings.Join(texts, "; ")
}
