// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"context"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/authentication/user"
	applycorev1 "k8s.io/client-go/applyconfigurations/core/v1"
	applynetworkingv1 "k8s.io/client-go/applyconfigurations/networking/v1"
	applyrbacv1 "k8s.io/client-go/applyconfigurations/rbac/v1"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// world is a cluster with one namespace, as far as a Provisioner knows it.
type world struct {
	*Provisioner
	journal *journal
	plan    Plan

	quotas   *store[*corev1.ResourceQuota, *corev1.ResourceQuotaList, *applycorev1.ResourceQuotaApplyConfiguration]
	limits   *store[*corev1.LimitRange, *corev1.LimitRangeList, *applycorev1.LimitRangeApplyConfiguration]
	policies *store[*networkingv1.NetworkPolicy, *networkingv1.NetworkPolicyList, *applynetworkingv1.NetworkPolicyApplyConfiguration]
	bindings *store[*rbacv1.RoleBinding, *rbacv1.RoleBindingList, *applyrbacv1.RoleBindingApplyConfiguration]

	// unseen is how often it is asked in vain who sees the namespace.
	unseen int
	// uncounted is how often the quota is read before others have counted it.
	uncounted int
	// lag is how many of the probes find the quota as it was before the status was written.
	lag int
	// before and after are the status of the quota before it was written, and as it is.
	before, after corev1.ResourceQuotaStatus
	// interrupt is done by somebody else just before the quota is probed, once.
	interrupt func()
	// changed is what is answered to who asks whether the Space is still the same.
	changed error
	// accounts are the names of ServiceAccounts that are there.
	accounts []string
}

// newWorld returns a world in which nothing is there, and nothing goes wrong.
func newWorld(plan Plan) *world {
	w := &world{journal: &journal{fails: map[string]error{}, once: map[string]error{}}, plan: plan}
	kinds := newKinds(nil)
	w.quotas = within(w.journal, &kinds.quotas, func(items []*corev1.ResourceQuota) *corev1.ResourceQuotaList {
		return &corev1.ResourceQuotaList{Items: values(items)}
	})
	w.limits = within(w.journal, &kinds.limits, func(items []*corev1.LimitRange) *corev1.LimitRangeList {
		return &corev1.LimitRangeList{Items: values(items)}
	})
	w.policies = within(w.journal, &kinds.policies, func(items []*networkingv1.NetworkPolicy) *networkingv1.NetworkPolicyList {
		return &networkingv1.NetworkPolicyList{Items: values(items)}
	})
	w.bindings = within(w.journal, &kinds.bindings, func(items []*rbacv1.RoleBinding) *rbacv1.RoleBindingList {
		return &rbacv1.RoleBindingList{Items: values(items)}
	})
	kinds.enforcers = func(string) enforcer { return w }
	kinds.accounts = func(string) accountCreator { return accounts{w} }
	w.Provisioner = &Provisioner{Config: Config{Planner: w, Registry: w, Reviewer: w, Clock: clock.RealClock{}}, kinds: kinds}
	return w
}

func values[T any](pointers []*T) []T {
	var items []T
	for _, pointer := range pointers {
		items = append(items, *pointer)
	}
	return items
}

// Plan implements Planner.
func (w *world) Plan(*spaces.Space) (Plan, error) { return w.plan, w.journal.add("plan") }

// Still implements Registry.
func (w *world) Still(context.Context, *spaces.Space) error { return w.changed }

// Sees implements Reviewer.
func (w *world) Sees(_ context.Context, caller user.Info, namespace string) (bool, error) {
	w.unseen--
	return w.unseen < 0, w.journal.add("review", caller.GetName(), namespace)
}

// Get implements enforcer.
func (w *world) Get(ctx context.Context, name string, opts metav1.GetOptions) (*corev1.ResourceQuota, error) {
	if err := w.journal.add("read ResourceQuota", name); err != nil {
		return nil, err
	}
	if w.uncounted--; w.uncounted == -1 {
		w.count(name)
	}
	return w.quotas.Get(ctx, name, opts)
}

// count has somebody else write the status of the quota: nothing is used.
func (w *world) count(name string) {
	w.quotas.lock.Lock()
	defer w.quotas.lock.Unlock()
	quota := w.quotas.objects[name]
	quota.Status = corev1.ResourceQuotaStatus{}
	charge(quota, true)
	w.before, w.after = w.after, quota.Status
}

// UpdateStatus implements enforcer.
func (w *world) UpdateStatus(_ context.Context, quota *corev1.ResourceQuota, _ metav1.UpdateOptions) (*corev1.ResourceQuota, error) {
	if err := w.journal.add("charge ResourceQuota", quota.Name); err != nil {
		return nil, err
	}
	w.quotas.lock.Lock()
	defer w.quotas.lock.Unlock()
	w.quotas.put(quota)
	w.before, w.after = w.after, w.quotas.objects[quota.Name].Status
	return w.quotas.copyOf(quota), nil
}

// Create implements enforcer.
func (w *world) Create(_ context.Context, quota *corev1.ResourceQuota, opts metav1.CreateOptions) (*corev1.ResourceQuota, error) {
	if err := w.journal.add("probe", quota.Name); err != nil || len(opts.DryRun) == 0 {
		return nil, err
	}
	if interrupt := w.interrupt; interrupt != nil {
		w.interrupt = nil
		interrupt()
	}
	status := w.after
	if w.lag--; w.lag >= 0 {
		status = w.before
	}
	if limit, ok := status.Hard["count/resourcequotas"]; ok && limit.IsZero() {
		return nil, exceeded("spaces")
	}
	return quota, nil
}

// conflict is how the kube-apiserver refuses to overwrite what somebody else has written.
func conflict() error {
	return apierrors.NewConflict(schema.GroupResource{Resource: "things"}, "spaces", errors.New("somebody else has written it"))
}

// exceeded is how the kube-apiserver refuses what a quota of that name does not allow.
func exceeded(quota string) error {
	return apierrors.NewForbidden(schema.GroupResource{Resource: "resourcequotas"}, "spaces-probe", fmt.Errorf(
		"exceeded quota: %s, requested: count/resourcequotas=1, used: count/resourcequotas=0, limited: count/resourcequotas=0", quota))
}

// accounts implements accountCreator.
type accounts struct{ *world }

func (a accounts) Create(_ context.Context, account *corev1.ServiceAccount, _ metav1.CreateOptions) (*corev1.ServiceAccount, error) {
	if err := a.journal.add("create ServiceAccount", account.Name); err != nil {
		return nil, err
	}
	if slices.Contains(a.accounts, account.Name) {
		return nil, apierrors.NewAlreadyExists(schema.GroupResource{Resource: "serviceaccounts"}, account.Name)
	}
	a.world.accounts = append(a.world.accounts, account.Name)
	return account, nil
}

// aPlan returns a plan that has something of everything.
func aPlan(edits ...func(*Plan)) Plan {
	plan := Plan{
		Space: &spaces.Space{
			ObjectMeta: metav1.ObjectMeta{Name: "a"},
			Spec:       spaces.SpaceSpec{Quota: &spaces.Quota{Hard: amounts("requests.cpu", "2", "pods", "5")}},
			Status:     spaces.SpaceStatus{Phase: spaces.SpaceActive, CreatedBy: "alice"},
		},
		Policy: spaces.SpacePolicy{
			ClusterRole:      spaces.ClusterRoleOwner,
			Access:           []spaces.Access{{ClusterRole: "view", Subjects: []rbacv1.Subject{group("sre")}}},
			NetworkIsolation: new(true),
			PodSecurity:      spaces.PodSecurityBaseline,
		},
		Subjects: []rbacv1.Subject{group("devs")},
	}
	for _, edit := range edits {
		edit(&plan)
	}
	return plan
}

func fresh(plan *Plan) { plan.Space.Status.Phase = spaces.SpaceProvisioning }

// amounts returns a list of the resources, each followed by its quantity.
func amounts(namesAndQuantities ...string) corev1.ResourceList {
	list := corev1.ResourceList{}
	for pair := range slices.Chunk(namesAndQuantities, 2) {
		list[corev1.ResourceName(pair[0])] = resource.MustParse(pair[1])
	}
	return list
}

func aUser(name string) rbacv1.Subject {
	return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name}
}

func group(name string) rbacv1.Subject {
	return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: name}
}
