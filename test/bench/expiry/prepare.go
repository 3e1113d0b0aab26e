// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package expiry

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// makers is how many are made at a time.
const makers = 16

const (
	aloneName = "expires-alone"
	crowdName = "expires-crowd"
	emptyName = "expires-empty"
	keptName  = "expires-later"
	probeName = "expires-never"

	// deleter is the user that the bare client is, and the name of its role.
	deleter = "bench-deleter"
)

func nameOf(kind string, n int) string { return fmt.Sprintf("%s-%d", kind, n) }

// make makes the Spaces, which do not expire yet, and the empty namespaces.
func (b *bench) make(ctx context.Context) error {
	fmt.Fprintf(b.Out, "Making %d Spaces, and %d namespaces\n", (expiring+deleting)*b.Count+b.Alone, deleting*b.Count)
	long := v1alpha1.Duration("24h")
	space := func(ctx context.Context, name string) error {
		_, err := b.spaces.Create(ctx, &v1alpha1.Space{
			ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.SpaceSpec{TTL: &long},
		}, metav1.CreateOptions{})
		return err
	}
	return errors.Join(
		b.letDelete(ctx),
		space(ctx, probeName),
		inParallel(ctx, makers, 0, b.Alone, func(ctx context.Context, n int) error { return space(ctx, nameOf(aloneName, n)) }),
		inParallel(ctx, makers, 0, expiring*b.Count, func(ctx context.Context, n int) error { return space(ctx, nameOf(crowdName, n)) }),
		inParallel(ctx, makers, 0, deleting*b.Count, func(ctx context.Context, n int) error { return space(ctx, nameOf(keptName, n)) }),
		inParallel(ctx, makers, 0, deleting*b.Count, func(ctx context.Context, n int) error { return b.makeEmpty(ctx, nameOf(emptyName, n)) }),
	)
}

func (b *bench) makeEmpty(ctx context.Context, name string) error {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	_, err := b.kube.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{})
	return err
}

// letDelete lets the bare client delete namespaces.
func (b *bench) letDelete(ctx context.Context) error {
	_, errRole := b.kube.RbacV1().ClusterRoles().Create(ctx, &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: deleter},
		Rules:      []rbacv1.PolicyRule{{Verbs: []string{"delete"}, APIGroups: []string{""}, Resources: []string{"namespaces"}}},
	}, metav1.CreateOptions{})
	_, errBinding := b.kube.RbacV1().ClusterRoleBindings().Create(ctx, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: deleter},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: deleter},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: deleter}},
	}, metav1.CreateOptions{})
	return errors.Join(errRole, errBinding)
}

// renewals is how often it is tried to hit a second.
const renewals = 5

// expireAt has the Space expire at that second. It is the server's clock that counts, which may begin another second while
// the renewal is on its way.
func (b *bench) expireAt(ctx context.Context, name string, moment time.Time) error {
	var at *metav1.Time
	for range renewals {
		ttl := v1alpha1.Duration(time.Until(moment).Truncate(time.Second).String())
		renewal, err := b.spaces.Renew(ctx, name, &v1alpha1.SpaceRenewal{Spec: v1alpha1.SpaceRenewalSpec{TTL: &ttl}}, metav1.CreateOptions{})
		if err != nil {
			return err
		}
		if at = renewal.Status.ExpiresAt; at != nil && at.Time.Equal(moment) {
			return nil
		}
	}
	return fmt.Errorf("the Space %q expires at %v, not at %v", name, at, moment)
}

// inParallel does the work for each number from first up to last, which is not among them, with so many workers.
func inParallel(ctx context.Context, workers, first, last int, work func(ctx context.Context, n int) error) error {
	var next atomic.Int64
	next.Store(int64(first))
	errs := make([]error, workers)
	var working sync.WaitGroup
	for i := range workers {
		working.Go(func() {
			for n := next.Add(1) - 1; n < int64(last) && errs[i] == nil; n = next.Add(1) - 1 {
				errs[i] = work(ctx, int(n))
			}
		})
	}
	working.Wait()
	return errors.Join(errs...)
}
