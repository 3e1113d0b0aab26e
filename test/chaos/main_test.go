// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package chaos holds the server to its promises while everything around it changes and breaks: what an informer holds
// is what a list has, and nobody is ever shown what they may not see.
package chaos

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	spacesclient "tenancy.example.io/spaces/pkg/generated/clientset/versioned/typed/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
	"tenancy.example.io/spaces/test/controlplane"
)

var (
	chaosSeed = flag.Uint64("seed", 0, "which operations and faults TestChaos throws the dice for; 0 chooses a seed")
	chaosTime = flag.Duration("duration", 70*time.Second, "how long TestChaos goes on, counted up to its last pause")
)

// interval is how often a test looks whether what it waits for has come.
const interval = 20 * time.Millisecond

// stage is a cluster with two replicas of our server.
type stage struct {
	*cluster.Cluster
	admin    cluster.Clients
	replicas [2]*controlplane.Process
}

// newStage starts a stage that ends with the test.
func newStage(t *testing.T) *stage {
	t.Helper()
	c := cluster.ForTest(t)
	second := must(c.StartSpaces(t.Context(), filepath.Join(c.Bin, "spaces-apiserver")))(t)
	return &stage{Cluster: c, admin: c.Admin(t), replicas: [2]*controlplane.Process{c.Server, second}}
}

// at returns the same user, who talks to one replica and not to the kube-apiserver in front.
func (s *stage) at(t *testing.T, user cluster.Clients, replica int) cluster.Clients {
	t.Helper()
	return cluster.ClientsFor(t, s.DirectConfig(user.Config, s.replicas[replica]))
}

// spacesOf returns what the user works on Spaces by.
func spacesOf(user cluster.Clients) spacesclient.SpaceInterface {
	return user.Spaces.SpacesV1alpha1().Spaces()
}

// await returns when the condition has no error any more, or after the limit the last error that it had.
func await(ctx context.Context, limit time.Duration, condition func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, interval, limit, true, func(ctx context.Context) (bool, error) {
		err := condition(ctx)
		// That the time is over says nothing; what was wrong before does.
		if err == nil || ctx.Err() == nil {
			last = err
		}
		return err == nil, nil
	})
	if err != nil {
		return fmt.Errorf("%w after %s: %w", err, limit, last)
	}
	return nil
}

// sleep returns when the time has passed, or with the reason why the context has ended before.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// must returns the result of a call that is not expected to fail.
func must[T any](result T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
