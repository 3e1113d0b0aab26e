// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"fmt"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

// Whoever has created an account lets others in by plain RBAC in its home, and changes nothing else of it.
func TestAccountsAreOpenedByTheirOwners(t *testing.T) {
	t.Parallel()
	name := unique("accounts-owner")
	alice, bob := newCaller(t, name+"-alice", devs), newTenant(t, name+"-bob", name)
	contains(t, alice.kubectl(t, "apply", "-f", file(t, "apiVersion: spaces.tenancy.example.io/v1alpha1\nkind: Account\nmetadata: {name: "+name+"}\n")), "created")
	deleteAccountLater(t, shared.Admin(t), name)
	bob.chooses(t, wayOf(t, "create"), "", []string{"can use no account"})
	for _, role := range []string{"edit", "cluster-admin", "spaces:owner"} {
		contains(t, alice.kubectlFails(t, "-n", "account-"+name, "create", "rolebinding", "more", "--clusterrole="+role, "--user="+bob.name), "is attempting to grant RBAC permissions not currently held")
	}
	contains(t, alice.kubectlFails(t, "patch", "account", name, "--type=merge", "-p", `{"spec":{"space":{"maxTTL":"1h"}}}`),
		fmt.Sprintf(`User %q cannot manage it, nor update the namespace "account-%s"`, alice.name, name))

	contains(t, alice.kubectl(t, "-n", "account-"+name, "create", "rolebinding", "bob", "--clusterrole=spaces:account-user", "--user="+bob.name), "created")
	awaitAccounts(t, bob.Clients, name)
	// What an owner lets somebody use is not chosen for that one, who has not asked for it.
	bob.chooses(t, wayOf(t, "create"), "", []string{"is not a subject of the account", "say " + name + " for spec.account"})
	bob.space(t, name+"-bobs", withAccount(name))
	alice.space(t, name)
	check(t, bob.isShutOutOf(t.Context(), name)) // he is none of its subjects

	contains(t, alice.kubectl(t, "-n", "account-"+name, "delete", "rolebinding", "bob"), "deleted")
	awaitAccounts(t, bob.Clients)
	bob.chooses(t, wayOf(t, "create"), "", []string{"can use no account"})
	if spaces := bob.names(t); len(spaces) != 1 {
		t.Errorf("bob has kept %v", spaces)
	}
}

// Who may change a Space, and no more, does not come to own it by taking it to another account.
func TestEditorsTakeNoSpaces(t *testing.T) {
	t.Parallel()
	name := unique("accounts-editor")
	admin := shared.Admin(t)
	owner, editor := newTenant(t, name+"-owner", name), newTenant(t, name+"-editor", name+"-editors")
	createAccount(t, admin, name, withSubjects(group(name)))
	createAccount(t, admin, name+"-own", withSubjects(group(name+"-editors")))
	owner.space(t, name, withAccount(name))
	setClusterRole(t, admin, name, rbacv1.PolicyRule{APIGroups: []string{v1alpha1.GroupName}, Resources: []string{"spaces"}, Verbs: []string{"manage"}}, getNamespaces())
	bind(t, admin, name, "editor", clusterRole(name), user(editor.name))
	bind(t, admin, "account-"+name, "editor", clusterRole("spaces:account-user"), user(editor.name))
	awaitSight(t, editor.Clients, name)
	taken := changed(name, nil, members{"account": name + "-own"})
	editor.cannot(forbidden("cannot charge it to another account, as that lets its subjects in"), taken...)(t)
	bind(t, admin, name, "lets-in", clusterRole("admin"), user(editor.name))
	eventually(t, "who lets others in may", func(context.Context) error {
		if got := editor.do(t, taken[0]); !got.fine() {
			return fmt.Errorf("%d %s", got.code, got.body)
		}
		return nil
	})
}

// awaitAccounts returns when these are all accounts that the user sees.
func awaitAccounts(t *testing.T, user cluster.Clients, names ...string) {
	t.Helper()
	eventually(t, "the accounts are listed", func(ctx context.Context) error {
		list, err := accountsOf(user).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		if len(list.Items) != len(names) || len(names) > 0 && list.Items[0].Name != names[0] {
			return fmt.Errorf("they are %v", list.Items)
		}
		return nil
	})
}

// Nobody hands out by an account what they could not hand out without it.
func TestAccountsGrantWhatTheirWriterMayGrant(t *testing.T) {
	t.Parallel()
	name := unique("accounts-role")
	admin, alice := shared.Admin(t), newCaller(t, name+"-alice", devs)
	policies := map[string]members{
		"clusterRole":           {"clusterRole": "edit"},
		"access":                {"access": []members{{"clusterRole": "edit", "subjects": []members{}}}},
		"access for others":     {"clusterRole": "spaces:owner", "access": []members{{"clusterRole": "edit", "subjects": []rbacv1.Subject{user("bob")}}}},
		"kubeconfigClusterRole": {"kubeconfigClusterRole": "admin"},
	}
	wanted := func(name string) refusal {
		return forbidden(fmt.Sprintf("accounts.spaces.tenancy.example.io %q is forbidden: User %q cannot bind the ClusterRole", name, alice.name))
	}
	account := func(name string, policy members) string {
		return members{"apiVersion": "spaces.tenancy.example.io/v1alpha1", "kind": "Account", "metadata": members{"name": name}, "spec": members{"space": policy}}.String()
	}
	createAccount(t, admin, name)
	manage := rbacv1.PolicyRule{APIGroups: []string{v1alpha1.GroupName}, Resources: []string{"accounts"}, Verbs: []string{"manage"}}
	setClusterRole(t, admin, name, manage, getNamespaces())
	bind(t, admin, "account-"+name, "manager", clusterRole(name), user(alice.name))
	bindEverywhere(t, admin, name+"-manage", user(alice.name), manage)
	awaitAccounts(t, alice.Clients, name)
	for what, policy := range policies {
		t.Run(what, func(t *testing.T) {
			alice.do(t, call{method: "POST", path: accountsPath, body: account(name+"-new", policy)}).refused(t, wanted(name+"-new"))
			alice.do(t, call{method: "POST", path: accountsPath + "?dryRun=All", body: account(name+"-new", policy)}).refused(t, wanted(name+"-new"))
			alice.do(t, merge(accountsPath+"/"+name, members{"spec": members{"space": policy}}.String())).refused(t, wanted(name))
			alice.do(t, call{method: "PUT", path: accountsPath + "/" + name, body: account(name, policy)}).refused(t, wanted(name))
		})
	}
	alice.do(t, merge(accountsPath+"/"+name, `{"spec":{"space":{"clusterRole":"spaces:owner","maxTTL":"8h"}}}`)).succeeded(t)
	bindEverywhere(t, admin, name+"-bind", user(alice.name),
		rbacv1.PolicyRule{APIGroups: []string{rbacv1.GroupName}, Resources: []string{"clusterroles"}, ResourceNames: []string{"edit", "admin"}, Verbs: []string{"bind"}})
	for _, policy := range policies {
		alice.await(t, merge(accountsPath+"/"+name, members{"spec": members{"space": policy}}.String()), reply.fine)
	}
}

// A ServiceAccount is a subject like any other: of the home if nothing else is said, and not of any other namespace.
func TestAccountsOfServiceAccounts(t *testing.T) {
	t.Parallel()
	name := unique("accounts-robot")
	admin := shared.Admin(t)
	createNamespace(t, admin, name+"-other", nil)
	createAccount(t, admin, name, withSubjects(serviceAccount("", "robot"), serviceAccount(name+"-other", "bot")))
	robot, bot := newRobot(t, "account-"+name, "robot"), newRobot(t, name+"-other", "bot")
	stranger := newRobot(t, name+"-other", "robot")
	stranger.chooses(t, wayOf(t, "create"), "", []string{"can use no account"})
	for _, who := range []caller{robot, bot} {
		space := who.space(t, unique("accounts-robots"))
		who.do(t, deploymentIn(space.Name)).succeeded(t)
		if space.Spec.Account != name || space.Status.CreatedBy != who.name {
			t.Errorf("of %s: %+v", who.name, space)
		}
		eventually(t, "all subjects are in, and nobody else", func(ctx context.Context) error {
			return errors.Join(robot.worksIn(ctx, space.Name), bot.worksIn(ctx, space.Name), stranger.isShutOutOf(ctx, space.Name))
		})
	}
}

// newRobot returns a ServiceAccount that may ask for Spaces.
func newRobot(t *testing.T, namespace, name string) caller {
	t.Helper()
	admin := shared.Admin(t)
	robots := admin.Kube.CoreV1().ServiceAccounts(namespace)
	must(robots.Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{}))(t)
	admitTenant(t, admin, namespace+"-"+name, serviceAccount(namespace, name))
	token := must(robots.CreateToken(t.Context(), name, &authenticationv1.TokenRequest{}, metav1.CreateOptions{}))(t).Status.Token
	robot := caller{cluster.ClientsFor(t, edited(admin, withToken(token))), "system:serviceaccount:" + namespace + ":" + name}
	robot.awaitFrontDoor(t)
	return robot
}
