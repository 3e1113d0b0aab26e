// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	applycorev1 "k8s.io/client-go/applyconfigurations/core/v1"
)

// defaultServiceAccount is the name of the ServiceAccount of pods that name none.
const defaultServiceAccount = "default"

// guard puts everything in force that limits what can be done in the Space, and what the first pod needs.
func (p *Provisioner) guard(ctx context.Context, c contents) error {
	var tasks []func() error
	for _, quota := range c.quotas {
		tasks = append(tasks, func() error { return p.limit(ctx, quota, c) })
	}
	for _, limits := range c.limits {
		tasks = append(tasks, func() error { return discard(p.kinds.limits.put(ctx, limits, c.fresh)) })
	}
	for _, policy := range c.policies {
		tasks = append(tasks, func() error { return discard(p.kinds.policies.put(ctx, policy, c.fresh)) })
	}
	if c.fresh {
		tasks = append(tasks, func() error { return p.giveServiceAccount(ctx, c.namespace, defaultServiceAccount) })
	}
	return parallel(tasks...)
}

// limit puts the quota in force.
func (p *Provisioner) limit(ctx context.Context, config *applycorev1.ResourceQuotaApplyConfiguration, c contents) error {
	quota, err := p.putQuota(ctx, config, c)
	if err != nil {
		return err
	}
	e := enforcement{
		in:       p.kinds.enforcers(quota.Namespace),
		clock:    p.Clock,
		quota:    quota,
		patience: p.Clock.Now().Add(countPatience),
	}
	if c.fresh {
		err = e.inForce(ctx)
	} else {
		err = e.charged(ctx)
	}
	return p.kinds.quotas.explain(err, "enforce", quota.Namespace, quota.Name)
}

// giveServiceAccount creates the ServiceAccount, unless it is there. It is not ours from then on. Without the default one
// pods are refused; the kube-controller-manager would make it a moment later.
func (p *Provisioner) giveServiceAccount(ctx context.Context, namespace, name string) error {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}
	_, err := p.kinds.accounts(namespace).Create(ctx, account, metav1.CreateOptions{FieldManager: FieldManager})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("create ServiceAccount %q in namespace %q: %w", name, namespace, err)
	}
	return nil
}

// admit grants what is to be granted in the Space.
func (p *Provisioner) admit(ctx context.Context, c contents) error {
	var tasks []func() error
	for _, grant := range c.grants {
		tasks = append(tasks, func() error { return discard(p.kinds.bindings.put(ctx, grant.binding(c.namespace), c.fresh)) })
	}
	return parallel(tasks...)
}

// revoke takes away what is granted by bindings of ours and shall not be. It grants nothing, and returns what is optional, was
// granted with another role, and shall be with this one.
func (p *Provisioner) revoke(ctx context.Context, c contents) (again []grant, err error) {
	bindings, err := p.kinds.bindings.managed(ctx, c.namespace)
	if err != nil {
		return nil, err
	}
	var tasks []func() error
	allowed := slices.Concat(c.grants, c.optional)
	for _, binding := range bindings {
		tasks = append(tasks, func() error { return p.narrow(ctx, binding, rest(binding, allowed)) })
		again = append(again, withOtherRole(binding, c.optional)...)
	}
	return again, parallel(tasks...)
}

// withOtherRole returns those of the grants that the binding is for, but with another role.
func withOtherRole(binding *rbacv1.RoleBinding, grants []grant) []grant {
	return slices.DeleteFunc(slices.Clone(grants), func(g grant) bool {
		return g.name != binding.Name || g.roleRef() == binding.RoleRef
	})
}

// narrow leaves only these subjects in the binding.
func (p *Provisioner) narrow(ctx context.Context, binding *rbacv1.RoleBinding, subjects []rbacv1.Subject) error {
	switch len(subjects) {
	case 0:
		return p.kinds.bindings.remove(ctx, binding)
	case len(binding.Subjects):
		return nil
	}
	binding.Subjects = subjects
	return p.kinds.bindings.replace(ctx, binding)
}

// relax removes the guards that the Space is not to have any more.
func (p *Provisioner) relax(ctx context.Context, c contents) error {
	return parallel(
		func() error { return p.kinds.quotas.prune(ctx, c.namespace, c.quotas) },
		func() error { return p.kinds.limits.prune(ctx, c.namespace, c.limits) },
		func() error { return p.kinds.policies.prune(ctx, c.namespace, c.policies) },
	)
}

// parallel runs the tasks at the same time, and all of them to their end. It returns their errors, in their order.
func parallel(tasks ...func() error) error {
	errs := make([]error, len(tasks))
	var running sync.WaitGroup
	for i, task := range tasks {
		running.Go(func() { errs[i] = task() })
	}
	running.Wait()
	return errors.Join(errs...)
}

func discard[T any](_ T, err error) error { return err }
