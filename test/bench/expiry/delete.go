// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package expiry

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/watch"

	"tenancy.example.io/spaces/test/bench/report"
)

const (
	// ahead is how long it takes at most to say of all Spaces when they expire.
	ahead = 90 * time.Second
	// giveUp is how long after that a deletion has failed.
	giveUp = 3 * time.Minute
	// settling is more than it takes the kube-apiserver to collect its garbage.
	settling = 6 * time.Second
)

// deletions are when it was seen that namespaces are being deleted, by their names.
type deletions struct {
	stop func()
	// of are the namespaces that count.
	of   sets.Set[string]
	lock sync.Mutex
	seen map[string]time.Time
	more chan struct{}
}

// namesOf returns so many names of that kind, the first of which has that number.
func namesOf(kind string, first, count int) sets.Set[string] {
	names := sets.New[string]()
	for n := range count {
		names.Insert(nameOf(kind, first+n))
	}
	return names
}

// watchDeletions watches these namespaces.
func (b *bench) watchDeletions(ctx context.Context, of sets.Set[string]) (*deletions, error) {
	list, err := b.kube.CoreV1().Namespaces().List(ctx, metav1.ListOptions{Limit: 1})
	if err != nil {
		return nil, err
	}
	events, err := b.kube.CoreV1().Namespaces().Watch(ctx, metav1.ListOptions{ResourceVersion: list.ResourceVersion})
	if err != nil {
		return nil, err
	}
	d := &deletions{stop: events.Stop, of: of, seen: map[string]time.Time{}, more: make(chan struct{}, 1)}
	go d.follow(events)
	return d, nil
}

func (d *deletions) follow(events watch.Interface) {
	for event := range events.ResultChan() {
		at := time.Now()
		namespace, ok := event.Object.(*corev1.Namespace)
		if !ok || namespace.DeletionTimestamp == nil || !d.of.Has(namespace.Name) {
			continue
		}
		d.lock.Lock()
		if _, known := d.seen[namespace.Name]; !known {
			d.seen[namespace.Name] = at
		}
		d.lock.Unlock()
		select {
		case d.more <- struct{}{}:
		default:
		}
	}
}

// await returns when all have been seen.
func (d *deletions) await(ctx context.Context, limit time.Time) error {
	for {
		d.lock.Lock()
		have := len(d.seen)
		d.lock.Unlock()
		if have == d.of.Len() {
			return nil
		}
		select {
		case <-d.more:
		case <-time.After(time.Until(limit)):
			return fmt.Errorf("%d of %d are being deleted", have, d.of.Len())
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// after returns how long after that time each was seen. Nothing more is seen then.
func (d *deletions) after(began time.Time) report.Samples {
	d.lock.Lock()
	defer d.lock.Unlock()
	var samples report.Samples
	for _, at := range d.seen {
		samples = append(samples, at.Sub(began))
	}
	return samples
}

// settle returns at that time. Shortly before, it has the kube-apiserver collect its garbage: that takes it seconds when it
// has so many objects, and how often it falls into a turn would be chance.
func (b *bench) settle(ctx context.Context, until time.Time) error {
	sleep(ctx, time.Until(until.Add(-settling)))
	_, err := b.kube.CoreV1().RESTClient().Get().AbsPath("/debug/pprof/heap").Param("gc", "1").DoRaw(ctx)
	sleep(ctx, time.Until(until))
	return err
}

// expire has Spaces expire at the same moment, the first of which has that number, and measures how late they are deleted.
func (b *bench) expire(ctx context.Context, first int) (o outcome, err error) {
	deadline := time.Now().Add(ahead).Truncate(time.Second)
	fmt.Fprintf(b.Out, "Having %d Spaces expire at %s\n", b.Count, deadline.Format(time.TimeOnly))
	err = inParallel(ctx, makers, first, first+b.Count, func(ctx context.Context, n int) error {
		return b.expireAt(ctx, nameOf(crowdName, n), deadline)
	})
	if err != nil {
		return o, err
	}
	seen, err := b.watchDeletions(ctx, namesOf(crowdName, first, b.Count))
	if err != nil {
		return o, err
	}
	defer seen.stop()
	if err := b.settle(ctx, deadline); err != nil {
		return o, err
	}
	o.others = b.probe.during(ctx, func() { err = seen.await(ctx, deadline.Add(giveUp)) })
	o.spent, o.deleted, o.samples = time.Since(deadline), b.Count, seen.after(deadline)
	return o, err
}

// expireAlone has a few Spaces expire while nothing else happens, two each second.
func (b *bench) expireAlone(ctx context.Context) (report.Samples, error) {
	fmt.Fprintf(b.Out, "Having %d Spaces expire, two at a time\n", b.Alone)
	seen, err := b.watchDeletions(ctx, namesOf(aloneName, 0, b.Alone))
	if err != nil {
		return nil, err
	}
	defer seen.stop()
	first := time.Now().Add(10 * time.Second).Truncate(time.Second)
	deadlines := map[string]time.Time{}
	for n := range b.Alone {
		name, deadline := nameOf(aloneName, n), first.Add(time.Duration(n/2)*time.Second)
		deadlines[name] = deadline
		if err := b.expireAt(ctx, name, deadline); err != nil {
			return nil, err
		}
	}
	if err := seen.await(ctx, first.Add(giveUp)); err != nil {
		return nil, err
	}
	var samples report.Samples
	for name, at := range seen.seen {
		samples = append(samples, at.Sub(deadlines[name]))
	}
	return samples, nil
}

func (b *bench) deleteKept(ctx context.Context, first int) (outcome, error) {
	return b.deleteBare(ctx, keptName, first)
}

func (b *bench) deleteEmpty(ctx context.Context, first int) (outcome, error) {
	return b.deleteBare(ctx, emptyName, first)
}

// deleteBare deletes namespaces of that kind, the first of which has that number, with the same preconditions as our server.
// They are seen to be deleted in the same way, which takes its time, too.
func (b *bench) deleteBare(ctx context.Context, kind string, first int) (o outcome, err error) {
	fmt.Fprintf(b.Out, "Deleting %d namespaces by a bare client, %s and so on\n", b.Count, nameOf(kind, first))
	states := make([]metav1.Preconditions, b.Count)
	err = inParallel(ctx, makers, first, first+b.Count, func(ctx context.Context, n int) error {
		namespace, err := b.kube.CoreV1().Namespaces().Get(ctx, nameOf(kind, n), metav1.GetOptions{})
		if err == nil {
			states[n-first] = metav1.Preconditions{UID: &namespace.UID, ResourceVersion: &namespace.ResourceVersion}
		}
		return err
	})
	if err != nil {
		return o, err
	}
	seen, err := b.watchDeletions(ctx, namesOf(kind, first, b.Count))
	if err != nil {
		return o, err
	}
	defer seen.stop()
	if err := b.settle(ctx, time.Now().Add(settling)); err != nil {
		return o, err
	}
	began := time.Now()
	o.others = b.probe.during(ctx, func() {
		err = inParallel(ctx, b.Workers, first, first+b.Count, func(ctx context.Context, n int) error {
			return b.bare.CoreV1().Namespaces().Delete(ctx, nameOf(kind, n), metav1.DeleteOptions{Preconditions: &states[n-first]})
		})
		err = errors.Join(err, seen.await(ctx, began.Add(giveUp)))
	})
	o.spent, o.deleted, o.samples = time.Since(began), b.Count, seen.after(began)
	return o, err
}
