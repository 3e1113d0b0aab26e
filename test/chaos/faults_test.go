// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"

	"tenancy.example.io/spaces/test/cluster"
	"tenancy.example.io/spaces/test/controlplane"
)

// breaker makes up faults, one at a time, each of which it mends again. Only one goroutine uses it.
type breaker struct {
	dice   *rand.Rand
	stage  *stage
	scribe *scribe
	// lines are those of all who ask, and direct those that lead past the kube-apiserver.
	lines, direct []*line
	// prober is somebody who asks a replica directly, for each of them.
	prober [2]cluster.Clients
	// led is the replica that direct lines lead to, and registered the one that the kube-apiserver talks to.
	led, registered int

	lock   sync.Mutex
	counts map[string]int
}

// probeNamespaces are what the prober may see by one kind of change each.
const probeNamespaces = 4

func probeNamespace(i int) string { return "chaos-probe-" + strconv.Itoa(i) }

// deck returns the faults of one round. The kube-apiserver is restarted in every third.
func (b *breaker) deck(round int) []operation {
	var deck []operation
	add := func(count int, fault func() operation) {
		for range count {
			deck = append(deck, fault())
		}
	}
	add(5, b.cutSome)
	add(8, b.hop)
	add(2, b.register)
	add(1, func() operation { return b.restart("stop", (*controlplane.Process).Stop) })
	add(1, func() operation { return b.restart("kill", (*controlplane.Process).Kill) })
	if round%3 == 1 {
		add(1, b.restartKubeAPIServer)
	}
	b.dice.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
	// In the end informers have no reason to list again, which would mend what they have missed.
	add(lastHops, b.hop)
	return deck
}

// lastHops is how often those who come directly go to and fro at the end of a round.
const lastHops = 8

// wreak has the faults of a round happen.
func (b *breaker) wreak(ctx context.Context, round int) error {
	for _, fault := range b.deck(round) {
		if err := sleep(ctx, fault.rest); err != nil {
			return err
		}
		sent := time.Now()
		if err := fault.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", fault.what, err)
		}
		b.scribe.note(sent, "", fault.what)
		b.lock.Lock()
		b.counts[strings.Fields(fault.what)[0]]++
		b.lock.Unlock()
	}
	return nil
}

func (b *breaker) fault(what string, do func(context.Context) error) operation {
	return operation{what: what, do: do, rest: time.Duration(100+b.dice.IntN(700)) * time.Millisecond}
}

// cutSome breaks the connections of some.
func (b *breaker) cutSome() operation {
	var which []int
	for i := range b.lines {
		if b.dice.IntN(2) == 0 {
			which = append(which, i)
		}
	}
	return b.fault(fmt.Sprint("cut ", which), func(context.Context) error {
		for _, i := range which {
			b.lines[i].cut()
		}
		return nil
	})
}

// hop has those who come directly go to the other replica.
func (b *breaker) hop() operation {
	return b.fault("hop to the other replica", func(context.Context) error {
		b.lead(1 - b.led)
		return nil
	})
}

func (b *breaker) lead(replica int) {
	b.led = replica
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(b.stage.replicas[replica].Port()))
	for _, line := range b.direct {
		line.lead(address)
		line.cut()
	}
}

// register has the kube-apiserver talk to the other replica. Those who watch stay where they are, or are cut off.
func (b *breaker) register() operation {
	cut := b.dice.IntN(2) == 0
	return b.fault(fmt.Sprintf("register the other replica, and cut: %t", cut), func(ctx context.Context) error {
		b.registered = 1 - b.registered
		if err := b.stage.RegisterSpaces(ctx, b.stage.replicas[b.registered]); err != nil {
			return err
		}
		for _, line := range b.lines {
			if cut && !slices.Contains(b.direct, line) {
				line.cut()
			}
		}
		return nil
	})
}

// restart ends a replica and starts it again, some time after.
func (b *breaker) restart(how string, end func(*controlplane.Process) error) operation {
	replica, away, leave := b.dice.IntN(2), time.Duration(b.dice.IntN(2000))*time.Millisecond, b.dice.IntN(3) > 0
	return b.fault(fmt.Sprintf("%s replica %d for %s, who are there go: %t", how, replica, away, leave), func(ctx context.Context) error {
		if err := end(b.stage.replicas[replica]); err != nil {
			return err
		}
		if leave && b.led == replica {
			b.lead(1 - replica)
		}
		if err := sleep(ctx, away); err != nil {
			return err
		}
		return b.stage.replicas[replica].Start(ctx)
	})
}

// restartKubeAPIServer ends in that both replicas hear again of all that they follow. In between they may be behind.
func (b *breaker) restartKubeAPIServer() operation {
	return b.fault("restart the kube-apiserver", func(ctx context.Context) error {
		over := b.scribe.history.outage()
		defer over()
		if err := b.stage.KubeAPIServer().Restart(ctx); err != nil {
			return err
		}
		if err := b.probe(ctx); err != nil {
			return err
		}
		return b.stage.AwaitAvailable(ctx)
	})
}

// prepare creates what probes need.
func (b *breaker) prepare(ctx context.Context) error {
	for i := range probeNamespaces {
		if err := b.scribe.createNamespace(ctx, probeNamespace(i), nil); err != nil {
			return err
		}
	}
	if err := b.scribe.setRole(ctx, probeNamespace(1), sightRole, getPods()); err != nil {
		return err
	}
	if err := b.scribe.bind(ctx, probeNamespace(1), roleBinding(sightRole, roleRef(sightRole), userOf("prober"))); err != nil {
		return err
	}
	if err := b.scribe.setClusterRole(ctx, "chaos:probe", getPods()); err != nil {
		return err
	}
	return b.scribe.bind(ctx, probeNamespace(2), roleBinding(sightRole, clusterRoleRef("chaos:probe"), userOf("prober")))
}

// probe returns when both replicas have heard of a change to each kind of RBAC object, and have heard it taken back.
func (b *breaker) probe(ctx context.Context) error {
	s := b.scribe
	everywhere := clusterRoleBinding("chaos:probe", clusterRoleRef("chaos:probe-all"), userOf("prober"))
	for _, step := range []func() error{
		func() error { return s.setClusterRole(ctx, "chaos:probe-all", getNamespaces(probeNamespace(3))) },
		func() error {
			return s.bind(ctx, probeNamespace(0), roleBinding(sightRole, clusterRoleRef("view"), userOf("prober")))
		},
		func() error { return s.setRole(ctx, probeNamespace(1), sightRole, getNamespaces()) },
		func() error { return s.setClusterRole(ctx, "chaos:probe", getNamespaces()) },
		func() error { return s.bindEverywhere(ctx, everywhere) },
		func() error { return b.awaitProbes(ctx, probeNamespaces) },
		func() error { return s.unbind(ctx, probeNamespace(0), sightRole) },
		func() error { return s.setRole(ctx, probeNamespace(1), sightRole, getPods()) },
		func() error { return s.setClusterRole(ctx, "chaos:probe", getPods()) },
		func() error { return s.unbindEverywhere(ctx, everywhere.Name) },
		func() error { return b.awaitProbes(ctx, 0) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("probing the replicas: %w", err)
		}
	}
	return nil
}

func (b *breaker) awaitProbes(ctx context.Context, want int) error {
	for _, prober := range b.prober {
		err := await(ctx, aggregationTime, func(ctx context.Context) error {
			list, err := spacesOf(prober).List(ctx, metav1.ListOptions{})
			if err == nil && len(list.Items) != want {
				err = fmt.Errorf("the list has %v, want %d", sets.List(namesOf(list.Items)), want)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
