// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	applycorev1 "k8s.io/client-go/applyconfigurations/core/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// guardName is the name of the ResourceQuota and of the LimitRange.
const guardName = "spaces"

// resourceQuotas limit the Space to its quota: one does, or none if nothing is limited.
func resourceQuotas(space *spaces.Space) []*applycorev1.ResourceQuotaApplyConfiguration {
	hard := hardOf(space)
	if len(hard) == 0 {
		return nil
	}
	quota := applycorev1.ResourceQuota(guardName, space.Name).
		WithLabels(ourLabels()).
		WithSpec(applycorev1.ResourceQuotaSpec().WithHard(hard))
	return []*applycorev1.ResourceQuotaApplyConfiguration{quota}
}

// putQuota has the ResourceQuota say what the configuration does, as long as that is what the Space is to have: a process may be
// stopped for long, and what the Space had then may belong to others when it goes on. So the ResourceQuota is read first,
// then the Space, and what is written then is only written to what was read.
func (p *Provisioner) putQuota(ctx context.Context, config *applycorev1.ResourceQuotaApplyConfiguration, c contents) (*corev1.ResourceQuota, error) {
	kind := p.kinds.quotas
	if c.fresh {
		created, err := kind.create(ctx, config)
		if !apierrors.IsAlreadyExists(err) && !exceeds(err, guardName+",") {
			return created, kind.explain(err, "create", c.namespace, guardName)
		}
	}
	var quota *corev1.ResourceQuota
	var err error
	for range attempts {
		if quota, err = p.replaceQuota(ctx, config, c); !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err) {
			break
		}
	}
	return quota, kind.explain(err, "apply", c.namespace, guardName)
}

func (p *Provisioner) replaceQuota(ctx context.Context, config *applycorev1.ResourceQuotaApplyConfiguration, c contents) (*corev1.ResourceQuota, error) {
	in := p.kinds.quotas.in(c.namespace)
	before, err := in.Get(ctx, guardName, metav1.GetOptions{})
	isThere := !apierrors.IsNotFound(err)
	if isThere && err != nil {
		return nil, err
	}
	if err := p.Registry.Still(ctx, c.space); err != nil {
		return nil, err
	}
	if !isThere {
		return p.kinds.quotas.create(ctx, config)
	}
	conditional := *config
	return p.kinds.quotas.write(ctx, in, conditional.WithResourceVersion(before.ResourceVersion))
}

// annotationFreed is the annotation of the ResourceQuota that says up to which revision of its namespace the Space is charged
// no more than it allows.
const annotationFreed = spaces.ReservedKeyPrefix + "freed"

// Free tells whether the ResourceQuota allows no more than the Space is to have, as of that revision of its namespace. If so,
// nobody who has read the ResourceQuota before that can make it allow more.
func (p *Provisioner) Free(ctx context.Context, space *spaces.Space) (bool, error) {
	in := p.kinds.quotas.in(space.Name)
	found, err := in.Get(ctx, guardName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return true, nil
	}
	if err == nil && !allowsNoMore(found, hardOf(space)) {
		return false, nil
	}
	if err == nil {
		metav1.SetMetaDataAnnotation(&found.ObjectMeta, annotationFreed, space.ResourceVersion)
		_, err = p.kinds.quotas.update(ctx, in, found)
	}
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return false, nil
	}
	return err == nil, p.kinds.quotas.explain(err, "free", space.Name, guardName)
}

// allowsNoMore tells whether the quota allows no more, and enforces no more than that.
func allowsNoMore(found *corev1.ResourceQuota, hard corev1.ResourceList) bool {
	for name, most := range hard {
		for _, list := range []corev1.ResourceList{found.Spec.Hard, found.Status.Hard} {
			if amount, ok := list[name]; ok && amount.Cmp(most) > 0 {
				return false
			}
		}
	}
	return true
}

// hardOf returns a copy of what the Space is limited to, as precise as the kube-apiserver stores it.
func hardOf(space *spaces.Space) corev1.ResourceList {
	if space.Spec.Quota == nil {
		return nil
	}
	hard := space.Spec.Quota.Hard.DeepCopy()
	for name, quantity := range hard {
		quantity.RoundUp(resource.Milli)
		hard[name] = quantity
	}
	return hard
}

// limitRanges let containers that ask for nothing start under the quota: one does, or none if the quota does not refuse
// them anyway.
func limitRanges(space *spaces.Space) []*applycorev1.LimitRangeApplyConfiguration {
	hard, requests, limits := hardOf(space), corev1.ResourceList{}, corev1.ResourceList{}
	for _, usual := range usuals() {
		request, limit := usual.within(hard)
		if request != nil {
			requests[usual.name] = *request
		}
		if limit != nil {
			limits[usual.name] = *limit
		}
	}
	if len(requests) == 0 {
		return nil
	}
	item := applycorev1.LimitRangeItem().WithType(corev1.LimitTypeContainer).WithDefaultRequest(requests)
	if len(limits) > 0 {
		item.WithDefault(limits)
	}
	limitRange := applycorev1.LimitRange(guardName, space.Name).
		WithLabels(ourLabels()).
		WithSpec(applycorev1.LimitRangeSpec().WithLimits(item))
	return []*applycorev1.LimitRangeApplyConfiguration{limitRange}
}

// usual is what a container gets of a resource that it asks nothing of.
type usual struct {
	name           corev1.ResourceName
	request, limit *resource.Quantity
}

func usuals() []usual {
	return []usual{
		{
			name:    corev1.ResourceCPU,
			request: resource.NewMilliQuantity(100, resource.DecimalSI),
			limit:   resource.NewMilliQuantity(500, resource.DecimalSI),
		},
		{
			name:    corev1.ResourceMemory,
			request: resource.NewQuantity(128<<20, resource.BinarySI),
			limit:   resource.NewQuantity(512<<20, resource.BinarySI),
		},
		{
			name:    corev1.ResourceEphemeralStorage,
			request: resource.NewQuantity(1<<30, resource.BinarySI),
			limit:   resource.NewQuantity(2<<30, resource.BinarySI),
		},
	}
}

// within returns what a container gets, so that one alone fits into the quota; nil where the quota asks for nothing. A
// request is never above its limit, and has to be there with a limit, lest the kube-apiserver make it as high. A limit
// of zero would be none at all, so that where the quota has zero, nothing is limited and the quota refuses.
func (u usual) within(hard corev1.ResourceList) (request, limit *resource.Quantity) {
	if most, ok := hard["limits."+u.name]; ok && most.Sign() > 0 {
		limit = lower(u.limit, &most)
		request = lower(u.request, limit)
	}
	for _, name := range []corev1.ResourceName{"requests." + u.name, u.name} {
		most, ok := hard[name]
		switch {
		case ok && request == nil:
			request = lower(u.request, &most)
		case ok:
			request = lower(request, &most)
		}
	}
	return request, limit
}

func lower(a, b *resource.Quantity) *resource.Quantity {
	return slices.MinFunc([]*resource.Quantity{a, b}, func(a, b *resource.Quantity) int { return a.Cmp(*b) })
}
