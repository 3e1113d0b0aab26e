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
)

// quotaLines returns those of the lines that are about a quota.
func quotaLines(lines []string) []string {
	return slices.DeleteFunc(lines, func(line string) bool {
		return !strings.Contains(line, "ResourceQuota") && !strings.HasPrefix(line, "probe")
	})
}

// A new quota is counted, barred and opened again before anybody is let in.
func TestQuotaComesIntoForce(t *testing.T) {
	const create, read, charge, probe = "create ResourceQuota spaces", "read ResourceQuota spaces", "charge ResourceQuota spaces", "probe spaces-probe"
	for name, tc := range map[string]struct {
		world     func(*world)
		want      []string // nil: not looked at
		wantAfter time.Duration
		wantError string
	}{
		"it is counted soon": {
			want:      []string{create, read, charge, probe, charge, probe},
			wantAfter: admissionPoll,
		},
		"it is counted later": {
			world:     func(w *world) { w.uncounted = 3 },
			want:      []string{create, read, read, read, read, charge, probe, charge, probe},
			wantAfter: 4 * admissionPoll,
		},
		"nobody counts it": {
			world:     func(w *world) { w.uncounted = 1e9 },
			wantAfter: countPatience,
		},
		"somebody counts it at the last moment": {
			world: func(w *world) {
				w.uncounted = 1e9
				w.journal.once[charge] = conflict()
			},
			wantAfter: countPatience + admissionPoll,
		},
		"it is enforced late": {
			world:     func(w *world) { w.lag = 2 },
			want:      []string{create, read, charge, probe, read, probe, read, probe, charge, probe},
			wantAfter: 3 * admissionPoll,
		},
		"it is counted again while it bars": {
			world: func(w *world) {
				w.interrupt = func() { w.count("spaces") }
			},
			want:      []string{create, read, charge, probe, read, charge, probe, charge, probe},
			wantAfter: 2 * admissionPoll,
		},
		"somebody else writes it at the same time": {
			world:     func(w *world) { w.journal.once[charge] = conflict() },
			want:      []string{create, read, charge, read, charge, probe, charge, probe},
			wantAfter: 2 * admissionPoll,
		},
		"it limits what would be barred": {
			world: func(w *world) {
				w.plan.Space.Spec.Quota.Hard = amounts("pods", "1", "requests.cpu", "1", "resourcequotas", "1")
			},
			want:      []string{create, read},
			wantAfter: admissionPoll,
		},
		"a quota of others is in the way": {
			world:     func(w *world) { w.journal.fails[probe] = exceeded("theirs") },
			want:      []string{create, read, charge, probe, charge, probe},
			wantAfter: admissionPoll,
		},
		"the probe is refused": {
			world:     func(w *world) { w.journal.fails[probe] = apierrors.NewUnauthorized("who are you") },
			want:      []string{create, read, charge, probe},
			wantAfter: admissionPoll,
			wantError: `enforce ResourceQuota "spaces" in namespace "a": wait until it is enforced: who are you`,
		},
		"it cannot be read": {
			world:     func(w *world) { w.journal.fails[read] = errors.New("nobody answers") },
			want:      []string{create, read},
			wantError: `enforce ResourceQuota "spaces" in namespace "a": wait until it is counted: nobody answers`,
		},
		"its status cannot be written": {
			world:     func(w *world) { w.journal.fails[charge] = errors.New("nobody answers") },
			want:      []string{create, read, charge},
			wantAfter: admissionPoll,
			wantError: `enforce ResourceQuota "spaces" in namespace "a": wait until it is enforced: nobody answers`,
		},
		"it is never enforced": {
			world:     func(w *world) { w.lag = 1e9 },
			wantAfter: admissionPoll + admissionTimeout,
			wantError: `enforce ResourceQuota "spaces" in namespace "a": wait until it is enforced: context deadline exceeded`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(aPlan(fresh))
				if tc.world != nil {
					tc.world(w)
				}
				start := time.Now()
				_, err := w.Provision(t.Context(), w.plan.Space)
				if after := time.Since(start); after != tc.wantAfter {
					t.Errorf("it took %v, want %v", after, tc.wantAfter)
				}
				if (err != nil) != (tc.wantError != "") || err != nil && err.Error() != tc.wantError {
					t.Errorf("the error is %v, want %q", err, tc.wantError)
				}
				if diff := cmp.Diff(tc.want, quotaLines(w.journal.take())); diff != "" && tc.want != nil {
					t.Errorf("what was done (-want +got):\n%s", diff)
				}
				wantOpen(t, w, err)
			})
		})
	}
}

// wantOpen checks that whoever is let in finds a quota in force that has everything to give.
func wantOpen(t *testing.T, w *world, failed error) {
	t.Helper()
	if failed != nil {
		if names := w.bindings.names(); len(names) > 0 {
			t.Errorf("it did not succeed, but %q are there", names)
		}
		return
	}
	hard, used := w.plan.Space.Spec.Quota.Hard, corev1.ResourceList{}
	for name := range hard {
		used[name] = amounts("none", "0")["none"]
	}
	if diff := cmp.Diff(corev1.ResourceQuotaStatus{Hard: hard, Used: used}, w.quotas.objects["spaces"].Status); diff != "" {
		t.Errorf("status of the quota (-want +got):\n%s", diff)
	}
}

// A quota that comes into a Space where people work already allows nothing more until it is counted.
func TestQuotaOfAnOldSpaceIsCharged(t *testing.T) {
	plan := aPlan()
	for name, tc := range map[string]struct {
		once map[string]error
		want []string
	}{
		"at once": {want: []string{"create ResourceQuota spaces", "charge ResourceQuota spaces"}},
		"unless somebody else has counted it by then": {
			once: map[string]error{"charge ResourceQuota spaces": conflict()},
			want: []string{"create ResourceQuota spaces", "charge ResourceQuota spaces", "read ResourceQuota spaces"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(plan)
			w.journal.once = tc.once
			if err := w.Ensure(t.Context(), plan); err != nil {
				t.Fatal(err)
			}
			lines := slices.DeleteFunc(quotaLines(w.journal.take()), func(line string) bool { return strings.HasPrefix(line, "list") })
			if diff := cmp.Diff(tc.want, lines); diff != "" {
				t.Errorf("what was done (-want +got):\n%s", diff)
			}
		})
	}
}

func TestQuotaEndsWithItsRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		w := newWorld(aPlan(fresh))
		w.lag = 1e9
		start := time.Now()
		if _, err := w.Provision(ctx, w.plan.Space); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 100*time.Millisecond {
			t.Errorf("the error is %v after %v", err, time.Since(start))
		}
	})
}

func TestCharge(t *testing.T) {
	for name, tc := range map[string]struct {
		hard   corev1.ResourceList
		status corev1.ResourceQuotaStatus
		fresh  bool
		want   corev1.ResourceQuotaStatus
		same   bool // nothing is charged
	}{
		"nothing is used in a new namespace": {
			hard:  amounts("cpu", "2", "pods", "5"),
			fresh: true,
			want:  corev1.ResourceQuotaStatus{Hard: amounts("cpu", "2", "pods", "5"), Used: amounts("cpu", "0", "pods", "0")},
		},
		"all is used in an old one, until it is counted": {
			hard: amounts("cpu", "2", "pods", "5"),
			want: corev1.ResourceQuotaStatus{Hard: amounts("cpu", "2", "pods", "5"), Used: amounts("cpu", "2", "pods", "5")},
		},
		"what is counted stays": {
			hard:   amounts("pods", "5"),
			status: corev1.ResourceQuotaStatus{Hard: amounts("pods", "5"), Used: amounts("pods", "3")},
			fresh:  true,
			want:   corev1.ResourceQuotaStatus{Hard: amounts("pods", "5"), Used: amounts("pods", "3")},
			same:   true,
		},
		"a limit that changes is left to the kube-controller-manager": {
			hard:   amounts("pods", "9"),
			status: corev1.ResourceQuotaStatus{Hard: amounts("pods", "5"), Used: amounts("pods", "3")},
			want:   corev1.ResourceQuotaStatus{Hard: amounts("pods", "5"), Used: amounts("pods", "3")},
			same:   true,
		},
		"what is limited from now on, is used": {
			hard:   amounts("cpu", "2", "pods", "5"),
			status: corev1.ResourceQuotaStatus{Hard: amounts("pods", "5"), Used: amounts("pods", "3")},
			want:   corev1.ResourceQuotaStatus{Hard: amounts("cpu", "2", "pods", "5"), Used: amounts("cpu", "2", "pods", "3")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			quota := &corev1.ResourceQuota{Spec: corev1.ResourceQuotaSpec{Hard: tc.hard}, Status: tc.status}
			if got := charge(quota, tc.fresh); got == tc.same {
				t.Errorf("charged is %v, want %v", got, !tc.same)
			}
			if diff := cmp.Diff(tc.want, quota.Status); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
		})
	}
}
