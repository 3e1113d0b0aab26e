// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

const (
	benchAccounts = 10_000
	benchSpaces   = 100_000
)

func benchObserved() []Observed {
	all := make([]Observed, 0, benchSpaces)
	for n := range benchSpaces {
		amounts := Of(hard("requests.cpu", strconv.Itoa(1+n%4), "requests.memory", "4Gi", "pods", "20"))
		all = append(all, Observed{Space: "space-" + strconv.Itoa(n), Granted: &Claim{benchAccount(n), amounts}})
	}
	return all
}

func benchAccount(n int) string { return "account-" + strconv.Itoa(n%benchAccounts) }

func benchBudgets(l *Ledger) {
	budget := func(times int) corev1.ResourceList {
		return hard("spaces", strconv.Itoa(times), "requests.cpu", strconv.Itoa(4*times), "requests.memory", strconv.Itoa(4*times)+"Gi", "pods", strconv.Itoa(20*times))
	}
	l.SetCluster(budget(2 * benchSpaces))
	for n := range benchAccounts {
		l.SetAccount(benchAccount(n), budget(100))
	}
}

// BenchmarkRebuild makes a ledger of 100,000 Spaces of 10,000 accounts.
func BenchmarkRebuild(b *testing.B) {
	all := benchObserved()
	b.ResetTimer()
	for b.Loop() {
		l := NewLedger()
		benchBudgets(l)
		l.Replace(all)
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/rebuild")
}

// BenchmarkClaim reserves, claims, admits and grants one of two sizes of a Space after the other, by several goroutines.
func BenchmarkClaim(b *testing.B) {
	l := NewLedger()
	benchBudgets(l)
	l.Replace(benchObserved())
	sizes := []Amounts{
		Of(hard("requests.cpu", "2", "requests.memory", "4Gi", "pods", "20")),
		Of(hard("requests.cpu", "3", "requests.memory", "4Gi", "pods", "20")),
	}
	for _, goroutines := range []int{1, 16} {
		b.Run(fmt.Sprintf("goroutines=%d", goroutines), func(b *testing.B) {
			var revision atomic.Uint64
			var running sync.WaitGroup
			for g := range goroutines {
				running.Go(func() {
					for i := range b.N / goroutines {
						n := (i*goroutines + g) % benchSpaces
						if err := grant(l, "space-"+strconv.Itoa(n), Claim{benchAccount(n), sizes[i%2]}, &revision); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			running.Wait()
		})
	}
}

// grant does all that happens to a claim.
func grant(l *Ledger, space string, claim Claim, revision *atomic.Uint64) error {
	reservation, err := l.Reserve(space, claim)
	if err != nil {
		return err
	}
	l.Observe(Observed{Space: space, Claimed: &claim}, revision.Add(1))
	reservation.Release()
	if err := l.Admit(space); err != nil {
		return err
	}
	l.Observe(Observed{Space: space, Granted: &claim}, revision.Add(1))
	return nil
}
