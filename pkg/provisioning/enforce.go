// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/clock"
)

// countPatience is how long a new quota waits to be counted by the kube-controller-manager.
const countPatience = 200 * time.Millisecond

// bar is a resource of which a quota allows none, while we look whether that is enforced. Nobody else creates it here.
const bar corev1.ResourceName = "count/resourcequotas"

// bars are the resources by which a quota may limit ResourceQuotas.
func bars() []corev1.ResourceName { return []corev1.ResourceName{bar, corev1.ResourceQuotas} }

// enforcer is what is used of the typed client of ResourceQuotas besides.
type enforcer interface {
	Get(ctx context.Context, name string, opts metav1.GetOptions) (*corev1.ResourceQuota, error)
	Create(ctx context.Context, quota *corev1.ResourceQuota, opts metav1.CreateOptions) (*corev1.ResourceQuota, error)
	UpdateStatus(ctx context.Context, quota *corev1.ResourceQuota, opts metav1.UpdateOptions) (*corev1.ResourceQuota, error)
}

// enforcement brings one quota into force.
type enforcement struct {
	in    enforcer
	clock clock.PassiveClock
	// quota is as it was read or written last.
	quota *corev1.ResourceQuota
	// patience ends when others have had time enough to count.
	patience time.Time
}

// charged has everything limited that the spec names. What is not counted yet counts as used.
func (e enforcement) charged(ctx context.Context) error {
	for charge(e.quota, false) {
		if written, err := e.write(ctx); written || err != nil {
			return err
		}
	}
	return nil
}

// inForce returns when the quota limits its namespace, which is fresh. That it is written is not enough, as two others
// lag behind.
//
// The kube-apiserver enforces the status, which the kube-controller-manager writes some time after the spec. For that it
// counts, once for each new quota. If it did so while the first objects are created, it might count by caches that do
// not have them yet, and write that over what the kube-apiserver has counted. So it is let count first; but it may be
// away, or have much to do.
//
// And the kube-apiserver enforces what its own cache has, which is a moment old. So the status bars something until that
// is refused, and then allows it until it is not. Where there are several kube-apiservers, this is about those that
// answer.
func (e enforcement) inForce(ctx context.Context) error {
	if err := poll(ctx, e.counted); err != nil {
		return fmt.Errorf("wait until it is counted: %w", err)
	}
	if slices.ContainsFunc(bars(), func(bar corev1.ResourceName) bool { return e.limits(bar) }) {
		return nil
	}
	for _, barred := range []bool{true, false} {
		if err := poll(ctx, func(ctx context.Context) (bool, error) { return e.settled(ctx, barred) }); err != nil {
			return fmt.Errorf("wait until it is enforced: %w", err)
		}
	}
	return nil
}

func (e enforcement) limits(name corev1.ResourceName) bool {
	_, ok := e.quota.Spec.Hard[name]
	return ok
}

// counted tells whether the status limits all that the spec names. If it does not for too long, it is made to.
func (e enforcement) counted(ctx context.Context) (bool, error) {
	if len(uncharged(e.quota)) == 0 {
		return true, nil
	}
	if e.clock.Now().Before(e.patience) {
		return false, e.read(ctx)
	}
	charge(e.quota, true)
	return e.write(ctx)
}

// settled tells whether the kube-apiserver enforces a status that bars, or one that does not.
func (e enforcement) settled(ctx context.Context, barred bool) (bool, error) {
	if setBar(e.quota, barred) {
		if written, err := e.write(ctx); err != nil || !written {
			return false, err
		}
	}
	settled, err := e.probe(ctx, barred)
	if err != nil || settled {
		return settled, err
	}
	return false, e.read(ctx)
}

// probe tells whether the kube-apiserver refuses what the status bars, or else allows it. It is asked for a quota like
// this one, which whatever else is asked there has let pass.
func (e enforcement) probe(ctx context.Context, barred bool) (bool, error) {
	another := &corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Name: e.quota.Name + "-probe", Labels: e.quota.Labels},
		Spec:       e.quota.Spec,
	}
	_, err := e.in.Create(ctx, another, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldManager: FieldManager})
	switch {
	case exceeds(err, e.quota.Name+","):
		return barred, nil
	case exceeds(err, ""):
		// Nothing can be seen behind a quota of others, which does the same all the time.
		return true, nil
	default:
		return !barred, err
	}
}

// exceeds tells whether the error is that of a quota whose name begins like that. There is no code for it.
func exceeds(err error, name string) bool {
	return apierrors.IsForbidden(err) && strings.Contains(err.Error(), "exceeded quota: "+name)
}

func (e enforcement) read(ctx context.Context) error {
	quota, err := e.in.Get(ctx, e.quota.Name, metav1.GetOptions{})
	if err == nil {
		*e.quota = *quota
	}
	return err
}

// write writes the status. If somebody else has written the quota in between, it reads that instead.
func (e enforcement) write(ctx context.Context) (bool, error) {
	quota, err := e.in.UpdateStatus(ctx, e.quota, metav1.UpdateOptions{FieldManager: FieldManager})
	if apierrors.IsConflict(err) {
		return false, e.read(ctx)
	}
	if err == nil {
		*e.quota = *quota
	}
	return err == nil, err
}

// setBar has the quota bar or not, and tells whether it did not before.
func setBar(quota *corev1.ResourceQuota, barred bool) bool {
	_, before := quota.Status.Hard[bar]
	if barred {
		quota.Status.Hard[bar], quota.Status.Used[bar] = resource.Quantity{}, resource.Quantity{}
	} else {
		delete(quota.Status.Hard, bar)
		delete(quota.Status.Used, bar)
	}
	return before != barred
}

// uncharged returns what the spec limits and the status does not.
func uncharged(quota *corev1.ResourceQuota) []corev1.ResourceName {
	var names []corev1.ResourceName
	for name := range quota.Spec.Hard {
		if _, ok := quota.Status.Hard[name]; !ok {
			names = append(names, name)
		}
	}
	return names
}

// charge has the status limit what it did not, and tells whether there was any of it. Nothing of that is used in a fresh
// namespace. In another one all of it is, until the kube-controller-manager has counted.
func charge(quota *corev1.ResourceQuota, fresh bool) bool {
	names, status := uncharged(quota), &quota.Status
	if status.Hard == nil || status.Used == nil {
		status.Hard, status.Used = corev1.ResourceList{}, corev1.ResourceList{}
	}
	for _, name := range names {
		limit := quota.Spec.Hard[name]
		status.Hard[name], status.Used[name] = limit, limit
		if fresh {
			status.Used[name] = *resource.NewQuantity(0, limit.Format)
		}
	}
	return len(names) > 0
}

// poll asks until the answer is yes.
func poll(ctx context.Context, ask wait.ConditionWithContextFunc) error {
	return wait.PollUntilContextTimeout(ctx, admissionPoll, admissionTimeout, true, ask)
}
