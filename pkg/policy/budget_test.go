// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// charged returns a Space of the account with this quota.
func charged(account string, quota *spaces.Quota) *spaces.Space {
	return &spaces.Space{Spec: spaces.SpaceSpec{Account: account, Quota: quota}}
}

func TestCheckCharge(t *testing.T) {
	const (
		wantCPU  = `spec.quota.hard[requests.cpu]: Required value: account "red" has a budget of it for all its Spaces together, so each has to say how much it may have: name an amount, or ask the administrator for a default`
		wantPods = `spec.quota.hard[pods]: Required value: ClusterQuota "cluster" has a budget of it for all its Spaces together, so each has to say how much it may have: name an amount, or ask the administrator for a default`
	)
	budgets := []Budget{{Account: "red", Resources: []corev1.ResourceName{"requests.cpu"}}, {Resources: []corev1.ResourceName{"pods", "requests.cpu"}}}
	all := quota("pods", "5", "requests.cpu", "1")
	for name, tc := range map[string]struct {
		space, old *spaces.Space
		want       []string
	}{
		"a new Space that names all":                   {space: charged("red", all)},
		"a new Space that names more":                  {space: charged("red", quota("pods", "5", "requests.cpu", "1", "secrets", "1"))},
		"a new Space that names nothing":               {space: charged("red", nil), want: []string{wantCPU, wantPods}},
		"a new Space that names something":             {space: charged("red", quota("requests.cpu", "1")), want: []string{wantPods}},
		"nothing is an amount":                         {space: charged("red", quota("pods", "0", "requests.cpu", "0"))},
		"another name of it is another resource":       {space: charged("red", quota("pods", "5", "cpu", "1")), want: []string{wantCPU}},
		"a Space that is older than the budgets":       {old: charged("red", quota("secrets", "1")), space: charged("red", quota("secrets", "1"))},
		"one that never had a quota":                   {old: charged("red", nil), space: charged("red", &spaces.Quota{})},
		"one that is charged more of something":        {old: charged("red", quota("secrets", "1")), space: charged("red", quota("secrets", "2")), want: []string{wantCPU, wantPods}},
		"one that is charged less of something":        {old: charged("red", quota("pods", "2")), space: charged("red", quota("pods", "1")), want: []string{wantCPU}},
		"one that drops what it had":                   {old: charged("red", all), space: charged("red", quota("requests.cpu", "1")), want: []string{wantPods}},
		"one that comes to name all":                   {old: charged("red", nil), space: charged("red", all)},
		"one that comes from another account":          {old: charged("blue", quota("pods", "1")), space: charged("red", quota("pods", "1")), want: []string{wantCPU}},
		"one that comes from no account":               {old: charged("", nil), space: charged("red", nil), want: []string{wantCPU, wantPods}},
		"the same amount in other words is the same":   {old: charged("red", quota("secrets", "1000")), space: charged("red", quota("secrets", "1k"))},
		"what is all right may come from anywhere":     {old: charged("blue", nil), space: charged("red", all)},
		"a change of something else changes no charge": {old: charged("red", nil), space: &spaces.Space{Spec: spaces.SpaceSpec{Account: "red", TTL: ttl("1h")}}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, err := range CheckCharge(tc.space, tc.old, budgets) {
				got = append(got, err.Error())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
			if errs := CheckCharge(tc.space, tc.old, nil); len(errs) > 0 {
				t.Errorf("without budgets: %v", errs)
			}
		})
	}
}

func TestBudgets(t *testing.T) {
	account := &spaces.Account{ObjectMeta: metav1.ObjectMeta{Name: "red"}, Spec: spaces.AccountSpec{Quota: quota("spaces", "3", "requests.cpu", "1", "pods", "9")}}
	cluster := &spaces.ClusterQuotaSpec{
		Quota: quota("spaces", "30", "secrets", "9"), Overcommit: map[corev1.ResourceName]spaces.Percentage{"pods": "100%", "limits.cpu": "200%"},
	}
	before, clusterBefore := account.DeepCopy(), cluster.DeepCopy()
	for name, tc := range map[string]struct{ got, want Budget }{
		"an account":                  {AccountBudget(account), Budget{Account: "red", Resources: []corev1.ResourceName{"pods", "requests.cpu"}}},
		"an account without a budget": {AccountBudget(&spaces.Account{ObjectMeta: metav1.ObjectMeta{Name: "red"}}), Budget{Account: "red"}},
		"the cluster":                 {ClusterBudget(cluster), Budget{Resources: []corev1.ResourceName{"limits.cpu", "pods", "secrets"}}},
		"a cluster without a budget":  {ClusterBudget(&spaces.ClusterQuotaSpec{}), Budget{}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.got); diff != "" {
				t.Errorf("budget (-want +got):\n%s", diff)
			}
		})
	}
	if diff := cmp.Diff(before, account) + cmp.Diff(clusterBefore, cluster); diff != "" {
		t.Errorf("they have changed (-before +after):\n%s", diff)
	}
}
