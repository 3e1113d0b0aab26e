// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/test/cluster"
)

var lastRounds = flag.Int("last-rounds", 100, "how often TestTheLastOneIsGrantedOnce has many ask for the last one")

// trio are three replicas, and what one user reaches each of them by.
type trio struct {
	*cluster.Cluster
	admin cluster.Clients
	at    []cluster.Clients
}

// newTrio returns replicas for a user who has an account of its own name.
func newTrio(t *testing.T, account string, budget ...string) trio {
	t.Helper()
	c := cluster.ForTest(t)
	for range 2 {
		must(c.StartSpaces(t.Context(), filepath.Join(c.Bin, "spaces-apiserver")))(t)
	}
	three := trio{Cluster: c, admin: c.Admin(t)}
	alice := c.As(t, account, "devs")
	for _, replica := range c.Replicas() {
		three.at = append(three.at, cluster.ClientsFor(t, c.DirectConfig(alice.Config, replica)))
	}
	createAccount(t, three.admin, account, withSubjects(user(account)), withBudget(quota(budget...)))
	three.raise(t, account, 0)
	return three
}

// raise has the account have so many Spaces, and returns when all replicas know that.
func (three trio) raise(t *testing.T, account string, spaces int) {
	t.Helper()
	raised := patchAccount(t, three.admin, account, fmt.Sprintf(`{"spec":{"quota":{"hard":{"spaces":"%d"}}}}`, spaces))
	for _, client := range three.at {
		eventually(t, "the replica knows", func(ctx context.Context) error {
			known, err := accountsOf(client).Get(ctx, account, metav1.GetOptions{})
			if err == nil && known.Generation < raised.Generation {
				err = fmt.Errorf("it knows %+v", known.Spec.Quota)
			}
			return err
		})
	}
}

// Of fifty who ask three replicas for the last Space of a budget at the same time one gets it, and the others are told that
// there is none.
func TestTheLastOneIsGrantedOnce(t *testing.T) {
	t.Parallel()
	const account, many = "last", 50
	three := newTrio(t, account)
	for round := range *lastRounds {
		three.raise(t, account, round+1)
		errs := make([]error, many)
		var asking sync.WaitGroup
		for n := range many {
			asking.Go(func() {
				space := newSpace(fmt.Sprintf("last-%d-%d", round, n), withAccount(account))
				_, errs[n] = spacesOf(three.at[n%3]).Create(t.Context(), space, metav1.CreateOptions{})
			})
		}
		asking.Wait()
		granted := 0
		for _, err := range errs {
			switch {
			case err == nil:
				granted++
			case !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "spaces: asked for 1, left 0 of "):
				t.Errorf("round %d: %v", round, err)
			}
		}
		if granted != 1 {
			t.Fatalf("round %d: %d were granted", round, granted)
		}
	}
	wantCharged(t, three, account, *lastRounds)
}

// wantCharged returns when the account says that so many Spaces are charged, which there are.
func wantCharged(t *testing.T, three trio, account string, want int) {
	t.Helper()
	list := must(spacesOf(three.admin).List(t.Context(), metav1.ListOptions{LabelSelector: accountLabel + "=" + account}))(t)
	if len(list.Items) != want {
		t.Errorf("there are %d Spaces, want %d", len(list.Items), want)
	}
	eventually(t, "the account says so", func(ctx context.Context) error {
		told, err := accountsOf(three.admin).Get(ctx, account, metav1.GetOptions{})
		if err == nil && int(told.Status.Spaces) != want {
			err = fmt.Errorf("it says %d, and not %d", told.Status.Spaces, want)
		}
		return err
	})
}

// A replica that is stopped in the middle of a creation, for as long as it likes, cannot take what others were granted since;
// and what it was about to create is there, or is not charged.
func TestAStoppedReplicaCannotOverspend(t *testing.T) {
	t.Parallel()
	const account = "stopped"
	three := newTrio(t, account)
	victim := three.Replicas()[2]
	for round := range 5 {
		three.raise(t, account, round+1)
		var asking sync.WaitGroup
		errs := make([]error, 30)
		for n := range errs {
			asking.Go(func() {
				space := newSpace(fmt.Sprintf("stopped-%d-%d", round, n), withAccount(account))
				_, errs[n] = spacesOf(three.at[n%3]).Create(t.Context(), space, metav1.CreateOptions{})
			})
			if n == 15 {
				check(t, victim.Signal(syscall.SIGSTOP))
			}
		}
		eventually(t, "somebody has it", func(ctx context.Context) error {
			list, err := spacesOf(three.admin).List(ctx, metav1.ListOptions{LabelSelector: accountLabel + "=" + account})
			if err == nil && len(list.Items) < round+1 {
				err = errors.New("nobody has it")
			}
			return err
		})
		check(t, victim.Signal(syscall.SIGCONT))
		asking.Wait()
		granted := 0
		for _, err := range errs {
			if err == nil {
				granted++
			}
		}
		// Whoever was interrupted may not have been told of its own.
		if granted > 1 {
			t.Fatalf("round %d: %d were granted", round, granted)
		}
		wantCharged(t, three, account, round+1)
	}
}
