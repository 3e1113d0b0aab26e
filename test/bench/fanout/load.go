// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
)

// lane is changes of some namespaces in turn, at equal distances. What is in different lanes happens at the same time,
// and so they have no namespace in common: each namespace's changes come in order.
type lane struct {
	namespaces    []int
	offset, every time.Duration
}

// due returns what the change with this number, from 0, is of, and when it is due after the beginning.
func (l lane) due(number int) (namespace int, after time.Duration) {
	return l.namespaces[number%len(l.namespaces)], l.offset + time.Duration(number)*l.every
}

// lanes are all changes of the world.
func (w world) lanes() []lane {
	if w.Stalled == 0 {
		return lanes(0, w.Namespaces, w.Rate)
	}
	return append(lanes(w.slim(), w.Namespaces, w.FatRate), lanes(0, w.slim(), w.Rate-w.FatRate)...)
}

// lanes share the namespaces and the rate evenly.
func lanes(from, to, rate int) []lane {
	count := min(writers, to-from)
	every := time.Second * time.Duration(count) / time.Duration(rate)
	result := make([]lane, count)
	for i := range result {
		result[i] = lane{
			namespaces: span(from+i, to, count),
			offset:     every * time.Duration(i) / time.Duration(count),
			every:      every,
		}
	}
	return result
}

func span(from, to, step int) []int {
	var result []int
	for i := from; i < to; i += step {
		result = append(result, i)
	}
	return result
}

// change is when a change was sent, and when it was acknowledged.
type change struct {
	sent, acknowledged time.Time
}

// load makes changes. Each namespace's are written by one goroutine, and read when all of them have ended.
type load struct {
	client coreclient.NamespaceInterface
	// namespaces are as they were when it began, but for the mark.
	namespaces []*corev1.Namespace
	// before is how often each namespace had been changed by earlier loads.
	before  []int
	changes [][]change // by namespace, in order
	began   time.Time
	ended   time.Time
	late    []time.Duration // by lane, how late a change was sent at most
}

// run returns when all changes are acknowledged. One that is late is made up for, as fast as its lane can.
func (l *load) run(ctx context.Context, w world) error {
	if err := l.read(ctx, w); err != nil {
		return fmt.Errorf("reading a namespace: %w", err)
	}
	lanes := w.lanes()
	l.changes = make([][]change, w.Namespaces)
	l.late = make([]time.Duration, len(lanes))
	l.began = time.Now()
	errs := make([]error, len(lanes))
	var running sync.WaitGroup
	for i, lane := range lanes {
		running.Go(func() { l.late[i], errs[i] = l.drive(ctx, lane, w.For) })
	}
	running.Wait()
	l.ended = time.Now()
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("changing a namespace: %w", err)
		}
	}
	return nil
}

func (l *load) drive(ctx context.Context, lane lane, length time.Duration) (late time.Duration, err error) {
	for number := 0; ; number++ {
		namespace, after := lane.due(number)
		if after >= length {
			return late, nil
		}
		if err := waitUntil(ctx, l.began.Add(after)); err != nil {
			return late, err
		}
		late = max(late, time.Since(l.began)-after)
		if err := l.change(ctx, namespace); err != nil {
			return late, err
		}
	}
}

func (l *load) change(ctx context.Context, namespace int) error {
	next := mark{namespace: namespace, sequence: l.before[namespace] + len(l.changes[namespace]) + 1}
	sent := time.Now()
	if err := l.write(ctx, next); err != nil {
		return err
	}
	l.changes[namespace] = append(l.changes[namespace], change{sent: sent, acknowledged: time.Now()})
	return nil
}

// read gets the namespaces that are to be changed.
func (l *load) read(ctx context.Context, w world) error {
	l.namespaces = make([]*corev1.Namespace, w.Namespaces)
	return parallel(ctx, writers, w.Namespaces, func(ctx context.Context, number int) (err error) {
		l.namespaces[number], err = l.client.Get(ctx, namespaceName(number), metav1.GetOptions{})
		return err
	})
}

// write has the namespace show the mark. It replaces the namespace, whatever that is by now: nobody else changes it, and a
// patch would take the kube-apiserver much longer, on CPUs that those who watch have to share with it.
func (l *load) write(ctx context.Context, m mark) error {
	namespace := l.namespaces[m.namespace]
	namespace.ResourceVersion = ""
	namespace.Labels[markLabel] = m.String()
	_, err := l.client.Update(ctx, namespace, metav1.UpdateOptions{})
	return err
}

func (l *load) count() int {
	count := 0
	for _, changes := range l.changes {
		count += len(changes)
	}
	return count
}

// of returns the change with this mark.
func (l *load) of(m mark) change { return l.changes[m.namespace][m.sequence-l.before[m.namespace]-1] }

// after is what before is for the next load.
func (l *load) after() []int {
	result := make([]int, len(l.changes))
	for namespace, changes := range l.changes {
		result[namespace] = l.before[namespace] + len(changes)
	}
	return result
}

// expected is how many deliveries the changes make, to watchers that read.
func (l *load) expected(w world) int {
	count := 0
	for namespace, audience := range w.audience() {
		count += audience * len(l.changes[namespace])
	}
	return count
}

func waitUntil(ctx context.Context, moment time.Time) error {
	left := time.Until(moment)
	if left <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
