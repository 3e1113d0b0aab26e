// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package storm holds three replicas to the budgets of accounts and of the cluster, while Spaces come, grow, move and go,
// budgets change, and replicas are killed or stopped: whoever reads the namespaces, event by event, never finds more than a
// budget has.
package storm

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
	"tenancy.example.io/spaces/test/controlplane"
)

var (
	seed     = flag.Uint64("seed", 0, "which operations and faults the dice are thrown for; 0 chooses a seed")
	duration = flag.Duration("duration", 45*time.Second, "how long the storm goes on")
	calm     = flag.Duration("calm", 6*time.Second, "how long it is at most from one fault to the next")
)

// accounts are those that pay. All are tenant's.
var accounts = []string{"red", "green", "blue"}

const tenant = "tenant"

// replica is one server of ours, and those who talk to it alone.
type replica struct {
	process       *controlplane.Process
	tenant, admin cluster.Clients
	trouble       trouble
}

// stage is a cluster with three replicas, and accounts.
type stage struct {
	*cluster.Cluster
	admin    cluster.Clients
	replicas []*replica
}

func newStage(t *testing.T) *stage {
	t.Helper()
	c := cluster.ForTest(t)
	for range 2 {
		must(c.StartSpaces(t.Context(), filepath.Join(c.Bin, "spaces-apiserver")))(t)
	}
	s := &stage{Cluster: c, admin: c.Admin(t)}
	user := c.As(t, tenant, "devs")
	for _, process := range c.Replicas() {
		s.replicas = append(s.replicas, &replica{
			process: process,
			tenant:  cluster.ClientsFor(t, c.DirectConfig(user.Config, process)),
			admin:   cluster.ClientsFor(t, c.DirectConfig(s.admin.Config, process)),
		})
	}
	for _, name := range accounts {
		account := &v1alpha1.Account{ObjectMeta: metav1.ObjectMeta{Name: name}}
		account.Spec.Subjects = []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: tenant}}
		must(s.admin.Spaces.SpacesV1alpha1().Accounts().Create(t.Context(), account, metav1.CreateOptions{}))(t)
		check(t, setBudget(t.Context(), s.admin, name, budget{spaces: 20, cpu: 30}))
	}
	check(t, setBudget(t.Context(), s.admin, theCluster, budget{spaces: 45, cpu: 70}))
	return s
}

// theCluster stands for an account where the budget is that of the cluster.
const theCluster = ""

// budget is one that the tests set: CPUs are whole.
type budget struct{ spaces, cpu int64 }

func setBudget(ctx context.Context, by cluster.Clients, account string, b budget) error {
	patch := fmt.Appendf(nil, `{"spec":{"quota":{"hard":{"spaces":"%d","requests.cpu":"%d"}}}}`, b.spaces, b.cpu)
	var err error
	if account == theCluster {
		_, err = by.Spaces.SpacesV1alpha1().ClusterQuotas().Patch(ctx, "cluster", types.MergePatchType, patch, metav1.PatchOptions{})
	} else {
		_, err = by.Spaces.SpacesV1alpha1().Accounts().Patch(ctx, account, types.MergePatchType, patch, metav1.PatchOptions{})
	}
	return err
}

// rolled returns dice of the seed, one for each number.
func rolled(seed, number uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, number)) }

// await returns when the condition has no error any more, or after the limit the last error that it had.
func await(ctx context.Context, limit time.Duration, condition func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, limit, true, func(ctx context.Context) (bool, error) {
		last = condition(ctx)
		return last == nil, nil
	})
	if err != nil {
		return errors.Join(fmt.Errorf("after %s: %w", limit, err), last)
	}
	return nil
}

// sleep returns whether the time has passed before the context ended.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

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
