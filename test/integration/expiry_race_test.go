// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

var renewRaces = flag.Int("renew-races", 1000, "how often TestRenewAtTheLastMoment renews a Space at the moment when it expires")

const (
	// racers is how many Spaces race at a time.
	racers = 20
	// around is how long before its time a Space is renewed, and how long after it, at most.
	around = 150 * time.Millisecond
	// settled is how long after it was renewed it is certain that a Space stays.
	settled = time.Second
)

// races are those of Spaces with their time, which two servers hold them to.
type races struct {
	user      cluster.Clients
	left      atomic.Int64
	won, lost atomic.Int64
	slow      atomic.Int64
}

// Whoever is told that a Space was renewed has it. Whoever is not has lost it. There is nothing in between.
func TestRenewAtTheLastMoment(t *testing.T) {
	t.Parallel()
	c := cluster.ForTest(t)
	must(c.StartSpaces(t.Context(), filepath.Join(c.Bin, "spaces-apiserver")))(t)
	r := &races{user: c.As(t, "alice", devs)}
	r.left.Store(int64(*renewRaces))
	var running sync.WaitGroup
	for i := range racers {
		running.Go(func() {
			if err := r.run(t.Context(), fmt.Sprintf("racer-%d", i)); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	t.Logf("%d races: the renewal has won %d, and the expiry %d, %d of them before they began", *renewRaces, r.won.Load(), r.lost.Load(), r.slow.Load())
	if r.won.Load() == 0 || r.lost.Load() == r.slow.Load() {
		t.Error("one of them has won all races, which says nothing")
	}
}

// run races while there are races left, each time with the same Space for as long as it is there.
func (r *races) run(ctx context.Context, name string) error {
	var space *v1alpha1.Space
	for round := 0; r.left.Add(-1) >= 0; round++ {
		if space == nil {
			var err error
			if space, err = spacesOf(r.user).Create(ctx, newSpace(fmt.Sprintf("%s-%d", name, round), withTTL("1h")), metav1.CreateOptions{}); err != nil {
				return err
			}
		}
		won, err := r.race(ctx, space)
		if err != nil {
			return err
		}
		if won {
			r.won.Add(1)
		} else {
			r.lost.Add(1)
			space = nil
		}
	}
	return nil
}

// race renews the Space at the moment when it expires, and tells whether that has saved it.
func (r *races) race(ctx context.Context, space *v1alpha1.Space) (won bool, err error) {
	soon, err := spacesOf(r.user).Renew(ctx, space.Name, renewal("1s"), metav1.CreateOptions{})
	if apierrors.IsConflict(err) && strings.Contains(err.Error(), "it is being deleted") {
		r.slow.Add(1) // the second was over before the answer was there
		return false, nil
	}
	if err != nil {
		return false, err
	}
	off := time.Duration(rand.Int64N(int64(2*around))) - around
	<-time.After(time.Until(soon.Status.ExpiresAt.Add(off)))
	renewed, err := spacesOf(r.user).Renew(ctx, space.Name, renewal("1h"), metav1.CreateOptions{})
	switch {
	case err == nil:
		<-time.After(time.Until(soon.Status.ExpiresAt.Add(settled)))
		return true, r.wantAlive(ctx, space, renewed)
	case apierrors.IsConflict(err), apierrors.IsNotFound(err):
		return false, r.wantDeleted(ctx, space, soon)
	default:
		return false, fmt.Errorf("the renewal of %s has failed in no clean way: %w", space.Name, err)
	}
}

func (r *races) wantAlive(ctx context.Context, space *v1alpha1.Space, renewed *v1alpha1.SpaceRenewal) error {
	live, err := r.user.Kube.CoreV1().Namespaces().Get(ctx, space.Name, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("%s was renewed: %w", space.Name, err)
	}
	if live.DeletionTimestamp != nil {
		return fmt.Errorf("%s was renewed until %s, and is being deleted since %s", space.Name, renewed.Status.ExpiresAt, live.DeletionTimestamp)
	}
	return nil
}

func (r *races) wantDeleted(ctx context.Context, space *v1alpha1.Space, soon *v1alpha1.SpaceRenewal) error {
	live, err := r.user.Kube.CoreV1().Namespaces().Get(ctx, space.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if live.DeletionTimestamp == nil {
		return fmt.Errorf("%s was not renewed, and is not being deleted", space.Name)
	}
	if live.DeletionTimestamp.Before(soon.Status.ExpiresAt) {
		return fmt.Errorf("%s expired at %s, and was deleted before, at %s", space.Name, soon.Status.ExpiresAt, live.DeletionTimestamp)
	}
	return nil
}
