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

// Enforced returns what the ResourceQuota of the Space lets everything in it take, if not as much as it says already, then as
// much as it said before; nil if there is none.
func (p *Provisioner) Enforced(ctx context.Context, space string) (corev1.ResourceList, error) {
	found, err := p.kinds.quotas.in(space).Get(ctx, guardName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, p.kinds.quotas.explain(err, "get", space, guardName)
	}
	enforced := found.Spec.Hard.DeepCopy()
	for name, before := range found.Status.Hard {
		if now, ok := enforced[name]; ok && now.Cmp(before) < 0 {
			enforced[name] = before
		}
	}
	return enforced, nil
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
