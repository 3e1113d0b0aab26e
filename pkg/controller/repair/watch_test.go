// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package repair

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func quotaIn(namespace, pods string) *corev1.ResourceQuota {
	return &corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "spaces", UID: "1", Labels: map[string]string{"managed": "true"}},
		Spec:       corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{corev1.ResourcePods: resource.MustParse(pods)}},
	}
}

func bindingIn(namespace, name, user string) *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, UID: "1"},
		RoleRef:    rbacv1.RoleRef{Kind: "ClusterRole", Name: "edit"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.UserKind, Name: user}},
	}
}

// changed returns the object after a change.
func changed[T interface{ DeepCopy() T }](object T, change func(T)) T {
	after := object.DeepCopy()
	change(after)
	return after
}

// noErrors checks that there are none.
func noErrors(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
}

func TestSightings(t *testing.T) {
	a, b := quotaIn("a", "5"), quotaIn("b", "5")
	for name, tc := range map[string]struct {
		see  func(*sightings) []error
		want []string
	}{
		"what is there at first": {
			see: func(s *sightings) []error { return []error{s.Replace([]any{a, b}, "1")} },
		},
		"what is put there": {
			see: func(s *sightings) []error { return []error{s.Replace(nil, "1"), s.Add(a), s.Add(b)} },
		},
		"what changes": {
			see:  func(s *sightings) []error { return []error{s.Add(a), s.Add(b), s.Update(quotaIn("a", "6"))} },
			want: []string{"a"},
		},
		"what changes back": {
			see:  func(s *sightings) []error { return []error{s.Add(a), s.Update(quotaIn("a", "6")), s.Update(a)} },
			want: []string{"a", "a"},
		},
		"what is put there anew, and unlike before": {
			see:  func(s *sightings) []error { return []error{s.Add(a), s.Add(quotaIn("a", "6"))} },
			want: []string{"a"},
		},
		"what goes": {
			see:  func(s *sightings) []error { return []error{s.Add(a), s.Add(b), s.Delete(b)} },
			want: []string{"b"},
		},
		"what goes unseen": {
			see:  func(s *sightings) []error { return []error{s.Delete(b)} },
			want: []string{"b"},
		},
		"what goes and comes back": {
			see:  func(s *sightings) []error { return []error{s.Add(a), s.Delete(a), s.Add(quotaIn("a", "6"))} },
			want: []string{"a"},
		},
		"what is there still after a pause": {
			see: func(s *sightings) []error { return []error{s.Add(a), s.Add(b), s.Replace([]any{a, b}, "2")} },
		},
		"what has changed in a pause": {
			see: func(s *sightings) []error {
				return []error{s.Add(a), s.Add(b), s.Replace([]any{quotaIn("a", "6"), b}, "2")}
			},
			want: []string{"a"},
		},
		"what has gone in a pause": {
			see:  func(s *sightings) []error { return []error{s.Add(a), s.Add(b), s.Replace([]any{a}, "2")} },
			want: []string{"b"},
		},
		"what has come in a pause": {
			see: func(s *sightings) []error { return []error{s.Add(a), s.Replace([]any{a, b}, "2")} },
		},
		"what goes after a pause, and only then": {
			see: func(s *sightings) []error {
				return []error{s.Add(a), s.Replace([]any{a}, "2"), s.Replace([]any{a}, "3"), s.Delete(a), s.Replace(nil, "4")}
			},
			want: []string{"a"},
		},
		"nothing on a resync": {
			see: func(s *sightings) []error { return []error{s.Add(a), s.Resync()} },
		},
		"objects of one namespace are apart": {
			see: func(s *sightings) []error {
				return []error{s.Add(bindingIn("a", "edit", "alice")), s.Add(bindingIn("a", "view", "bob")), s.Update(bindingIn("a", "edit", "alice"))}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var told []string
			noErrors(t, tc.see(newSightings(func(namespace string) { told = append(told, namespace) }))...)
			if diff := cmp.Diff(tc.want, told); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
}

// What others may write to an object, and what it says by that, are two things.
func TestSightingsTellOfWhatIsSaid(t *testing.T) {
	limits := &corev1.LimitRange{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "spaces"}}
	closed := &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "spaces"}}
	binding, quota := bindingIn("a", "edit", "alice"), quotaIn("a", "5")
	for name, tc := range map[string]struct {
		before, after any
		want          bool
	}{
		"the spec of a ResourceQuota":   {quota, quotaIn("a", "6"), true},
		"the labels of a ResourceQuota": {quota, changed(quota, func(q *corev1.ResourceQuota) { q.Labels = nil }), true},
		"another ResourceQuota":         {quota, changed(quota, func(q *corev1.ResourceQuota) { q.UID = "2" }), true},
		"the status of a ResourceQuota": {quota, changed(quota, func(q *corev1.ResourceQuota) {
			q.Status.Used, q.ResourceVersion = q.Spec.Hard, "2"
		}), false},
		"the annotations of a ResourceQuota": {quota, changed(quota, func(q *corev1.ResourceQuota) {
			q.Annotations, q.ManagedFields = map[string]string{"seen": "true"}, []metav1.ManagedFieldsEntry{{Manager: "me"}}
		}), false},
		"the spec of a LimitRange": {limits, changed(limits, func(l *corev1.LimitRange) {
			l.Spec.Limits = []corev1.LimitRangeItem{{Type: corev1.LimitTypePod}}
		}), true},
		"the spec of a NetworkPolicy": {closed, changed(closed, func(p *networkingv1.NetworkPolicy) {
			p.Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{{}}
		}), true},
		"the subjects of a RoleBinding": {binding, bindingIn("a", "edit", "mallory"), true},
		"the role of a RoleBinding":     {binding, changed(binding, func(b *rbacv1.RoleBinding) { b.RoleRef.Name = "admin" }), true},
		"no more than the version":      {binding, changed(binding, func(b *rbacv1.RoleBinding) { b.ResourceVersion = "2" }), false},
	} {
		t.Run(name, func(t *testing.T) {
			told := false
			s := newSightings(func(string) { told = true })
			noErrors(t, s.Add(tc.before), s.Update(tc.after))
			if told != tc.want {
				t.Errorf("told: %v, want %v", told, tc.want)
			}
		})
	}
}

func TestSightingsAreOfWhatIsWatched(t *testing.T) {
	for name, object := range map[string]any{
		"an object of another kind": &corev1.Pod{},
		"no object at all":          "a",
	} {
		t.Run(name, func(t *testing.T) {
			s := newSightings(func(string) { t.Error("told") })
			if s.Add(object) == nil || s.Update(object) == nil || s.Replace([]any{object}, "1") == nil {
				t.Error("no error")
			}
		})
	}
	if err := newSightings(func(string) {}).Delete("a"); err == nil {
		t.Error("no error when it is deleted")
	}
}
