// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

func withBudget(quota *v1alpha1.Quota) func(*v1alpha1.Account) {
	return func(account *v1alpha1.Account) { account.Spec.Quota = quota }
}

// What a budget limits, each Space has to name, in whatever way it comes.
func TestBudgetsHaveToBeNamed(t *testing.T) {
	t.Parallel()
	name := unique("accounts-budget")
	admin := shared.Admin(t)
	createAccount(t, admin, name, withSubjects(group(name)))
	tenant := newTenant(t, name+"-tenant", name)
	older := tenant.space(t, name, withAccount(name))
	patchAccount(t, admin, name, `{"spec":{"quota":{"hard":{"spaces":"100","pods":"1000"}}}}`)
	unnamed := invalid("spec.quota.hard[pods]", `account "`+name+`" has a budget of it for all its Spaces together`)
	for _, way := range ways {
		if !way.creates {
			continue
		}
		tenant.asks(t, way, name, members{"quota": hard("secrets", "5")}).refused(t, unnamed)
		if got := tenant.asks(t, way, name, members{"quota": hard("pods", "5")}); !got.fine() {
			t.Errorf("%s: %d %s", way.name, got.code, got.body)
		}
	}
	toOlder := func(patch members) reply {
		return tenant.do(t, merge(spacesPath+"/"+older.Name, patch.String()))
	}
	if got := toOlder(members{"metadata": members{"labels": pairs("team", "red")}, "spec": members{"ttl": "2h"}}); !got.fine() {
		t.Errorf("what is charged nothing of it changes something else: %d %s", got.code, got.body)
	}
	toOlder(members{"spec": members{"quota": hard("secrets", "5")}}).refused(t, unnamed)
	patchAccount(t, admin, name, `{"spec":{"space":{"defaultQuota":{"hard":{"pods":"3"}}}}}`)
	got := toOlder(members{"spec": members{"quota": hard("secrets", "5")}})
	if diff := cmp.Diff(pairs("pods", "3", "secrets", "5"), amounts(got.space(t).Spec.Quota)); diff != "" {
		t.Errorf("with a default it has the quota (-want +got):\n%s", diff)
	}
	if got := amounts(tenant.space(t, unique(name), withAccount(name)).Spec.Quota); got["pods"] != "3" {
		t.Errorf("a new Space has the quota %v", got)
	}
}

// A namespace that becomes a Space names what the cluster has a budget of, and so does a Space of no account.
func TestBudgetsOfTheCluster(t *testing.T) {
	t.Parallel()
	c := cluster.ForTest(t)
	admin := c.Admin(t)
	createAccount(t, admin, "red", withSubjects(user("alice")))
	createNamespace(t, admin, "adopted", nil)
	older := createSpace(t, admin, newSpace("older", withAccount("red")))
	runKubectl(t, c, "admin", "patch", "clusterquota", "cluster", "--type=merge", "--patch",
		`{"metadata":{"annotations":{"spaces.tenancy.example.io/contact":"sre@example.org"}},"spec":{"quota":{"hard":{"secrets":"100"}},"overcommit":{"requests.cpu":"150%"}}}`)
	adopt := func(quota string) error {
		_, err := spacesOf(admin).Patch(t.Context(), "adopted", types.MergePatchType, []byte(`{"spec":{"account":"red"`+quota+`}}`), metav1.PatchOptions{})
		return err
	}
	_, created := spacesOf(admin).Create(t.Context(), newSpace("none"), metav1.CreateOptions{})
	_, moved := spacesOf(admin).Patch(t.Context(), older.Name, types.MergePatchType, []byte(`{"spec":{"quota":{"hard":{"pods":"1"}}}}`), metav1.PatchOptions{})
	for what, err := range map[string]error{"a new Space": created, "an older Space": moved, "an adopted namespace": adopt("")} {
		if !apierrors.IsInvalid(err) {
			t.Errorf("%s: %v", what, err)
			continue
		}
		for _, resource := range []string{"requests.cpu", "secrets"} {
			contains(t, err.Error(), "spec.quota.hard["+resource+`]: Required value: ClusterQuota "cluster" has a budget of it`)
		}
	}
	const adopted = `,"quota":{"hard":{"secrets":"1","requests.cpu":"1"}}`
	if err := adopt(adopted); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "requests.cpu: asked for 1, left 0 of 0; ask sre@example.org for more") {
		t.Errorf("without a node: %v", err)
	}
	nodes := admin.Kube.CoreV1().Nodes()
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "one"}, Status: corev1.NodeStatus{Allocatable: quota("cpu", "2", "pods", "110").Hard}}
	must(nodes.Create(t.Context(), node, metav1.CreateOptions{}))(t)
	eventually(t, "there is room", func(context.Context) error { return adopt(adopted) })
	wantCluster := func(cpu string) {
		t.Helper()
		eventually(t, "the ClusterQuota says so", func(ctx context.Context) error {
			got, err := admin.Spaces.SpacesV1alpha1().ClusterQuotas().Get(ctx, "cluster", metav1.GetOptions{})
			if err != nil {
				return err
			}
			status := v1alpha1.ClusterQuotaStatus{Spaces: 2, Quota: &v1alpha1.QuotaStatus{Hard: quota("secrets", "100", "requests.cpu", cpu).Hard, Used: quota("secrets", "1", "requests.cpu", "1").Hard}}
			got.Status.Conditions = nil
			if !apiequality.Semantic.DeepEqual(status, got.Status) {
				return fmt.Errorf("the status is %+v", got.Status)
			}
			return nil
		})
	}
	wantCluster("3")
	check(t, nodes.Delete(t.Context(), "one", metav1.DeleteOptions{}))
	wantCluster("0")
}

// Callers say what a budget is, and whom to ask, but not what is charged.
func TestBudgetsAreChecked(t *testing.T) {
	t.Parallel()
	name := unique("accounts-budget")
	admin := shared.Admin(t)
	created := createAccount(t, admin, name, withBudget(quota("spaces", "10", "requests.cpu", "20")), func(a *v1alpha1.Account) {
		a.Annotations = map[string]string{v1alpha1.AnnotationContact: "sre@example.org"}
		a.Status = v1alpha1.AccountStatus{Spaces: 99, Quota: &v1alpha1.QuotaStatus{Hard: quota("pods", "99").Hard}}
	})
	patched := patchAccount(t, admin, name, `{"status":{"spaces":99,"quota":{"hard":{"pods":"99"}}}}`)
	for what, account := range map[string]*v1alpha1.Account{"created": created, "patched": patched} {
		if account.Annotations[v1alpha1.AnnotationContact] != "sre@example.org" || account.Spec.Quota == nil {
			t.Errorf("%s: %+v", what, account)
		}
		if status := account.Status; status.Spaces == 99 || (status.Quota != nil && len(status.Quota.Hard) == 1) {
			t.Errorf("%s: the status is the caller's: %+v", what, status)
		}
	}
	const accounts, quotas = "/apis/spaces.tenancy.example.io/v1alpha1/accounts/", "/apis/spaces.tenancy.example.io/v1alpha1/clusterquotas/cluster?dryRun=All"
	someone := caller{Clients: admin}
	for what, tc := range map[string]struct {
		call call
		want refusal
	}{
		"an account's resource":   {merge(accounts+name, `{"spec":{"quota":{"hard":{"cups":"1"}}}}`), invalid("spec.quota.hard[cups]", "must be a resource that a ResourceQuota limits")},
		"an account's amount":     {merge(accounts+name, `{"spec":{"quota":{"hard":{"spaces":"0.5"}}}}`), invalid("spec.quota.hard[spaces]", "must be a whole number")},
		"an account's contact":    {merge(accounts+name, `{"metadata":{"annotations":{"spaces.tenancy.example.io/contact":"a\nb"}}}`), invalid("metadata.annotations[spaces.tenancy.example.io/contact]", "printable")},
		"another annotation":      {merge(accounts+name, `{"metadata":{"annotations":{"spaces.tenancy.example.io/other":"a"}}}`), invalid("metadata.annotations[spaces.tenancy.example.io/other]", "set by the platform only")},
		"the cluster's resource":  {merge(quotas, `{"spec":{"overcommit":{"spaces":"100%"}}}`), invalid("spec.overcommit[spaces]", "must be a resource that nodes have")},
		"the cluster's part":      {merge(quotas, `{"spec":{"overcommit":{"pods":"1.5"}}}`), invalid("spec.overcommit[pods]", "must be a whole percentage")},
		"both for one resource":   {merge(quotas, `{"spec":{"quota":{"hard":{"pods":"5"}},"overcommit":{"pods":"150%"}}}`), invalid("spec.overcommit[pods]", "leave it out there, or here")},
		"a part that is a number": {merge(quotas, `{"spec":{"overcommit":{"pods":150}}}`), invalidPatch("cannot unmarshal number into Go struct field ClusterQuotaSpec.spec.overcommit")},
	} {
		t.Run(what, func(t *testing.T) { someone.do(t, tc.call).refused(t, tc.want) })
	}
}
