// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tenancy.example.io/spaces/test/cluster"
)

const (
	// gardeners is how many work at the same time, each on namespaces of their own.
	gardeners = 3
	// gardenerOperations and stewardOperations are how many operations they carry out at least between two pauses, and
	// at most twice as many.
	gardenerOperations, stewardOperations = 400, 30
	// maxLeaks is how many leaks are told of.
	maxLeaks = 10
	// progressEvery is how often a long run says how it is going.
	progressEvery = 30 * time.Second
)

// run is one run of TestChaos.
type run struct {
	stage     *stage
	dice      *rand.Rand
	scribe    *scribe
	people    []*person
	informers []*informer
	gardeners []*gardener
	steward   *steward
	breaker   *breaker
	began     time.Time

	leaks, pauses, reviewed, revocations atomic.Int64
	slowest                              atomic.Int64 // of the revocations, as a time.Duration
}

// Everything changes and breaks, and between two pauses nobody is shown what they may not see. In each pause every
// informer has what a list has, lists have what the kube-apiserver says, and revocations arrive in time.
func TestChaos(t *testing.T) {
	seed := *chaosSeed
	if seed == 0 {
		seed = rand.Uint64N(1 << 32)
	}
	again := fmt.Sprintf("To throw the same dice again: go test ./test/chaos -run TestChaos -seed=%d -duration=%s", seed, *chaosTime)
	t.Log(again)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(again)
		}
	})
	r := newRun(t, seed)
	stop := r.reportProgress(t)
	defer stop()
	r.pause(t)
	for round := 0; time.Since(r.began) < *chaosTime && !t.Failed(); round++ {
		r.round(t, round)
		r.pause(t)
	}
	r.logf(t, "Done: %s", r.summary())
}

// newRun prepares everything and starts the informers.
func newRun(t *testing.T, seed uint64) *run {
	t.Helper()
	stream := uint64(0)
	dice := func() *rand.Rand {
		stream++
		return rand.New(rand.NewPCG(seed, stream))
	}
	s := newStage(t)
	r := &run{stage: s, dice: dice(), scribe: &scribe{admin: s.admin, history: newHistory(time.Now)}, began: time.Now()}
	r.breaker = &breaker{dice: dice(), stage: s, scribe: r.scribe, counts: map[string]int{}}
	r.steward = newSteward(dice(), r.scribe)
	check(t, r.scribe.createNamespace(t.Context(), home, nil))
	r.people = cast(t, s)
	r.prepareRoles(t)
	makers, admins := r.clients(t)
	for g := range gardeners {
		r.gardeners = append(r.gardeners, &gardener{dice: dice(), scribe: r.scribe, makers: makers, admins: admins, namespaces: plot(g)})
	}
	for n, p := range r.people {
		r.informers = append(r.informers, r.newInformer(t, n, p))
	}
	r.breaker.lead(0)
	for _, i := range r.informers {
		i.start(t.Context())
		t.Cleanup(func() { i.stop() })
	}
	return r
}

// plot returns the namespaces that one gardener works on.
func plot(gardener int) []string {
	var names []string
	for i := gardener; i < namespaceCount; i += gardeners {
		names = append(names, namespaceName(i))
	}
	return names
}

// prepareRoles writes what is always there, and tells the history of the roles that every cluster has.
func (r *run) prepareRoles(t *testing.T) {
	t.Helper()
	for _, name := range []string{"view", "edit", "spaces:owner"} {
		o := object{kind: "ClusterRole", name: name}
		r.scribe.history.end(o, r.scribe.history.begin(o, roleState(getNamespaces())), done)
	}
	check(t, r.steward.prepare(t.Context()))
	for i := range calmNamespaces {
		check(t, r.scribe.createNamespace(t.Context(), calmNamespace(i), nil))
	}
	check(t, r.breaker.prepare(t.Context()))
	prober := r.stage.As(t, "prober")
	for i := range r.breaker.prober {
		r.breaker.prober[i] = r.stage.at(t, prober, i)
	}
	check(t, r.scribe.bindEverywhere(t.Context(), clusterRoleBinding("chaos:makers", clusterRoleRef("spaces:user"), groupOf(makers))))
	check(t, r.scribe.setClusterRole(t.Context(), "chaos:makers", createNamespaces()))
	check(t, r.scribe.bindEverywhere(t.Context(), clusterRoleBinding("chaos:makers-namespaces", clusterRoleRef("chaos:makers"), groupOf(makers))))
}

// clients returns those who create and change Spaces, through the kube-apiserver and past it.
func (r *run) clients(t *testing.T) (makers, admins []*client) {
	t.Helper()
	for _, p := range r.people {
		if p.Name == "maker-0" || p.Name == "maker-1" {
			makers = append(makers, r.connected(t, p.Name, p, false), r.connected(t, p.Name, p, true))
		}
	}
	admin := &person{config: r.stage.admin.Config}
	check(t, awaitMakers(t.Context(), makers[0].Clients))
	return makers, []*client{r.connected(t, "admin", admin, false), r.connected(t, "admin", admin, true)}
}

// connected returns a client on a line of its own.
func (r *run) connected(t *testing.T, name string, p *person, direct bool) *client {
	t.Helper()
	_, clients := r.line(t, p, direct)
	return &client{Clients: clients, name: name}
}

func (r *run) line(t *testing.T, p *person, direct bool) (*line, cluster.Clients) {
	t.Helper()
	l := &line{}
	config := p.config
	if direct {
		config = r.stage.DirectConfig(config, r.stage.replicas[0])
		r.breaker.direct = append(r.breaker.direct, l)
	}
	r.breaker.lines = append(r.breaker.lines, l)
	return l, cluster.ClientsFor(t, l.connect(config))
}

// newInformer returns the informer of the nth person. Half of them are direct, half of each half stream their list, and
// so on.
func (r *run) newInformer(t *testing.T, n int, p *person) *informer {
	t.Helper()
	v := variant{direct: n%2 == 0, streaming: n/2%2 == 0, quick: n/4%2 == 0, bookmarks: n%5 > 0, brief: n%3 == 0}
	switch n {
	case 1, 6, 13:
		v.labels = labelKey + "=red"
	case 4, 17:
		v.fields = "metadata.name=" + namespaceName(n)
	}
	i := &informer{variant: v, person: p, history: r.scribe.history, last: time.Now()}
	i.leak = func(namespace, text string) {
		if r.leaks.Add(1) <= maxLeaks {
			t.Errorf("LEAK: %s\n%s", text, r.background(i, &difference{names: []string{namespace}}))
		}
	}
	i.line, i.user = r.line(t, p, v.direct)
	base := cluster.ClientsFor(t, p.config)
	for replica := range p.at {
		p.at[replica] = r.stage.at(t, base, replica)
	}
	return i
}

// round has everything happen that may, until it is over.
func (r *run) round(t *testing.T, round int) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	for _, i := range r.informers {
		if !i.quick && round > 0 {
			i.stop()
			i.start(t.Context())
		}
	}
	var work sync.WaitGroup
	start := func(what string, do func() error) {
		work.Go(func() {
			if err := do(); err != nil && ctx.Err() == nil {
				cancel(err)
				t.Errorf("%s, round %d: %v", what, round, err)
			}
		})
	}
	for n, g := range r.gardeners {
		start(fmt.Sprint("Gardener ", n), func() error {
			return play(ctx, g, gardenerOperations+g.dice.IntN(gardenerOperations))
		})
	}
	start("Steward", func() error { return play(ctx, r.steward, stewardOperations+r.steward.dice.IntN(stewardOperations)) })
	start("Breaker", func() error { return r.breaker.wreak(ctx, round) })
	work.Wait()
}

// pause compares what everybody has.
func (r *run) pause(t *testing.T) {
	t.Helper()
	r.pauses.Add(1)
	r.converge(t)
	if !t.Failed() {
		r.revokeInCalm(t)
	}
	if leaks := r.leaks.Load(); leaks > maxLeaks {
		t.Errorf("%d leaks in all", leaks)
	}
}

func (r *run) summary() string {
	r.breaker.lock.Lock()
	defer r.breaker.lock.Unlock()
	received := 0
	for _, i := range r.informers {
		received += i.count()
	}
	return fmt.Sprintf("%d pauses, %d writes, faults %v, %d events, %d sights reviewed, %d revocations told within %s",
		r.pauses.Load(), r.scribe.count(), r.breaker.counts, received, r.reviewed.Load(), r.revocations.Load(),
		time.Duration(r.slowest.Load()).Round(time.Millisecond))
}

// reportProgress says every now and then how it is going, until stop is called.
func (r *run) reportProgress(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var reporting sync.WaitGroup
	reporting.Go(func() {
		for sleep(ctx, progressEvery) == nil {
			r.logf(t, "So far: %s", r.summary())
		}
	})
	return func() {
		cancel()
		reporting.Wait()
	}
}

func (r *run) logf(t *testing.T, format string, args ...any) {
	t.Helper()
	t.Logf("%s "+format, append([]any{time.Since(r.began).Round(time.Second)}, args...)...)
}
