// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	eventrecord "k8s.io/client-go/tools/record"
	"k8s.io/component-base/metrics/testutil"

	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/quota"
)

// ofPods returns a Space of the account red with so many pods.
func ofPods(name, pods string) *spacesapi.Space {
	one := &spacesapi.Space{Spec: spacesapi.SpaceSpec{Account: "red", Quota: budget(pods)}}
	one.Name = name
	return one
}

// lending returns a ledger of a cluster in which the account red has a budget of three pods, and one Space with one.
func lending(refused func(string, *quota.ExceededError)) ledger {
	l := newLedger(func(account string) string { return "the owner of " + account })
	l.refused = refused
	l.SetAccount("red", budget("3").Hard)
	l.Observe(quota.Observed{Space: "old", Granted: &quota.Claim{Account: "red", Amounts: quota.Of(budget("1").Hard)}}, 1)
	return l
}

func TestLedgerReserves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var refused []string
		l := lending(func(space string, _ *quota.ExceededError) { refused = append(refused, space) })
		release, err := l.Reserve(t.Context(), nil, ofPods("a", "2"))
		must(t, err)
		refuse := func(pods, left string, after time.Duration) {
			t.Helper()
			began := time.Now()
			_, err := l.Reserve(t.Context(), nil, ofPods("b", pods))
			want := `spaces.spaces.tenancy.example.io "b" is forbidden: exceeded quota of account "red": pods: asked for ` + pods +
				`, left ` + left + ` of 3; ask the owner of red for more`
			if !apierrors.IsForbidden(err) || err.Error() != want {
				t.Errorf("error %v, want %s", err, want)
			}
			if waited := time.Since(began); waited != after {
				t.Errorf("refused after %v, want %v", waited, after)
			}
		}
		refuse("1", "0", decisionPatience) // what is reserved may come to nothing
		refuse("3", "2", hearsay)          // there is too little in any case, as far as is known
		if diff := cmp.Diff([]string{"b", "b"}, refused); diff != "" {
			t.Errorf("told of (-want +got):\n%s", diff)
		}
		if err := l.Check(ofPods("b", "1")); !apierrors.IsForbidden(err) || len(refused) != 2 {
			t.Errorf("checked: %v, and told of %d", err, len(refused))
		}
		release()
		if err := l.Check(ofPods("b", "1")); err != nil {
			t.Errorf("there is room again, but: %v", err)
		}
	})
}

func TestLedgerAdmits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := lending(func(string, *quota.ExceededError) {})
		l.Observe(quota.Observed{Space: "a", Claimed: &quota.Claim{Account: "red", Amounts: quota.Of(budget("2").Hard)}}, 2)
		l.Observe(quota.Observed{Space: "b", Claimed: &quota.Claim{Account: "red", Amounts: quota.Of(budget("1").Hard)}}, 3)
		if err := l.Admit(t.Context(), "a"); err != nil {
			t.Errorf("the first: %v", err)
		}
		if err := l.Admit(t.Context(), "b"); !apierrors.IsForbidden(err) {
			t.Errorf("the last: %v, want that it is refused", err)
		}
		if err := l.Admit(t.Context(), "nobody"); !apierrors.IsConflict(err) {
			t.Errorf("what claims nothing: %v, want a conflict", err)
		}
	})
}

// What a Space has to claim, and what it keeps for a while, depends on what its namespace says that it has.
func TestLedgerCost(t *testing.T) {
	l := newLedger(nil)
	for name, tc := range map[string]struct {
		pods        string
		claim, held bool
	}{
		"as much": {pods: "2"},
		"more":    {pods: "3", claim: true},
		"less":    {pods: "1", held: true},
	} {
		t.Run(name, func(t *testing.T) {
			has := placed(t, "a", func(s *spacesapi.Space) { s.Spec = ofPods("a", "2").Spec })
			cost, err := l.Cost(has, ofPods("a", tc.pods))
			must(t, err)
			if got := cost.Claim != ""; got != tc.claim {
				t.Errorf("claims %q", cost.Claim)
			}
			if got := cost.Held != nil; got != tc.held {
				t.Errorf("holds %v", cost.Held)
			}
		})
	}
	if _, err := l.Cost(nil, &spacesapi.Account{}); !apierrors.IsInternalError(err) {
		t.Errorf("the cost of an account: %v", err)
	}
}

func TestRefusalsAreTold(t *testing.T) {
	registerMetrics()
	short := []quota.Shortage{{Resource: corev1.ResourcePods, Asked: resource.MustParse("2"), Used: resource.MustParse("1"), Hard: resource.MustParse("2")}}
	for name, tc := range map[string]struct {
		account, kind, budget string
	}{
		"of an account":  {account: "red", kind: "Account", budget: "account"},
		"of the cluster": {kind: "ClusterQuota", budget: "cluster"},
	} {
		t.Run(name, func(t *testing.T) {
			recorder := eventrecord.NewFakeRecorder(1)
			recorder.IncludeObject = true
			counter := refusalsTotal.WithLabelValues(tc.budget, "pods")
			before, err := testutil.GetCounterMetricValue(counter)
			must(t, err)
			refusals{recorder: recorder}.tell("a", &quota.ExceededError{Account: tc.account, Shortages: short})
			const want = `Warning ExceededQuota Space "a" was refused: exceeded quota of `
			if event := <-recorder.Events; !strings.HasPrefix(event, want) || !strings.Contains(event, "kind="+tc.kind+",") {
				t.Errorf("event %q", event)
			}
			if after, err := testutil.GetCounterMetricValue(counter); err != nil || after != before+1 {
				t.Errorf("counted %v, %v before; error %v", after, before, err)
			}
		})
	}
}
