// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/storage"
)

// FuzzWatchConvergesAcrossReplicas has a client list and watch at two replicas in turn, each of which learns of the same
// events with delays of its own, loses its watch of the namespaces, or is restarted: what the client has been told, from
// wherever it resumed, adds up to what a LIST shows in the end.
func FuzzWatchConvergesAcrossReplicas(f *testing.F) {
	for seed := range uint64(1000) {
		f.Add(seed)
	}
	f.Add(uint64(2525)) // a cluster-wide grant, and what had gone before it
	f.Add(uint64(7443)) // a list while it was not known who saw a Terminating namespace
	f.Fuzz(func(t *testing.T, seed uint64) {
		synctest.Test(t, func(t *testing.T) { travel(t, rand.New(rand.NewPCG(seed, 0))) })
	})
}

func travel(t *testing.T, random *rand.Rand) {
	script := writePast(random)
	history := script.past
	room := []int{4, 64, 64}[random.IntN(3)]
	a := &replica{Rand: random, past: history, history: room}
	b := &replica{Rand: random, past: history, history: room}
	begin := -2 * lag
	acts := a.follow(begin)
	acts = append(acts, b.fate(begin)...)
	client := newTraveller(t, random, a, b)
	acts = append(acts, client.plan(t, history.end(), script.calm)...)
	play(t, begin, acts)
	time.Sleep(time.Minute)
	client.arrive(t)
}

// fate returns what happens to a replica: it follows all along, or with gaps, or is restarted.
func (r *replica) fate(begin time.Duration) []act {
	end := int64(r.past.end()) + 1
	at := time.Duration(1 + r.Int64N(end))
	down := time.Duration(r.Int64N(int64(2 * grace)))
	switch r.IntN(4) {
	case 0:
		return r.follow(begin)
	case 1:
		acts := slices.DeleteFunc(r.follow(begin), func(a act) bool { return a.at >= at })
		acts = append(acts, act{at, r.stop})
		return append(acts, r.follow(at+down)...)
	case 2:
		return r.follow(begin, gap{at, at + down})
	default:
		return r.follow(begin, gap{at, at + down}, gap{at + 2*down, at + 3*down})
	}
}

// traveller is a client that lists, and then watches from the last resource version that it has seen, at any replica.
type traveller struct {
	*rand.Rand
	replicas  []*replica
	context   func() context.Context
	predicate storage.SelectionPredicate
	// initial says that it watches with initial events instead of listing.
	initial bool

	rows    map[string]string
	version string
	watch   watch.Interface
	at      *replica
	log     []string
}

func newTraveller(t *testing.T, random *rand.Rand, replicas ...*replica) *traveller {
	t.Helper()
	c := &traveller{Rand: random, replicas: replicas, context: func() context.Context { return as(t.Context(), "eve") }}
	if random.IntN(2) == 0 {
		c.context = func() context.Context { return WithClient(as(t.Context(), "eve"), "program") }
	}
	c.predicate = selecting([]string{"", "red"}[random.IntN(2)])
	c.predicate.AllowWatchBookmarks = random.IntN(3) > 0
	c.initial = c.predicate.AllowWatchBookmarks && random.IntN(3) == 0
	t.Cleanup(func() {
		if c.watch != nil {
			c.watch.Stop()
		}
	})
	return c
}

// plan returns what the client does until then, at random times. When it is calm, it is checked.
func (c *traveller) plan(t *testing.T, end time.Duration, calm []time.Duration) []act {
	acts := []act{{0, c.list}}
	for _, at := range calm {
		acts = append(acts, act{at, func() error { c.check(t); return nil }})
	}
	haste := []time.Duration{lag / 4, lag, 4 * lag}[c.IntN(3)]
	for at := time.Duration(0); at < end; {
		at += time.Duration(c.Int64N(int64(haste)))
		acts = append(acts, act{at, c.do})
	}
	return acts
}

func (c *traveller) do() error {
	switch c.IntN(12) {
	case 0:
		return c.sideStep()
	case 1:
		return c.read(1 + c.IntN(2))
	case 2, 3, 4:
		return c.resume()
	case 5:
		return c.list()
	default:
		return c.read(1000)
	}
}

// another returns a replica, most of the time another one than before.
func (c *traveller) another() *replica {
	for {
		next := c.replicas[c.IntN(len(c.replicas))]
		if next.up && (next != c.at || c.IntN(4) == 0) {
			return next
		}
	}
}

func (c *traveller) options(resourceVersion string) storage.ListOptions {
	return storage.ListOptions{ResourceVersion: resourceVersion, Predicate: c.predicate, Recursive: true}
}

// sideStep is a list of the same program, which the watch knows nothing of.
func (c *traveller) sideStep() error {
	return c.another().store.GetList(c.context(), "/things/", c.options(""), &corev1.NamespaceList{})
}

func (c *traveller) list() error {
	at := c.another()
	if c.initial {
		return c.listByWatch(at)
	}
	rows, version, err := c.listed(at)
	if err != nil {
		return err
	}
	c.rows, c.version = rows, version
	c.note("list %v: %v at %s", at == c.replicas[0], rows, version)
	return c.resumeAt(at)
}

func (c *traveller) listed(at *replica) (rows map[string]string, version string, err error) {
	shown := &corev1.NamespaceList{}
	err = at.store.GetList(c.context(), "/things/", c.options(""), shown)
	rows = map[string]string{}
	for _, ns := range shown.Items {
		rows[ns.Name] = ns.ResourceVersion
	}
	return rows, shown.ResourceVersion, err
}

func (c *traveller) listByWatch(at *replica) error {
	options := c.options("")
	options.SendInitialEvents = new(true)
	c.rows = map[string]string{}
	if err := c.open(at, options); err != nil {
		return err
	}
	for event := range c.watch.ResultChan() {
		if event.Type == watch.Error {
			return fmt.Errorf("initial events: %v", event.Object)
		}
		c.take(event)
		if event.Type == watch.Bookmark {
			return nil
		}
	}
	return nil
}

func (c *traveller) open(at *replica, options storage.ListOptions) (err error) {
	if c.watch != nil {
		c.watch.Stop()
	}
	c.at = at
	c.watch, err = at.store.Watch(c.context(), "/things/", options)
	return err
}

func (c *traveller) resume() error { return c.resumeAt(c.another()) }

func (c *traveller) resumeAt(at *replica) error {
	c.note("resume %v from %s", at == c.replicas[0], c.version)
	return c.open(at, c.options(c.version))
}

// read takes up to so many events.
func (c *traveller) read(most int) error {
	for range most {
		synctest.Wait()
		select {
		case event, ok := <-c.watch.ResultChan():
			if err := c.heed(event, ok); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

func (c *traveller) heed(event watch.Event, ok bool) error {
	switch {
	case !ok:
		return c.resume()
	case event.Type == watch.Error:
		c.note("%s", describe(event))
		return c.list()
	default:
		c.take(event)
		return nil
	}
}

func (c *traveller) take(event watch.Event) {
	c.note("%s", describe(event))
	ns := plainly(event).(*corev1.Namespace)
	c.version = ns.ResourceVersion
	switch event.Type {
	case watch.Deleted:
		delete(c.rows, ns.Name)
	case watch.Added, watch.Modified:
		c.rows[ns.Name] = ns.ResourceVersion
	case watch.Bookmark, watch.Error: // a place and an end, and no row
	}
}

func (c *traveller) note(format string, args ...any) {
	c.log = append(c.log, fmt.Sprintf(format, args...))
}

// check checks that the client has what a list shows where it is.
func (c *traveller) check(t *testing.T) {
	t.Helper()
	must(t, c.read(1000))
	if c.at.deaf || !c.at.up || c.isAhead() {
		return
	}
	want, _, err := c.listed(c.at)
	must(t, err)
	if diff := cmp.Diff(want, c.rows); diff != "" {
		t.Fatalf("the client's rows differ from a list (-list +client):\n%s\n%v", diff, c.log)
	}
}

// isAhead tells whether the watch waits for the replica to come to where the client is.
func (c *traveller) isAhead() bool {
	version, err := versioner.ParseResourceVersion(c.version)
	return err != nil || version > c.at.feed.head().revision
}

// arrive checks that the client has what a list shows at each replica, wherever it comes from.
func (c *traveller) arrive(t *testing.T) {
	t.Helper()
	c.check(t)
	for _, at := range c.replicas {
		must(t, c.resumeAt(at))
		c.check(t)
	}
}
