// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/clock"

	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/namespacestore"
	"tenancy.example.io/spaces/pkg/quota"
	"tenancy.example.io/spaces/pkg/registry/account"
	"tenancy.example.io/spaces/pkg/registry/backing"
	"tenancy.example.io/spaces/pkg/registry/clusterquota"
)

// accountant implements usage.Accounts. It is safe for concurrent use.
type accountant struct {
	ledger     ledger
	books      *books
	namespaces namespaces
	accounts   account.Mapping
	quotas     clusterquota.Mapping
	// nodes returns what the nodes have for pods, or false if that is not known yet.
	nodes func() ([]corev1.ResourceList, bool)
	clock clock.PassiveClock
}

// statement is what an account, or the ClusterQuota, says of itself, and what it is to say.
type statement struct {
	object     runtime.Object
	mapping    namespacestore.Mapping
	generation int64
	spaces     *int32
	quota      **spacesapi.QuotaStatus
	conditions *[]metav1.Condition
	hard       corev1.ResourceList
	used       quota.Amounts
}

// Tell implements usage.Accounts. Who has not heard yet of what the namespace says leaves it to others: they know more.
func (a accountant) Tell(ctx context.Context, namespace string) (unknown bool, err error) {
	live, err := a.namespaces.Get(ctx, namespace, metav1.GetOptions{})
	if err != nil || live.DeletionTimestamp != nil {
		return false, err
	}
	revision, err := strconv.ParseUint(live.ResourceVersion, 10, 64)
	if err != nil || revision > a.books.heard.Load() {
		return true, err
	}
	s, unknown := a.statement(live)
	if s == nil || !s.amend(a.clock) {
		return unknown, nil
	}
	value, err := s.mapping.Encode(s.object, live)
	if err != nil {
		return false, err
	}
	_, err = a.namespaces.Annotate(ctx, live, namespacestore.Annotations{s.mapping.Annotation(): &value})
	return false, err
}

// statement returns that of the namespace, or nil if it can say nothing, or what is not known yet.
func (a accountant) statement(live *corev1.Namespace) (s *statement, unknown bool) {
	if live.Name == spacesapi.SystemNamespace {
		return a.ofCluster(live)
	}
	if !a.accounts.Shows(live) {
		return nil, false
	}
	one, ok := a.accounts.Decode(live).(*spacesapi.Account)
	if !ok || backing.HasReason(one.Status.Conditions, backing.ReasonUndecodable) {
		return nil, false
	}
	s = &statement{
		object: one, mapping: a.accounts, generation: one.Generation, spaces: &one.Status.Spaces, quota: &one.Status.Quota,
		conditions: &one.Status.Conditions, used: a.ledger.Account(one.Name).Used,
	}
	if one.Spec.Quota != nil {
		s.hard = one.Spec.Quota.Hard
	}
	return s, false
}

func (a accountant) ofCluster(live *corev1.Namespace) (s *statement, unknown bool) {
	one, ok := a.quotas.Decode(live).(*spacesapi.ClusterQuota)
	if !ok || backing.HasReason(one.Status.Conditions, backing.ReasonUndecodable) {
		return nil, false
	}
	s = &statement{
		object: one, mapping: a.quotas, generation: one.Generation, spaces: &one.Status.Spaces, quota: &one.Status.Quota,
		conditions: &one.Status.Conditions, used: a.ledger.Cluster().Used,
	}
	if one.Spec.Quota != nil {
		s.hard = one.Spec.Quota.Hard.DeepCopy()
	}
	if len(one.Spec.Overcommit) == 0 {
		return s, false
	}
	nodes, known := a.nodes()
	if !known {
		return nil, true
	}
	parts, err := quota.Overcommit(one.Spec.Overcommit, nodes...)
	if err != nil {
		return nil, false // validation does not let that be
	}
	if s.hard == nil {
		s.hard = corev1.ResourceList{}
	}
	maps.Copy(s.hard, parts)
	return s, false
}

// amend has it say what is charged, and tells whether it has not said that before.
func (s *statement) amend(now clock.PassiveClock) bool {
	count := s.used[quota.Spaces]
	total := int32(count.Value()) //nolint:gosec // there are not two thousand million namespaces
	charged := s.charged()
	told := *s.spaces == total && apiequality.Semantic.DeepEqual(*s.quota, charged)
	*s.spaces, *s.quota = total, charged
	return s.judge(now) || !told
}

// charged returns the budget, and what of it is used, and of CPU and memory in any case.
func (s *statement) charged() *spacesapi.QuotaStatus {
	status := &spacesapi.QuotaStatus{Hard: s.hard, Used: corev1.ResourceList{}}
	for name := range s.hard {
		status.Used[name] = s.used[name]
	}
	for _, name := range []corev1.ResourceName{corev1.ResourceRequestsCPU, corev1.ResourceRequestsMemory} {
		if used, ok := s.used[name]; ok {
			status.Used[name] = used
		}
	}
	if len(status.Used) == 0 {
		return nil
	}
	return status
}

// The condition that says whether a budget was lowered below what is charged, and its reasons.
const (
	conditionWithinQuota = "WithinQuota"
	reasonSufficient     = "Sufficient"
	reasonExceeded       = "Exceeded"
)

// judge says whether more is charged than the budget has, and tells whether that is news.
func (s *statement) judge(now clock.PassiveClock) bool {
	if len(s.hard) == 0 {
		return meta.RemoveStatusCondition(s.conditions, conditionWithinQuota)
	}
	condition := metav1.Condition{
		Type: conditionWithinQuota, Status: metav1.ConditionTrue, Reason: reasonSufficient, ObservedGeneration: s.generation,
		LastTransitionTime: metav1.NewTime(now.Now()), Message: "No more is charged than the budget has.",
	}
	usage := quota.Usage{Hard: quota.Amounts(s.hard), Used: s.used}
	if over := usage.Over(); len(over) > 0 {
		var texts []string
		for _, name := range over {
			used, hard := s.used[name], s.hard[name]
			texts = append(texts, fmt.Sprintf("%s: %s of %s", name, used.String(), hard.String()))
		}
		condition.Status, condition.Reason = metav1.ConditionFalse, reasonExceeded
		condition.Message = "More is charged than the budget has: " + strings.Join(texts, ", ") +
			". No Space is created with more of that, or gets more of it, until there is room: make Spaces smaller, delete some, or raise the budget."
	}
	return meta.SetStatusCondition(s.conditions, condition)
}
