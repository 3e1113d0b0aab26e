// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestKubeconfigCanBeUsedAtOnce(t *testing.T) {
	const ask = "review system:serviceaccount:a:spaces-kubeconfig a"
	grant := []string{"create RoleBinding spaces-kubeconfig", ask}
	for name, tc := range map[string]struct {
		unseen    int
		fails     string
		want      []string
		wantAfter time.Duration
		wantError bool
	}{
		"when it is in force at once": {want: grant},
		"when it is in force soon":    {unseen: 2, want: append(grant, ask, ask), wantAfter: 2 * admissionPoll},
		"when its role does not show": {unseen: 1e9, wantAfter: kubeconfigPatience},
		"unless nobody answers":       {fails: ask, want: grant, wantError: true},
		"unless it is refused":        {fails: grant[0], want: grant[:1], wantError: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(aPlan())
				w.unseen = tc.unseen
				w.journal.fails[tc.fails] = errors.New("no")
				start := time.Now()
				err := w.EnsureKubeconfig(t.Context(), w.plan.Space)
				if (err != nil) != tc.wantError {
					t.Errorf("the error is %v", err)
				}
				if after := time.Since(start); after != tc.wantAfter {
					t.Errorf("it took %v, want %v", after, tc.wantAfter)
				}
				if diff := cmp.Diff(tc.want, kubeconfigLines(w)); tc.want != nil && diff != "" {
					t.Errorf("what was done (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestKubeconfigOfBeforeNeedsNoWaiting(t *testing.T) {
	w := newWorld(aPlan())
	for range 2 {
		w.journal.take()
		if err := w.EnsureKubeconfig(t.Context(), w.plan.Space); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"create RoleBinding spaces-kubeconfig", "apply RoleBinding spaces-kubeconfig"}
	if diff := cmp.Diff(want, kubeconfigLines(w)); diff != "" {
		t.Errorf("what was done the second time (-want +got):\n%s", diff)
	}
}

// kubeconfigLines returns what was done to let the ServiceAccount in.
func kubeconfigLines(w *world) []string {
	return slices.DeleteFunc(w.journal.take(), func(line string) bool {
		return !strings.Contains(line, "RoleBinding") && !strings.HasPrefix(line, "review")
	})
}

// A kubeconfig that was handed out goes on with the role that it is to have now; where there is none, none is made.
func TestKubeconfigsFollowTheirRole(t *testing.T) {
	w := newWorld(aPlan())
	for _, role := range []string{"", "view", "edit"} {
		if role != "" {
			w.plan.Policy.KubeconfigClusterRole = role
		}
		if err := w.Ensure(t.Context(), w.plan); err != nil {
			t.Fatal(err)
		}
		got := ""
		if binding := w.bindings.objects["spaces-kubeconfig"]; binding != nil {
			got = binding.RoleRef.Name
		}
		if got != role {
			t.Errorf("it is bound to %q, want %q", got, role)
		}
		if role == "" {
			if err := w.EnsureKubeconfig(t.Context(), w.plan.Space); err != nil {
				t.Fatal(err)
			}
		}
	}
}
