// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	testclock "k8s.io/utils/clock/testing"

	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/quota"
	"tenancy.example.io/spaces/pkg/registry/account"
	"tenancy.example.io/spaces/pkg/registry/clusterquota"
)

// desk is a cluster with one namespace, whose annotations can be changed.
type desk struct {
	coreclient.NamespaceInterface

	namespace *corev1.Namespace
	writes    int
}

func (d *desk) Get(_ context.Context, name string, _ metav1.GetOptions) (*corev1.Namespace, error) {
	if name != d.namespace.Name {
		return nil, apierrors.NewNotFound(corev1.Resource("namespaces"), name)
	}
	return d.namespace.DeepCopy(), nil
}

func (d *desk) Patch(_ context.Context, _ string, _ types.PatchType, patch []byte, _ metav1.PatchOptions, _ ...string) (*corev1.Namespace, error) {
	d.writes++
	return d.namespace, json.Unmarshal(patch, d.namespace)
}

// said is what an account, or the ClusterQuota, says of what is charged to it.
type said struct {
	Spaces     int32
	Hard, Used map[corev1.ResourceName]string
	Within     metav1.ConditionStatus
	Message    string
}

// says returns what the namespace says in the end.
func (d *desk) says(t *testing.T, a accountant) said {
	t.Helper()
	statement, _ := a.statement(d.namespace)
	if statement == nil {
		t.Fatal("it says nothing")
	}
	got := said{Spaces: *statement.spaces}
	if charged := *statement.quota; charged != nil {
		got.Hard, got.Used = texts(charged.Hard), texts(charged.Used)
	}
	for _, condition := range *statement.conditions {
		got.Within, got.Message = condition.Status, condition.Message
	}
	return got
}

// accounting returns an accountant of a cluster in which two Spaces of the account red have a pod each, and one CPU together.
func accounting(desk *desk, nodes func() ([]corev1.ResourceList, bool)) accountant {
	desk.namespace.ResourceVersion = "5"
	ledger := newLedger(nil)
	for name, hard := range map[string]corev1.ResourceList{
		"a": {corev1.ResourcePods: resource.MustParse("1"), corev1.ResourceRequestsCPU: resource.MustParse("1")},
		"b": {corev1.ResourcePods: resource.MustParse("1")},
	} {
		ledger.Observe(quota.Observed{Space: name, Granted: &quota.Claim{Account: "red", Amounts: quota.Of(hard)}}, 1)
	}
	books := newBooks(ledger, listeners{func(string) {}, func(string) {}})
	books.heard.Store(5)
	return accountant{
		ledger: ledger, books: books, namespaces: namespaces{NamespaceInterface: desk}, accounts: account.NewMapping(codec()),
		quotas: clusterquota.NewMapping(codec()), nodes: nodes, clock: testclock.NewFakePassiveClock(time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)),
	}
}

func TestAccountantTellsWhatIsCharged(t *testing.T) {
	const enough = "No more is charged than the budget has."
	const more = ". No Space is created with more of that, or gets more of it, until there is room: make Spaces smaller, delete some, or raise the budget."
	half := spacesapi.ClusterQuotaSpec{Overcommit: map[corev1.ResourceName]spacesapi.Percentage{corev1.ResourceRequestsCPU: "50%"}}
	for name, tc := range map[string]struct {
		namespace *corev1.Namespace
		want      said
	}{
		"an account without a budget": {
			namespace: homeOf(t, "red", spacesapi.AccountSpec{}),
			want:      said{Spaces: 2, Used: map[corev1.ResourceName]string{"requests.cpu": "1"}},
		},
		"an account with room": {
			namespace: homeOf(t, "red", spacesapi.AccountSpec{Quota: budget("3")}),
			want:      said{Spaces: 2, Hard: map[corev1.ResourceName]string{"pods": "3"}, Used: map[corev1.ResourceName]string{"pods": "2", "requests.cpu": "1"}, Within: "True", Message: enough},
		},
		"an account whose budget was lowered": {
			namespace: homeOf(t, "red", spacesapi.AccountSpec{Quota: budget("1")}),
			want: said{
				Spaces: 2, Hard: map[corev1.ResourceName]string{"pods": "1"}, Used: map[corev1.ResourceName]string{"pods": "2", "requests.cpu": "1"}, Within: "False",
				Message: "More is charged than the budget has: pods: 2 of 1" + more,
			},
		},
		"an account to which nothing is charged": {
			namespace: homeOf(t, "blue", spacesapi.AccountSpec{Quota: budget("1")}),
			want:      said{Hard: map[corev1.ResourceName]string{"pods": "1"}, Used: map[corev1.ResourceName]string{"pods": "0"}, Within: "True", Message: enough},
		},
		"the cluster": {
			namespace: systemSaying(t, spacesapi.ClusterQuotaSpec{Quota: budget("2")}),
			want:      said{Spaces: 2, Hard: map[corev1.ResourceName]string{"pods": "2"}, Used: map[corev1.ResourceName]string{"pods": "2", "requests.cpu": "1"}, Within: "True", Message: enough},
		},
		"a part of the nodes": {
			namespace: systemSaying(t, half),
			want: said{
				Spaces: 2, Hard: map[corev1.ResourceName]string{"requests.cpu": "500m"}, Used: map[corev1.ResourceName]string{"requests.cpu": "1"}, Within: "False",
				Message: "More is charged than the budget has: requests.cpu: 1 of 500m" + more,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			desk := &desk{namespace: tc.namespace}
			a := accounting(desk, func() ([]corev1.ResourceList, bool) {
				return []corev1.ResourceList{{corev1.ResourceCPU: resource.MustParse("1")}}, true
			})
			for range 2 {
				if unknown, err := a.Tell(t.Context(), tc.namespace.Name); unknown || err != nil {
					t.Fatalf("unknown: %v, error: %v", unknown, err)
				}
			}
			if diff := cmp.Diff(tc.want, desk.says(t, a)); diff != "" {
				t.Errorf("it says (-want +got):\n%s", diff)
			}
			if desk.writes != 1 {
				t.Errorf("told by %d writes, want one: it says that then", desk.writes)
			}
		})
	}
}

func TestAccountantDoesNotTell(t *testing.T) {
	gone := homeOf(t, "red", spacesapi.AccountSpec{})
	gone.DeletionTimestamp = new(metav1.Now())
	part := systemSaying(t, spacesapi.ClusterQuotaSpec{Overcommit: map[corev1.ResourceName]spacesapi.Percentage{corev1.ResourceRequestsCPU: "50%"}})
	for name, tc := range map[string]struct {
		namespace *corev1.Namespace
		heard     uint64
		unknown   bool
	}{
		"what is being deleted":               {namespace: gone, heard: 5},
		"what is no account any more":         {namespace: bare(spacesapi.AccountHome("red")), heard: 5},
		"what cannot be read":                 {namespace: spoilt(spacesapi.AccountHome("red")), heard: 5},
		"the cluster, which cannot be read":   {namespace: spoilt(spacesapi.SystemNamespace), heard: 5},
		"before it has heard of what is said": {namespace: homeOf(t, "red", spacesapi.AccountSpec{}), heard: 4, unknown: true},
		"before it knows the nodes":           {namespace: part, heard: 5, unknown: true},
	} {
		t.Run(name, func(t *testing.T) {
			desk := &desk{namespace: tc.namespace}
			a := accounting(desk, func() ([]corev1.ResourceList, bool) { return nil, false })
			a.books.heard.Store(tc.heard)
			unknown, err := a.Tell(t.Context(), tc.namespace.Name)
			if unknown != tc.unknown || err != nil {
				t.Errorf("unknown: %v, error: %v, want %v and none", unknown, err, tc.unknown)
			}
			if desk.writes > 0 {
				t.Errorf("it has written %d times", desk.writes)
			}
		})
	}
}
