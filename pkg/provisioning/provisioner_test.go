// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// guards are the lines of the guards of aPlan.
func guards() []string {
	return []string{
		"apply LimitRange spaces",
		"apply NetworkPolicy spaces-allow-dns",
		"apply NetworkPolicy spaces-allow-internet",
		"apply NetworkPolicy spaces-allow-within",
		"apply NetworkPolicy spaces-deny",
		"apply ResourceQuota spaces",
	}
}

// created are lines as they are where nothing is there yet.
func created(applied ...string) []string {
	var lines []string
	for _, line := range applied {
		lines = append(lines, strings.Replace(line, "apply ", "create ", 1))
	}
	return lines
}

// enforced are the lines of a quota that comes into force.
func enforced() []string {
	return []string{"read ResourceQuota spaces",
		"charge ResourceQuota spaces", "probe spaces-probe", "charge ResourceQuota spaces", "probe spaces-probe"}
}

// accesses are the lines of the access of aPlan.
func accesses() []string {
	return []string{"apply RoleBinding spaces:owner", "apply RoleBinding spaces:role:view"}
}

// wantStages checks that the lines are those of the stages, one stage after the other, and each in any order.
func wantStages(t *testing.T, lines []string, stages ...[]string) {
	t.Helper()
	var got, want []string
	for _, stage := range stages {
		next := lines[:min(len(stage), len(lines))]
		lines = lines[len(next):]
		got = append(got, slices.Sorted(slices.Values(next))...)
		want = append(want, slices.Sorted(slices.Values(stage))...)
	}
	if diff := cmp.Diff(want, append(got, lines...)); diff != "" {
		t.Errorf("what was done, by stages (-want +got):\n%s", diff)
	}
}

func TestProvisionPutsGuardsBeforeAccess(t *testing.T) {
	w := newWorld(aPlan(fresh))
	done, err := w.Provision(t.Context(), w.plan.Space)
	if err != nil {
		t.Fatal(err)
	}
	wantStages(t, w.journal.take(),
		[]string{"plan"},
		slices.Concat(created(guards()...), enforced(), []string{"create ServiceAccount default"}),
		created(accesses()...),
	)
	space, ok := done.(*spaces.Space)
	if !ok || space.Status.Phase != spaces.SpaceActive || !meta.IsStatusConditionTrue(space.Status.Conditions, spaces.ConditionReady) {
		t.Errorf("the Space is %+v, want one that is Active and Ready", done)
	}
	if w.plan.Space.Status.Phase != spaces.SpaceProvisioning {
		t.Errorf("the Space that it was given is %s now", w.plan.Space.Status.Phase)
	}
	want := corev1.ResourceQuotaStatus{Hard: amounts("requests.cpu", "2", "pods", "5"), Used: amounts("requests.cpu", "0", "pods", "0")}
	if diff := cmp.Diff(want, w.quotas.objects["spaces"].Status); diff != "" {
		t.Errorf("status of the quota (-want +got):\n%s", diff)
	}
}

func TestProvisionGoesOn(t *testing.T) {
	w := newWorld(aPlan(fresh))
	w.journal.fails["create RoleBinding spaces:role:view"] = errors.New("nobody answers")
	if _, err := w.Provision(t.Context(), w.plan.Space); err == nil {
		t.Fatal("there is no error")
	}
	w.journal.fails = nil
	w.journal.take()
	if _, err := w.Provision(t.Context(), w.plan.Space); err != nil {
		t.Fatal(err)
	}
	wantStages(t, w.journal.take(),
		[]string{"plan"},
		slices.Concat(created(guards()...), guards(), enforced()[1:], []string{"create ServiceAccount default"}),
		append(created(accesses()...), accesses()[0]),
	)
}

// The end may have come while the quota barred another one.
func TestProvisionGoesOnBehindABar(t *testing.T) {
	w := newWorld(aPlan(fresh))
	if _, err := w.Provision(t.Context(), w.plan.Space); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		refused error
		fails   bool
	}{
		"its own":         {refused: exceeded("spaces")},
		"that of another": {refused: exceeded("spaces-of-others"), fails: true},
	} {
		w.journal.once["create ResourceQuota spaces"] = tc.refused
		if _, err := w.Provision(t.Context(), w.plan.Space); (err != nil) != tc.fails {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSettleWaitsForTheCreator(t *testing.T) {
	for name, tc := range map[string]struct {
		creator     string
		unseen      int
		wantReviews int
		wantAfter   time.Duration
		wantError   string
	}{
		"who is let in at once":   {creator: "alice", wantReviews: 1},
		"who is let in soon":      {creator: "alice", unseen: 3, wantReviews: 4, wantAfter: 3 * admissionPoll},
		"who is never let in":     {creator: "alice", unseen: 1e9, wantAfter: admissionTimeout, wantError: `wait until the cluster lets "alice" into Space "a"`},
		"unless there is not any": {creator: ""},
		"who is a ServiceAccount": {creator: "system:serviceaccount:ci:bot", wantReviews: 1},
		"who cannot be asked for": {creator: "eve", wantReviews: 1, wantError: "nobody answers"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(aPlan(fresh, func(plan *Plan) {
					plan.Space.Spec.Quota, plan.Space.Status.CreatedBy = nil, tc.creator
				}))
				w.unseen = tc.unseen
				w.journal.fails["review eve a"] = errors.New("nobody answers")
				start := time.Now()
				err := w.Settle(t.Context(), w.plan.Space)
				if (err != nil) != (tc.wantError != "") || err != nil && !strings.Contains(err.Error(), tc.wantError) {
					t.Errorf("the error is %v, want %q", err, tc.wantError)
				}
				reviews := slices.DeleteFunc(w.journal.take(), func(line string) bool { return line != "review "+tc.creator+" a" })
				if tc.wantAfter < admissionTimeout && len(reviews) != tc.wantReviews {
					t.Errorf("it was asked %d times, want %d", len(reviews), tc.wantReviews)
				}
				if after := time.Since(start); after != tc.wantAfter {
					t.Errorf("it took %v, want %v", after, tc.wantAfter)
				}
			})
		})
	}
}

func TestProvisionRefuses(t *testing.T) {
	w := newWorld(aPlan(fresh))
	if _, err := w.Provision(t.Context(), &spaces.Account{}); err == nil {
		t.Error("an Account is provisioned")
	}
	if err := w.Settle(t.Context(), &spaces.Account{}); err == nil {
		t.Error("an Account is settled")
	}
	w.journal.fails["plan"] = errors.New("the account cannot be read")
	_, err := w.Provision(t.Context(), w.plan.Space)
	if want := `plan Space "a": the account cannot be read`; err == nil || err.Error() != want {
		t.Errorf("the error is %v, want %s", err, want)
	}
	w = newWorld(aPlan(fresh))
	w.Network.ClusterCIDRs = []string{"everywhere"}
	if _, err := w.Provision(t.Context(), w.plan.Space); err == nil {
		t.Error("a network that cannot be read is none of its errors")
	}
	wantStages(t, w.journal.take(), []string{"plan"})
}

// ensured returns the world after the plan has been put into it.
func ensured(t *testing.T, plan Plan) *world {
	t.Helper()
	w := newWorld(plan)
	if err := w.Ensure(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	w.journal.take()
	return w
}

func TestEnsureWritesNothingTwice(t *testing.T) {
	w := ensured(t, aPlan())
	if err := w.Ensure(t.Context(), w.plan); err != nil {
		t.Fatal(err)
	}
	wantStages(t, w.journal.take(),
		append(guards(), "list RoleBinding"),
		accesses(),
		[]string{"list ResourceQuota", "list LimitRange", "list NetworkPolicy"},
	)
}

func TestEnsureRemoves(t *testing.T) {
	w := ensured(t, aPlan())
	w.policies.put(policyOfOthers("spaces-other"))
	plan := aPlan(func(plan *Plan) {
		plan.Space.Spec.Quota, plan.Policy.NetworkIsolation = nil, new(false)
		plan.Policy.ClusterRole, plan.Subjects = "edit", nil
	})
	if err := w.Ensure(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	wantStages(t, w.journal.take(),
		[]string{"list RoleBinding", "delete RoleBinding spaces:owner"},
		[]string{"apply RoleBinding spaces:role:edit", "apply RoleBinding spaces:role:view"},
		[]string{
			"list ResourceQuota", "delete ResourceQuota spaces", "list LimitRange", "delete LimitRange spaces", "list NetworkPolicy",
			"delete NetworkPolicy spaces-allow-dns", "delete NetworkPolicy spaces-allow-internet",
			"delete NetworkPolicy spaces-allow-within", "delete NetworkPolicy spaces-deny",
		},
	)
	if diff := cmp.Diff([]string{"spaces-other"}, w.policies.names()); diff != "" {
		t.Errorf("policies that are left (-want +got):\n%s", diff)
	}
}

// What goes wrong on the way.
func TestEnsureFails(t *testing.T) {
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "things"}, "x", errors.New("it is not allowed"))
	less := aPlan(func(plan *Plan) {
		plan.Space.Spec.Quota, plan.Policy.Access, plan.Subjects = nil, nil, nil
	})
	revoked := []string{"list RoleBinding", "update RoleBinding spaces:owner", "delete RoleBinding spaces:role:view"}
	policies := slices.DeleteFunc(guards(), func(line string) bool { return !strings.Contains(line, "NetworkPolicy") })
	for name, tc := range map[string]struct {
		fails      []string
		want       [][]string
		wantErrors []string
	}{
		"a guard": {
			fails:      []string{"apply NetworkPolicy spaces-deny"},
			want:       [][]string{append(revoked, policies...)},
			wantErrors: []string{`apply NetworkPolicy "spaces-deny" in namespace "a": `},
		},
		"all guards": {
			fails: policies,
			want:  [][]string{append(revoked, policies...)},
			wantErrors: []string{`apply NetworkPolicy "spaces-deny" in namespace "a": `, `apply NetworkPolicy "spaces-allow-dns" in namespace "a": `,
				`apply NetworkPolicy "spaces-allow-within" in namespace "a": `, `apply NetworkPolicy "spaces-allow-internet" in namespace "a": `},
		},
		"revocation": {
			fails:      []string{"update RoleBinding spaces:owner", "delete RoleBinding spaces:role:view"},
			want:       [][]string{append(revoked, policies...)},
			wantErrors: []string{`update RoleBinding "spaces:owner" in namespace "a": `, `delete RoleBinding "spaces:role:view" in namespace "a": `},
		},
		"to find what is to be revoked": {
			fails:      []string{"list RoleBinding"},
			want:       [][]string{append(policies, "list RoleBinding")},
			wantErrors: []string{`list objects of kind RoleBinding in namespace "a": `},
		},
		"access": {
			fails:      []string{"apply RoleBinding spaces:owner"},
			want:       [][]string{append(revoked, policies...), {"apply RoleBinding spaces:owner"}},
			wantErrors: []string{`apply RoleBinding "spaces:owner" in namespace "a": `},
		},
		"to remove a guard": {
			fails: []string{"delete ResourceQuota spaces", "list NetworkPolicy"},
			want: [][]string{append(revoked, policies...), {"apply RoleBinding spaces:owner"},
				{"list ResourceQuota", "delete ResourceQuota spaces", "list LimitRange", "delete LimitRange spaces", "list NetworkPolicy"}},
			wantErrors: []string{`delete ResourceQuota "spaces" in namespace "a": `, `list objects of kind NetworkPolicy in namespace "a": `},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := ensured(t, aPlan())
			for _, line := range tc.fails {
				w.journal.fails[line] = forbidden
			}
			err := w.Ensure(t.Context(), less)
			wantStages(t, w.journal.take(), tc.want...)
			if status := new(apierrors.StatusError); !errors.As(err, &status) || !apierrors.IsForbidden(err) {
				t.Errorf("the error is %v, want one that is forbidden", err)
			}
			for _, want := range tc.wantErrors {
				if err == nil || strings.Count(err.Error(), want) != 1 {
					t.Errorf("the error is %v, want that it has once: %s", err, want)
				}
			}
		})
	}
}

func TestParallelRunsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		started := make(chan int, 2)
		first, second := errors.New("first"), errors.New("second")
		task := func(err error) func() error {
			return func() error {
				started <- 1
				<-ctx.Done()
				return err
			}
		}
		err := parallel(task(first), task(nil), func() error { return second })
		if !errors.Is(err, first) || !errors.Is(err, second) || err.Error() != "first\nsecond" || len(started) != 2 {
			t.Errorf("%d tasks waited at the same time, and the error is %v", len(started), err)
		}
	})
	if err := parallel(); err != nil {
		t.Error(err)
	}
}
