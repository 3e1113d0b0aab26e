// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/tools/cache"

	"tenancy.example.io/spaces/test/cluster"
	"tenancy.example.io/spaces/test/controlplane"
)

// stopTime is how long our server may take to end after SIGTERM.
const stopTime = 5 * time.Second

// crash is the way to stop our server that gives it no time.
const crash = "killing it"

// openWatches are how many watches our server has to end when it stops.
const openWatches = 50

// Whoever uses our server while it is restarted has to wait, and is never told anything wrong.
func TestRestart(t *testing.T) {
	t.Parallel()
	c := cluster.ForTest(t)
	admin, alice := c.Admin(t), c.As(t, "alice", "devs")
	always := sets.New[string]()
	for i := range 5 {
		always.Insert(createSpace(t, alice, newSpace(fmt.Sprintf("always-%d", i))).Name)
	}
	visitor := startVisitor(t, alice, always)
	informers := map[string]cache.SharedIndexInformer{
		"an informer that streams its first list":  startInformer(t, alice),
		"an informer that lists before it watches": startListingInformer(t, alice),
	}
	for i, tc := range []struct {
		how  string
		stop func(*testing.T, *controlplane.Process)
	}{
		{"stopping it", stopInTime},
		{"stopping it again", stopInTime},
		{"stopping it once more", stopInTime},
		{crash, func(t *testing.T, server *controlplane.Process) { check(t, server.Kill()) }},
	} {
		r := restart{cluster: c, admin: admin, alice: alice, name: fmt.Sprintf("restart-%d", i)}
		r.prepare(t)
		visitor.crashing.Store(tc.how == crash)
		r.around(t, tc.how == crash, func() { tc.stop(t, c.Server) })
		awaitSight(t, alice, r.name+"-given")
		for what, informer := range informers {
			awaitStore(t, informer, alice)
			t.Logf("After %s, %s has what a list has", tc.how, what)
		}
		if t.Failed() {
			return
		}
		visitor.report(t, "After "+tc.how)
	}
}

// stopInTime stops the server by SIGTERM.
func stopInTime(t *testing.T, server *controlplane.Process) {
	t.Helper()
	began := time.Now()
	check(t, server.Stop())
	if took := time.Since(began); took > stopTime {
		t.Errorf("The server ended %s after SIGTERM, want at most %s", took, stopTime)
	} else {
		t.Logf("The server ended %s after SIGTERM", took.Round(10*time.Millisecond))
	}
}

// restart is one of them, and what changes while our server is away.
type restart struct {
	cluster      *cluster.Cluster
	admin, alice cluster.Clients
	name         string
}

func (r restart) prepare(t *testing.T) {
	t.Helper()
	for _, suffix := range []string{"-taken", "-given", "-changed", "-gone"} {
		createNamespace(t, r.admin, r.name+suffix, nil)
	}
	for _, suffix := range []string{"-taken", "-changed", "-gone"} {
		bind(t, r.admin, r.name+suffix, "sight", clusterRole("view"), user("alice"))
	}
	awaitSight(t, r.alice, r.name+"-taken", r.name+"-changed", r.name+"-gone")
}

// around stops the server while watches are open, changes what it serves, and starts it again.
func (r restart) around(t *testing.T, crashing bool, stop func()) {
	t.Helper()
	var watches []stream
	for range openWatches {
		events, _ := watchFromNow(t, r.alice, metav1.ListOptions{})
		watches = append(watches, events)
	}
	stop()
	for _, events := range watches {
		events.drain(t, crashing)
	}
	unbind(t, r.admin, r.name+"-taken", "sight")
	bind(t, r.admin, r.name+"-given", "sight", clusterRole("view"), user("alice"))
	patchNamespace(t, r.admin, r.name+"-changed", `{"metadata":{"labels":{"changed":"yes"}}}`)
	check(t, r.admin.Kube.CoreV1().Namespaces().Delete(t.Context(), r.name+"-gone", metav1.DeleteOptions{}))
	check(t, r.cluster.Server.Start(t.Context()))
}
