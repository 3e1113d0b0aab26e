// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"fmt"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tenancy.example.io/spaces/test/cluster"
)

// sight is something that can be given to a user and taken away, and lets the user see one namespace.
type sight struct {
	give, take func(t *testing.T)
}

// sights are the ways to let a user see a namespace. Each prepares what is there before and after.
func sights(admin cluster.Clients) map[string]func(t *testing.T, namespace, name string) sight {
	return map[string]func(t *testing.T, namespace, name string) sight{
		"a RoleBinding to the user": func(_ *testing.T, namespace, name string) sight {
			return byBinding(admin, namespace, user(name))
		},
		"a RoleBinding to a group of the user": func(_ *testing.T, namespace, name string) sight {
			return byBinding(admin, namespace, group(groupOf(name)))
		},
		"a RoleBinding that gets another subject": func(t *testing.T, namespace, name string) sight {
			bind(t, admin, namespace, "sight", clusterRole("view"))
			return bySubjects(admin, namespace, name)
		},
		"a ClusterRoleBinding to the user": func(t *testing.T, namespace, name string) sight {
			setClusterRole(t, admin, name, getNamespaces(namespace))
			return byClusterBinding(admin, name)
		},
		"an edit of a Role": func(t *testing.T, namespace, name string) sight {
			setRole(t, admin, namespace)
			bind(t, admin, namespace, "sight", role("sight"), user(name))
			return sight{
				give: func(t *testing.T) { setRole(t, admin, namespace, getNamespaces()) },
				take: func(t *testing.T) { setRole(t, admin, namespace) },
			}
		},
		"an edit of a ClusterRole": func(t *testing.T, namespace, name string) sight {
			setClusterRole(t, admin, name)
			bind(t, admin, namespace, "sight", clusterRole(name), user(name))
			return sight{
				give: func(t *testing.T) { setClusterRole(t, admin, name, getNamespaces(namespace)) },
				take: func(t *testing.T) { setClusterRole(t, admin, name, getNamespaces("elsewhere")) },
			}
		},
		"a ClusterRole that is aggregated to another": func(t *testing.T, namespace, name string) sight {
			aggregate(t, admin, name)
			bind(t, admin, namespace, "sight", clusterRole(name), user(name))
			setClusterRole(t, admin, name+"-part", getNamespaces())
			return sight{
				give: func(t *testing.T) { labelClusterRole(t, admin, name+"-part", `"`+name+`"`) },
				take: func(t *testing.T) { labelClusterRole(t, admin, name+"-part", "null") },
			}
		},
	}
}

func groupOf(name string) string { return name + "-friends" }

func byBinding(admin cluster.Clients, namespace string, subject rbacv1.Subject) sight {
	return sight{
		give: func(t *testing.T) { bind(t, admin, namespace, "sight", clusterRole("view"), subject) },
		take: func(t *testing.T) { unbind(t, admin, namespace, "sight") },
	}
}

func bySubjects(admin cluster.Clients, namespace, name string) sight {
	set := func(t *testing.T, subjects string) {
		patch := fmt.Appendf(nil, `{"subjects":[%s]}`, subjects)
		must(admin.Kube.RbacV1().RoleBindings(namespace).
			Patch(t.Context(), "sight", types.MergePatchType, patch, metav1.PatchOptions{}))(t)
	}
	subject := fmt.Sprintf(`{"apiGroup":%q,"kind":"User","name":%q}`, rbacv1.GroupName, name)
	return sight{
		give: func(t *testing.T) { set(t, subject) },
		take: func(t *testing.T) { set(t, "") },
	}
}

func byClusterBinding(admin cluster.Clients, name string) sight {
	bindings := admin.Kube.RbacV1().ClusterRoleBindings()
	return sight{
		give: func(t *testing.T) {
			binding := &rbacv1.ClusterRoleBinding{
				ObjectMeta: metav1.ObjectMeta{Name: name}, RoleRef: clusterRole(name), Subjects: []rbacv1.Subject{user(name)},
			}
			must(bindings.Create(t.Context(), binding, metav1.CreateOptions{}))(t)
		},
		take: func(t *testing.T) { check(t, bindings.Delete(t.Context(), name, metav1.DeleteOptions{})) },
	}
}

func setRole(t *testing.T, admin cluster.Clients, namespace string, rules ...rbacv1.PolicyRule) {
	t.Helper()
	check(t, put(t.Context(), admin.Kube.RbacV1().Roles(namespace), &rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Name: "sight"}, Rules: rules,
	}))
}

func setClusterRole(t *testing.T, admin cluster.Clients, name string, rules ...rbacv1.PolicyRule) {
	t.Helper()
	check(t, put(t.Context(), admin.Kube.RbacV1().ClusterRoles(), &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: rules,
	}))
	removeClusterRoleLater(t, admin, name)
}

func aggregate(t *testing.T, admin cluster.Clients, name string) {
	t.Helper()
	check(t, put(t.Context(), admin.Kube.RbacV1().ClusterRoles(), &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		AggregationRule: &rbacv1.AggregationRule{ClusterRoleSelectors: []metav1.LabelSelector{
			{MatchLabels: map[string]string{"example.com/part-of": name}},
		}},
	}))
	removeClusterRoleLater(t, admin, name)
}

func labelClusterRole(t *testing.T, admin cluster.Clients, name, value string) {
	t.Helper()
	patch := fmt.Appendf(nil, `{"metadata":{"labels":{"example.com/part-of":%s}}}`, value)
	must(admin.Kube.RbacV1().ClusterRoles().Patch(t.Context(), name, types.MergePatchType, patch, metav1.PatchOptions{}))(t)
}

func removeClusterRoleLater(t *testing.T, admin cluster.Clients, name string) {
	t.Cleanup(func() {
		_ = admin.Kube.RbacV1().ClusterRoles().Delete(context.WithoutCancel(t.Context()), name, metav1.DeleteOptions{})
	})
}
