// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package repair puts back what the platform has put into namespaces when somebody changes it.
package repair

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/klog/v2"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/controller"
)

// Keeper knows what is to be in namespaces. Errors are those of the kube-apiserver.
type Keeper interface {
	// Ensure has the namespace contain what it is to contain. It does nothing for one that is not ours, not in place yet,
	// or being deleted.
	Ensure(ctx context.Context, namespace string) error
	// Contest says of the namespace whether somebody keeps changing what is put back there.
	Contest(ctx context.Context, namespace string, contested bool) error
}

// Repairer puts back what was changed, within a moment. Where somebody changes it again and again it takes ever longer,
// up to a minute, and says so. It is safe for concurrent use.
type Repairer struct {
	*controller.Controller
	keeper Keeper
	fights *fights
}

// New returns a Repairer.
func New(keeper Keeper, now clock.WithTicker) *Repairer {
	r := &Repairer{keeper: keeper, fights: newFights(now)}
	r.Controller = controller.New("repair", r.reconcile, now)
	return r
}

// Changed tells of a namespace that something of ours was changed in, by whomever.
func (r *Repairer) Changed(namespace string) {
	r.EnqueueAfter(namespace, r.fights.delay(namespace))
}

// Planned tells of a namespace in which something else is to be from now on. That it changes then is no fight.
func (r *Repairer) Planned(namespace string) {
	r.fights.plan(namespace)
	r.Enqueue(namespace)
}

func (r *Repairer) reconcile(ctx context.Context, namespace string) (time.Duration, error) {
	err := r.keeper.Ensure(ctx, namespace)
	if apierrors.IsNotFound(err) {
		r.fights.forget(namespace)
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("repair namespace %q: %w", namespace, err)
	}
	contested, news, again := r.fights.state(namespace)
	if !news {
		return again, nil
	}
	klog.FromContext(ctx).V(2).Info("Whether repairs are contested has changed", "namespace", klog.KRef("", namespace), "contested", contested)
	if err := r.keeper.Contest(ctx, namespace, contested); err != nil && !apierrors.IsNotFound(err) {
		return 0, fmt.Errorf("report on namespace %q: %w", namespace, err)
	}
	r.fights.reported(namespace, contested)
	return again, nil
}
