// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func policyOfOthers(name string) *networkingv1.NetworkPolicy {
	return &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "a", UID: "theirs"}}
}

// Whatever others do to what we look after, it is as planned after Ensure.
func TestEnsureMends(t *testing.T) {
	for name, tc := range map[string]struct {
		harm func(*world)
		want []string // what is done but applying and listing
	}{
		"a quota that was deleted is full until it is counted": {
			harm: func(w *world) { delete(w.quotas.objects, "spaces") },
			want: []string{"create ResourceQuota spaces", "charge ResourceQuota spaces"},
		},
		"a quota that was raised": {
			harm: func(w *world) { w.quotas.objects["spaces"].Spec.Hard = amounts("requests.cpu", "200", "pods", "5") },
		},
		"a quota that limits more": {
			harm: func(w *world) {
				w.quotas.objects["spaces"].Spec.Hard["services"] = amounts("services", "0")["services"]
			},
			want: []string{"update ResourceQuota spaces"},
		},
		"a quota that is about some pods only": {
			harm: func(w *world) { w.quotas.objects["spaces"].Spec.Scopes = []corev1.ResourceQuotaScope{"BestEffort"} },
			want: []string{"delete ResourceQuota spaces", "charge ResourceQuota spaces"},
		},
		"a LimitRange with other defaults": {
			harm: func(w *world) { w.limits.objects["spaces"].Spec.Limits[0].Max = amounts("cpu", "1m") },
			want: []string{"update LimitRange spaces"},
		},
		"a policy that was opened": {
			harm: func(w *world) {
				w.policies.objects["spaces-deny"].Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{{}}
			},
			want: []string{"update NetworkPolicy spaces-deny"},
		},
		"a policy that was there before": {
			harm: func(w *world) { w.policies.put(policyOfOthers("spaces-deny")) },
		},
		"a policy that was there before, and goes with another object": {
			harm: func(w *world) {
				owned := policyOfOthers("spaces-deny")
				owned.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "theirs", UID: "owner"}}
				w.policies.put(owned)
			},
			want: []string{"update NetworkPolicy spaces-deny"},
		},
		"a label that was removed": {
			harm: func(w *world) { w.policies.objects["spaces-allow-dns"].Labels = nil },
		},
		"subjects that were added": {
			harm: func(w *world) {
				binding := w.bindings.objects["spaces:role:view"]
				binding.Subjects = append(binding.Subjects, group("everybody"))
			},
			want: []string{"update RoleBinding spaces:role:view"},
		},
		"a binding with another role": {
			harm: func(w *world) { w.bindings.objects["spaces:role:view"].RoleRef.Name = "cluster-admin" },
			want: []string{"delete RoleBinding spaces:role:view"},
		},
		"a binding of others with another role": {
			harm: func(w *world) {
				w.bindings.objects["spaces:role:view"].RoleRef.Name, w.bindings.objects["spaces:role:view"].Labels = "cluster-admin", nil
			},
			want: []string{"delete RoleBinding spaces:role:view"},
		},
		"a binding of a role that is not planned": {
			harm: func(w *world) {
				extra := w.bindings.copyOf(w.bindings.objects["spaces:role:view"])
				extra.Name, extra.UID = "extra", "extra"
				w.bindings.put(extra)
			},
			want: []string{"delete RoleBinding extra"},
		},
		"a policy that is not planned": {
			harm: func(w *world) {
				extra := policyOfOthers("extra")
				extra.Labels = ourLabels()
				w.policies.put(extra)
			},
			want: []string{"delete NetworkPolicy extra"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, pristine := ensured(t, aPlan()), ensured(t, aPlan())
			tc.harm(w)
			if err := w.Ensure(t.Context(), w.plan); err != nil {
				t.Fatal(err)
			}
			done := slices.DeleteFunc(w.journal.take(), func(line string) bool {
				return strings.HasPrefix(line, "apply") || strings.HasPrefix(line, "list")
			})
			if diff := cmp.Diff(tc.want, done, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("what was done (-want +got):\n%s", diff)
			}
			wantSame(t, pristine.quotas.objects, w.quotas.objects)
			wantSame(t, pristine.limits.objects, w.limits.objects)
			wantSame(t, pristine.policies.objects, w.policies.objects)
			wantSame(t, pristine.bindings.objects, w.bindings.objects)
		})
	}
}

func wantSame[T any](t *testing.T, want, got map[string]T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(metav1.ObjectMeta{}, "UID"), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("what is there (-want +got):\n%s", diff)
	}
}

// A configuration that the kube-apiserver refuses for itself costs nobody the guard that is there.
func TestRefusedConfigurationsReplaceNothing(t *testing.T) {
	w := ensured(t, aPlan())
	invalid := apierrors.NewInvalid(schema.GroupKind{Kind: "ResourceQuota"}, "spaces", nil)
	w.journal.fails["apply ResourceQuota spaces"] = invalid
	err := w.Ensure(t.Context(), w.plan)
	if want := `apply ResourceQuota "spaces" in namespace "a": ` + invalid.Error(); err == nil || err.Error() != want {
		t.Errorf("the error is %v, want %s", err, want)
	}
	if diff := cmp.Diff([]string{"spaces"}, w.quotas.names()); diff != "" {
		t.Errorf("quotas that are there (-want +got):\n%s", diff)
	}
}

// Whoever writes at the same time is not in the way, unless it never ends.
func TestConflictsAreResolved(t *testing.T) {
	w := ensured(t, aPlan())
	w.quotas.objects["spaces"].Spec.Hard["services"] = amounts("services", "0")["services"]
	w.journal.once["update ResourceQuota spaces"] = conflict()
	if err := w.Ensure(t.Context(), w.plan); err != nil {
		t.Error(err)
	}
	w.journal.take()
	w.journal.fails["apply LimitRange spaces"] = conflict()
	if err := w.Ensure(t.Context(), w.plan); !apierrors.IsConflict(err) {
		t.Errorf("the error is %v, want a conflict", err)
	}
	applied := slices.DeleteFunc(w.journal.take(), func(line string) bool { return line != "apply LimitRange spaces" })
	if len(applied) != attempts {
		t.Errorf("it was tried %d times, want %d", len(applied), attempts)
	}
}

func TestRemove(t *testing.T) {
	for name, tc := range map[string]struct {
		meta metav1.ObjectMeta
		want func(error) bool
	}{
		"what is there":               {meta: metav1.ObjectMeta{Name: "there", UID: "1"}, want: func(err error) bool { return err == nil }},
		"what is gone":                {meta: metav1.ObjectMeta{Name: "gone", UID: "1"}, want: func(err error) bool { return err == nil }},
		"not what has taken its name": {meta: metav1.ObjectMeta{Name: "there", UID: "2"}, want: apierrors.IsConflict},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(aPlan())
			w.bindings.put(&rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "there", UID: "1"}})
			if err := w.kinds.bindings.remove(t.Context(), &rbacv1.RoleBinding{ObjectMeta: tc.meta}); !tc.want(err) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}
