// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// What is described is half a minute older than what is said of it, so that it does not matter how long a test takes.
const (
	hourAgo     = -time.Hour - 30*time.Second
	halfHourAgo = -30*time.Minute - 30*time.Second
	lately      = -20*time.Minute - 30*time.Second
)

// full returns a Space that says everything, an hour and a half before it expires.
func full(now time.Time) v1alpha1.Space {
	return v1alpha1.Space{
		ObjectMeta: metav1.ObjectMeta{Name: "dev", CreationTimestamp: metav1.NewTime(now.Add(hourAgo)), Labels: map[string]string{"b": "2", "a": "1"}},
		Spec: v1alpha1.SpaceSpec{
			Account: "team-a", TTL: new(v1alpha1.Duration("2h")), Template: "small", Parameters: map[string]string{"replicas": "3", "image": "nginx"},
		},
		Status: v1alpha1.SpaceStatus{
			Phase: v1alpha1.SpaceActive, CreatedBy: "alice", ExpiresAt: new(metav1.NewTime(now.Add(90 * time.Minute))),
			Conditions: []metav1.Condition{{Type: "Ready", Status: "True", Reason: "Provisioned", Message: "All is\nin place."}},
		},
	}
}

// dying returns a Space with nothing in it that is still there.
func dying(now time.Time) v1alpha1.Space {
	s := terminating("old")
	s.CreationTimestamp, s.DeletionTimestamp = metav1.NewTime(now.Add(hourAgo)), new(metav1.NewTime(now.Add(lately)))
	s.Status.Conditions = []metav1.Condition{{Type: "Deleted", Status: "False", Reason: "FinalizersRemain", Message: "Something in the Space has finalizers."}}
	return s
}

// newFurnished starts a server whose Space dev has all that is described, unless it forbids to read that.
func newFurnished(t *testing.T, now time.Time, forbids bool) {
	t.Helper()
	event := func(name string, at time.Time) corev1.Event {
		return corev1.Event{
			InvolvedObject: corev1.ObjectReference{Kind: "Pod", Name: name}, Type: "Normal", Reason: "Started", Message: "It runs.", LastTimestamp: metav1.NewTime(at),
		}
	}
	furniture := map[string]any{
		"/api/v1/namespaces/dev/resourcequotas": corev1.ResourceQuotaList{Items: []corev1.ResourceQuota{{Status: corev1.ResourceQuotaStatus{
			Hard: corev1.ResourceList{"pods": resource.MustParse("20"), "requests.cpu": resource.MustParse("2")},
			Used: corev1.ResourceList{"pods": resource.MustParse("3"), "requests.cpu": resource.MustParse("500m")},
		}}}},
		"/apis/rbac.authorization.k8s.io/v1/namespaces/dev/rolebindings": rbacv1.RoleBindingList{Items: []rbacv1.RoleBinding{
			{RoleRef: rbacv1.RoleRef{Kind: "Role", Name: "z"}},
			{RoleRef: rbacv1.RoleRef{Kind: "ClusterRole", Name: "spaces:owner"}, Subjects: []rbacv1.Subject{{Kind: "User", Name: "alice"}, {Kind: "Group", Name: "devs"}}},
		}},
		"/api/v1/namespaces/dev/events": corev1.EventList{Items: []corev1.Event{event("first", now.Add(halfHourAgo)), event("last", now.Add(lately))}},
	}
	newServer(t, func(w http.ResponseWriter, r *http.Request) {
		name, isSpace := strings.CutPrefix(r.URL.Path, spacesPath+"/")
		thing, ok := furniture[r.URL.Path]
		switch {
		case isSpace:
			answerOne(w, name, []v1alpha1.Space{full(now), dying(now)})
		case forbids:
			refuse(w, apierrors.NewForbidden(corev1.Resource("things"), "", nil).Status())
		case ok:
			answer(w, http.StatusOK, thing)
		default:
			answer(w, http.StatusOK, corev1.EventList{})
		}
	})
}

func TestDescribe(t *testing.T) {
	now := time.Now()
	stamp := func(after time.Duration) string { return now.Add(after).UTC().Format(time.RFC3339) }
	const ownFields = `Name:        dev
Labels:      a=1,b=2
Account:     team-a
Owner:       alice
Phase:       Active
Created:     60m ago (HOUR-AGO)
TTL:         2h
Expires:     in 1h30m (LATER)
Template:    small
Parameters:  image=nginx,replicas=3
Conditions:
  Type   Status  Reason       Message
  Ready  True    Provisioned  All is in place.
`
	for name, tc := range map[string]struct {
		space   string
		forbids bool
		want    string
	}{
		"everything": {space: "dev", want: ownFields + `Quota:
  Resource      Used  Hard
  pods          3     20
  requests.cpu  500m  2
Access:
  Role                      Subjects
  ClusterRole/spaces:owner  User alice, Group devs
  Role/z                    <none>
Events:
  Last seen  Type    Reason   Object     Message
  20m        Normal  Started  pod/last   It runs.
  30m        Normal  Started  pod/first  It runs.
`},
		"as far as one may see": {space: "space/dev", forbids: true, want: ownFields + `Quota:   <you may not read this in the namespace>
Access:  <you may not read this in the namespace>
Events:  <you may not read this in the namespace>
`},
		"what is being deleted": {space: "old", want: `Name:      old
Labels:    <none>
Account:   <none>
Owner:     <none>
Phase:     Terminating
Created:   60m ago (HOUR-AGO)
Deleted:   since 20m ago (LATELY)
TTL:       <none>
Expires:   never
Template:  <none>
Conditions:
  Type     Status  Reason            Message
  Deleted  False   FinalizersRemain  Something in the Space has finalizers.
Quota:   <none>
Access:  <none>
Events:  <none>
`},
	} {
		t.Run(name, func(t *testing.T) {
			newFurnished(t, now, tc.forbids)
			want := strings.NewReplacer("HOUR-AGO", stamp(hourAgo), "LATELY", stamp(lately), "LATER", stamp(90*time.Minute)).Replace(tc.want)
			if diff := cmp.Diff(success(want), invoke(t, "kubectl-space", "describe", tc.space), cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("unexpected result (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDescribeFails(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"without a name":               {want: "error: exactly one NAME is required, got 0\nSee 'kubectl space describe -h' for help and examples\n"},
		"for something else":           {args: []string{"pod/dev"}, want: `error: "pod/dev" is not a Space: say NAME or space/NAME` + "\n"},
		"for what the caller sees not": {args: []string{"prod"}, want: `Error from server (NotFound): spaces.spaces.tenancy.example.io "prod" not found` + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			newFurnished(t, time.Now(), false)
			got := invoke(t, "kubectl-space", append([]string{"describe"}, tc.args...)...)
			if diff := cmp.Diff(failure(tc.want), got, cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("unexpected result (-want +got):\n%s", diff)
			}
		})
	}
}
