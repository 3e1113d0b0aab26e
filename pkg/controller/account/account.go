// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package account ends accounts that are deleted together with their Spaces: the Spaces go first, and then the account.
package account

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/controller"
)

// lookEvery is how often it is looked whether the Spaces are gone. They take some seconds at least.
const lookEvery = time.Second

// Accounts knows the accounts that are deleted together with their Spaces.
type Accounts interface {
	// Ending tells whether there is such an account, and it is being deleted and waits for its Spaces.
	Ending(name string) bool
	// End deletes what there is of its Spaces, and lets the account go when there are none. It tells whether that is done.
	// Errors are those of the kube-apiserver.
	End(ctx context.Context, name string) (done bool, err error)
}

// Ender ends accounts. What it has begun another one completes, if the process ends. It is safe for concurrent use.
type Ender struct {
	*controller.Controller
	accounts Accounts
}

// New returns an Ender.
func New(accounts Accounts, now clock.WithTicker) *Ender {
	e := &Ender{accounts: accounts}
	e.Controller = controller.New("account", e.reconcile, now)
	return e
}

func (e *Ender) reconcile(ctx context.Context, name string) (time.Duration, error) {
	if !e.accounts.Ending(name) {
		return 0, nil
	}
	done, err := e.accounts.End(ctx, name)
	switch {
	case apierrors.IsNotFound(err) || err == nil && done:
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("end account %q: %w", name, err)
	default:
		return lookEvery, nil
	}
}
