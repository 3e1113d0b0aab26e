// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/watch"
)

const (
	// calmRounds is how often, in each pause, everybody is granted something, and it is revoked again.
	calmRounds     = 8
	calmNamespaces = 2
)

func calmNamespace(i int) string { return "chaos-calm-" + strconv.Itoa(i%calmNamespaces) }

// revokeInCalm measures how long revocations take to arrive, at informers whose watches are known to be up.
func (r *run) revokeInCalm(t *testing.T) {
	t.Helper()
	var times []time.Duration
	for round := range calmRounds {
		times = append(times, r.revokeFromAll(t, calmNamespace(round))...)
	}
	if len(times) == 0 {
		t.Fatal("No informer was told of a revocation")
	}
	slices.Sort(times)
	r.revocations.Add(int64(len(times)))
	r.slowest.Store(max(r.slowest.Load(), int64(times[len(times)-1])))
	r.logf(t, "%d times an informer was told of a revocation: half of them within %s, all within %s",
		len(times), times[len(times)/2].Round(time.Millisecond), times[len(times)-1].Round(time.Millisecond))
}

// revokeFromAll grants everybody the sight of a namespace, and revokes it once all informers know. It returns how long
// each took to know of that.
func (r *run) revokeFromAll(t *testing.T, namespace string) []time.Duration {
	t.Helper()
	const binding = "everybody"
	watching := r.withoutSight(namespace)
	granted := time.Now()
	check(t, r.scribe.bind(t.Context(), namespace, roleBinding(binding, clusterRoleRef("view"), groupOf(everybody))))
	watching = slices.DeleteFunc(watching, func(i *informer) bool {
		_, err := i.awaitEvent(t.Context(), watch.Added, namespace, granted, convergeLimit)
		if err != nil && !i.wasInterrupted(granted) {
			t.Errorf("%s was not told of a grant: %v\n%s", i, err, r.background(i, &difference{names: []string{namespace}}))
		}
		return err != nil
	})
	sent := time.Now()
	check(t, r.scribe.unbind(t.Context(), namespace, binding))
	revoked := time.Now()
	var times []time.Duration
	for _, i := range watching {
		left := max(interval, revokeLimit+time.Until(revoked.Add(revokeLimit)))
		at, err := i.awaitEvent(t.Context(), watch.Deleted, namespace, sent, left)
		if i.wasInterrupted(granted) {
			continue
		}
		took := at.Sub(revoked)
		if err != nil || took > revokeLimit {
			t.Errorf("%s was told of a revocation after %s (%v), want at most %s\n%s", i, took, err, revokeLimit,
				r.background(i, &difference{names: []string{namespace}}))
		}
		times = append(times, max(0, took))
	}
	return times
}

// withoutSight returns the informers that follow everything and do not have the namespace.
func (r *run) withoutSight(namespace string) []*informer {
	return slices.DeleteFunc(slices.Clone(r.informers), func(i *informer) bool {
		_, has, _ := i.store.GetByKey(namespace)
		return has || !i.wide()
	})
}

// awaitEvent returns when the informer was told, or that it could not be, since its watch has ended meanwhile.
func (i *informer) awaitEvent(ctx context.Context, what watch.EventType, name string, since time.Time, limit time.Duration) (at time.Time, err error) {
	var interrupted error
	err = await(ctx, limit, func(context.Context) error {
		var found bool
		at, found = i.find(what, name, since)
		switch {
		case found:
			return nil
		case i.wasInterrupted(since):
			interrupted = errors.New("its watch has ended")
			return nil
		default:
			return errors.New("it was not told")
		}
	})
	return at, cmp.Or(err, interrupted)
}

// wasInterrupted tells whether the informer's watch has ended, as each does after some time, or when the server cannot
// tell what has happened; then it has to ask again, and takes its time for that.
func (i *informer) wasInterrupted(since time.Time) bool {
	for _, what := range []watch.EventType{asked, refuted, watch.Error} {
		if _, found := i.find(what, "", since); found {
			return true
		}
	}
	return false
}
