// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package usage has accounts, and the ClusterQuota, say what is charged to them.
package usage

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/controller"
)

// calm is how long, at least, nothing is written after something has changed: very much may change at a time. It is up to
// twice as long, so that of several replicas one writes, and the others find that it is written.
const calm = 500 * time.Millisecond

// Accounts say what is charged to them.
type Accounts interface {
	// Tell has the namespace behind an account, or behind the ClusterQuota, say what is charged, and tells whether it is not
	// known yet. Errors are those of the kube-apiserver.
	Tell(ctx context.Context, namespace string) (unknown bool, err error)
}

// Accountant writes what is charged, a moment after that has changed. It is safe for concurrent use.
type Accountant struct {
	*controller.Controller
	accounts Accounts

	lock sync.Mutex
	// waiting are the namespaces that are told of, and have not been looked at since.
	waiting sets.Set[string]
}

// New returns an Accountant.
func New(accounts Accounts, now clock.WithTicker) *Accountant {
	a := &Accountant{accounts: accounts, waiting: sets.New[string]()}
	a.Controller = controller.New("usage", a.reconcile, now)
	return a
}

// Enqueue tells of a namespace behind an account, or behind the ClusterQuota, that may have to say something else.
func (a *Accountant) Enqueue(namespace string) {
	a.lock.Lock()
	defer a.lock.Unlock()
	if !a.waiting.Has(namespace) {
		a.waiting.Insert(namespace)
		a.EnqueueAfter(namespace, calm+rand.N(calm))
	}
}

func (a *Accountant) look(namespace string) {
	a.lock.Lock()
	defer a.lock.Unlock()
	a.waiting.Delete(namespace)
}

func (a *Accountant) reconcile(ctx context.Context, namespace string) (time.Duration, error) {
	a.look(namespace)
	unknown, err := a.accounts.Tell(ctx, namespace)
	switch {
	case apierrors.IsNotFound(err):
		return 0, nil
	case apierrors.IsConflict(err) || err == nil && unknown:
		return calm, nil
	case err != nil:
		return 0, fmt.Errorf("tell in the namespace %q what is charged: %w", namespace, err)
	default:
		return 0, nil
	}
}
