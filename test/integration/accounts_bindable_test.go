// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"fmt"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A role that the platform may not bind would let nobody into any Space, so nobody can name it: not even who may do
// everything. Who is refused is told what to do, and that is all it takes.
func TestAccountsNameWhatThePlatformMayBind(t *testing.T) {
	t.Parallel()
	name := unique("accounts-bindable")
	admin := caller{shared.Admin(t), "admin"}
	createAccount(t, admin.Clients, name, withSubjects(group(name)))
	setClusterRole(t, admin.Clients, name, getNamespaces(), rule("apps", "deployments", "create"))
	want := forbidden(fmt.Sprintf("the platform itself cannot bind the ClusterRole %q: let it do so first, by the verb bind in its own ClusterRole spaces:apiserver", name))
	for what, policy := range map[string]members{
		"clusterRole":           {"clusterRole": name},
		"access":                {"access": []members{{"clusterRole": name, "subjects": []any{user("eve")}}}},
		"kubeconfigClusterRole": {"kubeconfigClusterRole": name},
	} {
		t.Run(what, func(t *testing.T) {
			admin.cannot(want, accountWrites(name, nil, members{"space": policy})...)(t)
			patch := members{"spec": members{"space": policy}}.String()
			admin.cannot(want, merge(clusterQuotaPath+"/cluster", patch), dry(merge(clusterQuotaPath+"/cluster", patch)))(t)
		})
	}

	letThePlatformBind(t, name)
	admin.await(t, merge(accountsPath+"/"+name, `{"spec":{"space":{"clusterRole":"`+name+`"}}}`), reply.fine)
	alice := newTenant(t, name+"-alice", name)
	alice.space(t, name)
	check(t, alice.worksIn(t.Context(), name))
	check(t, wantBindings(t.Context(), t, name, map[string][]string{name: {name, alice.name}}))
}

// letThePlatformBind lets our server bind the role, until the test ends.
func letThePlatformBind(t *testing.T, role string) {
	t.Helper()
	admin := shared.Admin(t)
	bind := rule(rbacv1.GroupName, "clusterroles", "bind")
	bind.ResourceNames = []string{role}
	setClusterRole(t, admin, role+"-bind", bind)
	bindings := admin.Kube.RbacV1().ClusterRoleBindings()
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: role + "-bind"}, RoleRef: clusterRole(role + "-bind"),
		Subjects: []rbacv1.Subject{serviceAccount("spaces-system", "spaces-apiserver")},
	}
	must(bindings.Create(t.Context(), binding, metav1.CreateOptions{}))(t)
	t.Cleanup(func() {
		_ = bindings.Delete(context.WithoutCancel(t.Context()), binding.Name, metav1.DeleteOptions{})
	})
}
