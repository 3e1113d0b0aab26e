// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package storm

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// trouble says whether a replica is in any, or has been.
type trouble struct {
	lock sync.Mutex
	now  bool
	ever int
}

func (t *trouble) begin() {
	t.lock.Lock()
	defer t.lock.Unlock()
	t.now, t.ever = true, t.ever+1
}

func (t *trouble) end() {
	t.lock.Lock()
	defer t.lock.Unlock()
	t.now = false
}

// mark returns what none compares with, or -1 if there is trouble already.
func (t *trouble) mark() int {
	t.lock.Lock()
	defer t.lock.Unlock()
	if t.now {
		return -1
	}
	return t.ever
}

// none tells whether there has been no trouble since the mark.
func (t *trouble) none(mark int) bool {
	t.lock.Lock()
	defer t.lock.Unlock()
	return mark == t.ever && !t.now
}

// breaker kills a replica and starts it again, or stops it for a while, time and again.
type breaker struct {
	dice  *rand.Rand
	stage *stage
	told  *answers
}

func (b *breaker) wreak(ctx context.Context, t *testing.T) {
	for sleep(ctx, *calm/2+rand.N(*calm/2)) {
		victim := b.stage.replicas[b.dice.IntN(len(b.stage.replicas))]
		victim.trouble.begin()
		var err error
		if b.dice.IntN(2) == 0 {
			b.told.count("a replica was killed")
			if err = victim.process.Kill(); err == nil {
				err = victim.process.Start(context.WithoutCancel(ctx))
			}
		} else {
			b.told.count("a replica was stopped for a while")
			if err = victim.process.Signal(syscall.SIGSTOP); err == nil {
				sleep(ctx, time.Second+time.Duration(b.dice.IntN(7000))*time.Millisecond)
				err = victim.process.Signal(syscall.SIGCONT)
			}
		}
		if err != nil {
			t.Errorf("break a replica: %v", err)
			return
		}
		victim.trouble.end()
	}
}

// treasurer changes budgets.
func (b *breaker) treasure(ctx context.Context) {
	for sleep(ctx, time.Second+rand.N(2*time.Second)) {
		account, to := theCluster, budget{spaces: 30 + int64(b.dice.IntN(20)), cpu: 40 + int64(b.dice.IntN(40))}
		if n := b.dice.IntN(len(accounts) + 1); n < len(accounts) {
			account, to = accounts[n], budget{spaces: 10 + int64(b.dice.IntN(15)), cpu: 15 + int64(b.dice.IntN(25))}
		}
		asking, cancel := context.WithTimeout(ctx, requestTimeout)
		err := setBudget(asking, b.stage.replicas[b.dice.IntN(len(b.stage.replicas))].admin, account, to)
		cancel()
		if err == nil {
			b.told.count("a budget was changed")
		}
	}
}

// reader lists Spaces at all replicas that are in no trouble: that never fails.
func (b *breaker) read(ctx context.Context) {
	for sleep(ctx, 100*time.Millisecond) {
		for n, one := range b.stage.replicas {
			mark := one.trouble.mark()
			if mark < 0 {
				continue
			}
			_, err := one.tenant.Spaces.SpacesV1alpha1().Spaces().List(ctx, metav1.ListOptions{})
			switch {
			case ctx.Err() != nil || !one.trouble.none(mark):
			case err != nil:
				b.told.complain("replica %d, which was in no trouble, was asked for a list: %v", n, err)
			default:
				b.told.count("lists while others may be in trouble")
			}
		}
	}
}

func (b *breaker) String() string { return fmt.Sprint(b.told.counts) }
