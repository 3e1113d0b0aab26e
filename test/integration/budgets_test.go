// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

// spender is a tenant of an account that has a budget.
type spender struct {
	caller
	account string
}

func newSpender(t *testing.T, prefix string, budget ...string) spender {
	t.Helper()
	name := unique(prefix)
	createAccount(t, shared.Admin(t), name, withSubjects(group(name)), withBudget(quota(budget...)), func(a *v1alpha1.Account) {
		a.Annotations = map[string]string{v1alpha1.AnnotationContact: "sre@example.org"}
	})
	return spender{newTenant(t, name+"-tenant", name), name}
}

// create asks for a Space of that name.
func (s spender) create(t *testing.T, name string, hard ...string) reply {
	t.Helper()
	return s.do(t, call{method: http.MethodPost, path: spacesPath, body: newSpaceBody(name, s.account, hard...)})
}

func newSpaceBody(name, account string, hard ...string) string {
	spec := members{"account": account}
	if len(hard) > 0 {
		spec["quota"] = members{"hard": pairs(hard...)}
	}
	return members{"apiVersion": "spaces.tenancy.example.io/v1alpha1", "kind": "Space", "metadata": members{"name": name}, "spec": spec}.String()
}

// resize asks for another quota of the Space.
func (s spender) resize(t *testing.T, name string, hard ...string) reply {
	t.Helper()
	return s.do(t, merge(spacesPath+"/"+name, members{"spec": members{"quota": members{"hard": pairs(hard...)}}}.String()))
}

// exceeds is the refusal by the budget of the spender.
func (s spender) exceeds(text string) refusal {
	return forbidden(fmt.Sprintf("exceeded quota of account %q: %s; ask sre@example.org for more", s.account, text))
}

// told returns when the account says that this much is charged.
func (s spender) told(t *testing.T, want ...string) {
	t.Helper()
	eventually(t, "the account says what is charged", func(ctx context.Context) error {
		account, err := accountsOf(shared.Admin(t)).Get(ctx, s.account, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if account.Status.Quota == nil {
			return errors.New("it says nothing")
		}
		got := map[string]string{}
		for name, amount := range account.Status.Quota.Used {
			got[string(name)] = amount.String()
		}
		if diff := cmp.Diff(pairs(want...), got); diff != "" || strconv.Itoa(int(account.Status.Spaces)) != got["spaces"] {
			return fmt.Errorf("%d Spaces, used (-want +got):\n%s", account.Status.Spaces, diff)
		}
		return nil
	})
}

// What is created, made larger or smaller, and deleted, is charged; and what is too much is refused, with what is left.
func TestBudgetsAreNotExceeded(t *testing.T) {
	t.Parallel()
	s := newSpender(t, "budgets", "spaces", "2", "requests.cpu", "4")
	admin := shared.Admin(t)
	a, b := s.account+"-a", s.account+"-b"
	s.create(t, a, "requests.cpu", "3").succeeded(t)
	s.create(t, b, "requests.cpu", "2").refused(t, s.exceeds("requests.cpu: asked for 2, left 1 of 4"))
	s.do(t, dry(call{method: http.MethodPost, path: spacesPath, body: newSpaceBody(b, s.account, "requests.cpu", "2")})).
		refused(t, s.exceeds("requests.cpu: asked for 2, left 1 of 4"))
	s.do(t, dry(call{method: http.MethodPost, path: spacesPath, body: newSpaceBody(s.account+"-dry", s.account, "requests.cpu", "1")})).succeeded(t)
	awaitGone(t, admin, b)
	s.create(t, b, "requests.cpu", "1").succeeded(t)
	s.told(t, "spaces", "2", "requests.cpu", "4")
	s.create(t, s.account+"-c", "requests.cpu", "0").refused(t, s.exceeds("spaces: asked for 1, left 0 of 2"))
	s.resize(t, b, "requests.cpu", "2").refused(t, s.exceeds("requests.cpu: asked for 1, left 0 of 4"))
	s.resize(t, a, "requests.cpu", "2").succeeded(t)
	eventually(t, "the rest is given back", func(ctx context.Context) error {
		if got := s.send(ctx, t, merge(spacesPath+"/"+b, `{"spec":{"quota":{"hard":{"requests.cpu":"2"}}}}`)); !got.fine() {
			return fmt.Errorf("%d %s", got.code, got.body)
		}
		return nil
	})
	enforced := must(admin.Kube.CoreV1().ResourceQuotas(a).Get(t.Context(), "spaces", metav1.GetOptions{}))(t)
	if cpu := enforced.Spec.Hard[corev1.ResourceRequestsCPU]; cpu.String() != "2" {
		t.Errorf("what was given back is %v, and %s is enforced still", "3", cpu.String())
	}
	s.do(t, call{method: http.MethodDelete, path: spacesPath + "/" + a}).succeeded(t)
	awaitGone(t, admin, a)
	s.create(t, s.account+"-c", "requests.cpu", "2").succeeded(t)
	s.told(t, "spaces", "2", "requests.cpu", "4")
	for _, name := range []string{b, s.account + "-c"} {
		if annotations := namespace(t, name).Annotations; annotations["spaces.tenancy.example.io/new"]+annotations["spaces.tenancy.example.io/claim"]+annotations["spaces.tenancy.example.io/held"] != "" {
			t.Errorf("%s is left with %v", name, annotations)
		}
	}
}

// Who is refused gets no Space, and leaves nothing behind but a namespace that goes.
func TestRefusedSpacesAreNeverSeen(t *testing.T) {
	t.Parallel()
	s := newSpender(t, "budgets-unseen", "spaces", "1")
	admin := caller{shared.Admin(t), "admin"}
	watch := must(spacesOf(admin.Clients).Watch(t.Context(), metav1.ListOptions{}))(t)
	defer watch.Stop()
	const many = 12
	replies := make(chan reply, many)
	for i := range many {
		go func() {
			replies <- s.send(t.Context(), t, call{method: http.MethodPost, path: spacesPath, body: newSpaceBody(fmt.Sprintf("%s-%d", s.account, i), s.account)})
		}()
	}
	created := 0
	for range many {
		if got := <-replies; got.fine() {
			created++
		} else {
			got.refused(t, s.exceeds("spaces: asked for 1, left 0 of 1"))
		}
	}
	if created != 1 {
		t.Errorf("%d of %d were created, want 1", created, many)
	}
	last := s.account + "-last"
	createNamespace(t, admin.Clients, last, nil)
	seen := map[string]bool{}
	for event := range watch.ResultChan() {
		space, ok := event.Object.(*v1alpha1.Space)
		if ok && strings.HasPrefix(space.Name, s.account+"-") {
			seen[space.Name] = true
		}
		if ok && space.Name == last {
			break
		}
	}
	if len(seen) != 2 {
		t.Errorf("seen in a watch: %v, want the one and %s", seen, last)
	}
}

// A budget may be lowered: nothing grows then, and a condition says so.
func TestLoweredBudgetsSayTheyAre(t *testing.T) {
	t.Parallel()
	s := newSpender(t, "budgets-lowered", "spaces", "3", "pods", "10")
	admin := shared.Admin(t)
	s.create(t, s.account, "pods", "6").succeeded(t)
	within := func(status metav1.ConditionStatus, message string) {
		eventually(t, "the condition is "+string(status), func(ctx context.Context) error {
			account, err := accountsOf(admin).Get(ctx, s.account, metav1.GetOptions{})
			if err != nil {
				return err
			}
			for _, condition := range account.Status.Conditions {
				if condition.Type == "WithinQuota" && condition.Status == status && strings.Contains(condition.Message, message) {
					return nil
				}
			}
			return fmt.Errorf("conditions %+v", account.Status.Conditions)
		})
	}
	within(metav1.ConditionTrue, "")
	patchAccount(t, admin, s.account, `{"spec":{"quota":{"hard":{"pods":"5"}}}}`)
	within(metav1.ConditionFalse, "pods: 6 of 5")
	s.resize(t, s.account, "pods", "7").refused(t, s.exceeds("pods: asked for 1, left 0 of 5"))
	s.create(t, s.account+"-b", "pods", "0").succeeded(t)
	s.resize(t, s.account, "pods", "5").succeeded(t)
	within(metav1.ConditionTrue, "")
	patchAccount(t, admin, s.account, `{"spec":{"quota":null}}`)
	s.create(t, s.account+"-c", "pods", "100").succeeded(t)
}

// Whoever takes a Space to an account needs room there, and leaves it where it was.
func TestBudgetsOfTransfers(t *testing.T) {
	t.Parallel()
	from, to := newSpender(t, "budgets-from", "spaces", "1", "pods", "5"), newSpender(t, "budgets-to", "spaces", "1", "pods", "3")
	admin := caller{shared.Admin(t), "admin"}
	from.create(t, from.account, "pods", "4").succeeded(t)
	move := func(hard ...string) reply {
		spec := members{"account": to.account}
		if len(hard) > 0 {
			spec["quota"] = members{"hard": pairs(hard...)}
		}
		return admin.do(t, merge(spacesPath+"/"+from.account, members{"spec": spec}.String()))
	}
	move().refused(t, to.exceeds("pods: asked for 4, left 3 of 3"))
	from.resize(t, from.account, "pods", "3").succeeded(t)
	eventually(t, "it is small enough", func(context.Context) error {
		if got := move(); !got.fine() {
			return fmt.Errorf("%d %s", got.code, got.body)
		}
		return nil
	})
	to.told(t, "spaces", "1", "pods", "3")
	from.told(t, "spaces", "0", "pods", "0")
	from.create(t, from.account+"-b", "pods", "5").succeeded(t)
}

// A refusal leaves an Event with the account, and is counted.
func TestRefusalsAreTold(t *testing.T) {
	t.Parallel()
	s := newSpender(t, "budgets-told", "pods", "1")
	admin := caller{shared.Admin(t), "admin"}
	s.create(t, s.account, "pods", "2").refused(t, s.exceeds("pods: asked for 2, left 1 of 1"))
	eventually(t, "there is an Event", func(ctx context.Context) error {
		events, err := admin.Kube.CoreV1().Events("account-"+s.account).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, event := range events.Items {
			if event.Reason == "ExceededQuota" && event.InvolvedObject.Name == s.account && strings.Contains(event.Message, "left 1 of 1") {
				return nil
			}
		}
		return fmt.Errorf("there are %d others", len(events.Items))
	})
	direct := cluster.ClientsFor(t, shared.DirectConfig(shared.AdminConfig(), shared.Server))
	metrics := must(direct.Kube.Discovery().RESTClient().Get().AbsPath("/metrics").DoRaw(t.Context()))(t)
	if !strings.Contains(string(metrics), `spaces_quota_refusals_total{budget="account",resource="pods"}`) {
		t.Error("the metric is missing")
	}
}
