// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	applyrbacv1 "k8s.io/client-go/applyconfigurations/rbac/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

func serviceAccount(namespace, name string) rbacv1.Subject {
	return rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: name}
}

func TestGrants(t *testing.T) {
	for name, tc := range map[string]struct {
		creator  string
		subjects []rbacv1.Subject
		role     string
		access   []spaces.Access
		want     []grant
	}{
		"the creator alone": {creator: "alice", role: "edit", want: []grant{{"spaces:role:edit", "edit", []rbacv1.Subject{aUser("alice")}}}},
		"the subjects of the account, and the creator": {
			creator: "alice", role: "edit", subjects: []rbacv1.Subject{group("devs"), serviceAccount("ci", "bot")},
			want: []grant{{"spaces:role:edit", "edit", []rbacv1.Subject{group("devs"), serviceAccount("ci", "bot"), aUser("alice")}}},
		},
		"a creator who is one of them is there once": {
			creator: "alice", role: "edit", subjects: []rbacv1.Subject{{Kind: "User", Name: "alice"}, group("devs"), group("devs")},
			want: []grant{{"spaces:role:edit", "edit", []rbacv1.Subject{aUser("alice"), group("devs")}}},
		},
		"a creator that is a ServiceAccount has its name as a user": {
			creator: "system:serviceaccount:ci:bot", role: "edit",
			want: []grant{{"spaces:role:edit", "edit", []rbacv1.Subject{aUser("system:serviceaccount:ci:bot")}}},
		},
		"nobody has the role": {role: "edit", access: []spaces.Access{{ClusterRole: "view"}}},
		"further roles, each once": {
			creator: "alice", role: "edit", access: []spaces.Access{
				{ClusterRole: "view", Subjects: []rbacv1.Subject{group("sre")}},
				{ClusterRole: "edit", Subjects: []rbacv1.Subject{group("ops"), aUser("alice")}},
				{ClusterRole: "view", Subjects: []rbacv1.Subject{{Kind: "Group", Name: "sre"}, group("audit")}},
			},
			want: []grant{
				{"spaces:role:edit", "edit", []rbacv1.Subject{aUser("alice"), group("ops")}},
				{"spaces:role:view", "view", []rbacv1.Subject{group("sre"), group("audit")}},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := Plan{
				Space:    &spaces.Space{Status: spaces.SpaceStatus{CreatedBy: tc.creator}},
				Policy:   spaces.SpacePolicy{ClusterRole: tc.role, Access: tc.access},
				Subjects: tc.subjects,
			}.grants()
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(grant{})); diff != "" {
				t.Errorf("grants (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBinding(t *testing.T) {
	g := grant{"spaces:owner", "spaces:owner", []rbacv1.Subject{aUser("alice"), serviceAccount("ci", "bot")}}
	want := applyrbacv1.RoleBinding("spaces:owner", "a").
		WithLabels(map[string]string{"app.kubernetes.io/managed-by": "spaces", "spaces.tenancy.example.io/managed": "true"}).
		WithRoleRef(applyrbacv1.RoleRef().WithAPIGroup("rbac.authorization.k8s.io").WithKind("ClusterRole").WithName("spaces:owner")).
		WithSubjects(
			applyrbacv1.Subject().WithAPIGroup("rbac.authorization.k8s.io").WithKind("User").WithName("alice"),
			applyrbacv1.Subject().WithKind("ServiceAccount").WithNamespace("ci").WithName("bot"),
		)
	if diff := cmp.Diff(want, g.binding("a")); diff != "" {
		t.Errorf("RoleBinding (-want +got):\n%s", diff)
	}
}

func TestRest(t *testing.T) {
	grants := []grant{{"spaces:role:edit", "edit", []rbacv1.Subject{aUser("alice"), group("devs")}}, {"spaces:role:view", "view", []rbacv1.Subject{group("sre")}}}
	for name, tc := range map[string]struct {
		binding  string
		role     string
		subjects []rbacv1.Subject
		want     []rbacv1.Subject
	}{
		"all of them":                      {binding: "spaces:role:edit", role: "edit", subjects: []rbacv1.Subject{group("devs"), aUser("alice")}, want: []rbacv1.Subject{group("devs"), aUser("alice")}},
		"those who are left":               {binding: "spaces:role:edit", role: "edit", subjects: []rbacv1.Subject{group("devs"), aUser("bob")}, want: []rbacv1.Subject{group("devs")}},
		"nobody who has another role":      {binding: "spaces:role:view", role: "view", subjects: []rbacv1.Subject{aUser("alice")}, want: []rbacv1.Subject{}},
		"nobody by a binding that is gone": {binding: "admin", role: "admin", subjects: []rbacv1.Subject{aUser("alice")}},
		"nobody by a role of another name": {binding: "spaces:role:edit", role: "admin", subjects: []rbacv1.Subject{aUser("alice")}},
	} {
		t.Run(name, func(t *testing.T) {
			binding := &rbacv1.RoleBinding{
				ObjectMeta: metav1.ObjectMeta{Name: tc.binding},
				RoleRef:    grant{role: tc.role}.roleRef(),
				Subjects:   tc.subjects,
			}
			if diff := cmp.Diff(tc.want, rest(binding, grants)); diff != "" {
				t.Errorf("rest (-want +got):\n%s", diff)
			}
		})
	}
}
