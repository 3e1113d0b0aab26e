// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// Who is in a group that has an account, and may do nothing else, has Spaces: guarded, charged, and theirs at once.
func TestAccountsGiveSpaces(t *testing.T) {
	t.Parallel()
	name := unique("accounts-give")
	createAccount(t, shared.Admin(t), name, withSubjects(group(name)), withPolicy(v1alpha1.SpacePolicy{
		DefaultQuota: quota("pods", "5", "requests.cpu", "2", "requests.memory", "2Gi", "limits.memory", "4Gi"),
	}))
	tenant := newTenant(t, name+"-tenant", name)
	space := tenant.space(t, name)
	for _, step := range []struct {
		name string
		call call
		want int
		says string
	}{
		{"create a Deployment", deploymentIn(name), http.StatusCreated, `"kind":"Deployment"`},
		{"create a pod without requests", podIn(name, ""), http.StatusCreated, `"resources":{"limits":{"memory":"512Mi"},"requests":{"cpu":"100m","memory":"128Mi"}}`},
		{"create a privileged pod", podIn(name, `,"securityContext":{"privileged":true}`), http.StatusForbidden, `violates PodSecurity \"baseline:latest\": privileged`},
		{"see the NetworkPolicies", call{path: "/apis/networking.k8s.io/v1/namespaces/" + name + "/networkpolicies"}, http.StatusOK, `"name":"spaces-deny"`},
		{"see the ResourceQuota", call{path: "/api/v1/namespaces/" + name + "/resourcequotas/spaces"}, http.StatusOK, `"hard":{"limits.memory":"4Gi","pods":"5","requests.cpu":"2","requests.memory":"2Gi"}`},
		{"see the LimitRange", call{path: "/api/v1/namespaces/" + name + "/limitranges/spaces"}, http.StatusOK, `"type":"Container"`},
		{"see the bindings", call{path: "/apis/rbac.authorization.k8s.io/v1/namespaces/" + name + "/rolebindings/spaces:owner"}, http.StatusOK, `"name":"` + name + `"`},
		{"create a namespace", call{method: "POST", path: "/api/v1/namespaces", body: `{"metadata":{"name":"` + name + `-2"}}`}, http.StatusForbidden, `cannot create resource \"namespaces\"`},
	} {
		if got := tenant.do(t, step.call); got.code != step.want {
			t.Errorf("%s: want %d, have %d %s", step.name, step.want, got.code, got.body)
		} else {
			contains(t, got.body, step.says)
		}
	}
	if space.Spec.Account != name || space.Status.Phase != v1alpha1.SpaceActive || space.Status.CreatedBy != tenant.name {
		t.Errorf("The Space is %+v", space)
	}
	labels := platformLabels(name, accountLabel, name)
	checkNamespace(t, name, labels)
	if diff := cmp.Diff(labels, tenant.get(t, name).Labels); diff != "" {
		t.Errorf("labels of the Space (-want +got):\n%s", diff)
	}
	contains(t, tenant.kubectl(t, "get", "spaces", "--no-headers"), name+" "+name+" Active <never>")
}

// The account of a Space is the only one that its creator may use, unless the creator says which.
func TestAccountsAreChosen(t *testing.T) {
	t.Parallel()
	one, two := unique("accounts-choose-a"), unique("accounts-choose-b")
	for _, name := range []string{one, two} {
		createAccount(t, shared.Admin(t), name, withSubjects(group(name)))
	}
	none := []string{"can use no account, nor create namespaces at the cluster scope: ask an administrator to make you a subject of an account"}
	several := []string{fmt.Sprintf("can use several accounts: choose one of %s, %s for spec.account", one, two)}
	for name, tc := range map[string]struct {
		groups      []string
		wantAccount string
		wantRefusal []string
	}{
		"who may use one is charged to it":                                        {groups: []string{one}, wantAccount: one},
		"who may use several has to choose":                                       {groups: []string{one, two}, wantRefusal: several},
		"who may use none is told what to do":                                     {groups: []string{"accounts-choose-others"}, wantRefusal: none},
		"who may create namespaces is charged to none":                            {groups: []string{devs}},
		"who may create namespaces, and use one account, is charged to that":      {groups: []string{devs, one}, wantAccount: one},
		"who may create namespaces, and use several accounts, is charged to none": {groups: []string{devs, one, two}},
		"a cluster administrator, who may use all accounts, is charged to none":   {groups: []string{"system:masters"}},
		"a cluster administrator who is a subject of an account is, too":          {groups: []string{"system:masters", one}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tenant := newTenant(t, unique("accounts-choose"), tc.groups...)
			for _, way := range ways {
				if way.creates {
					tenant.chooses(t, way, tc.wantAccount, tc.wantRefusal)
				}
			}
		})
	}
}

// chooses creates a Space without an account, which is to be charged to that one or refused.
func (c caller) chooses(t *testing.T, how way, wantAccount string, wantRefusal []string) {
	t.Helper()
	name := unique("accounts-chosen")
	deleteLater(t, shared.Admin(t), name)
	got := c.do(t, how.call(name, spaceFields(name, nil, nil)))
	if wantRefusal != nil {
		got.refused(t, forbidden(append(wantRefusal, fmt.Sprintf("User %q", c.name))...))
		return
	}
	if account := got.space(t).Spec.Account; !got.fine() || account != wantAccount {
		t.Errorf("%s: want it charged to %q, have %d %s", how.name, wantAccount, got.code, got.body)
	}
}

// Who sees all namespaces may still use one account only.
func TestAccountsAreChosenForWhoSeesAll(t *testing.T) {
	t.Parallel()
	name := unique("accounts-all")
	admin := shared.Admin(t)
	createAccount(t, admin, name, withSubjects(group(name)))
	tenant := newTenant(t, name+"-tenant", name)
	setClusterRole(t, admin, tenant.name, getNamespaces())
	binding := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name}, RoleRef: clusterRole(tenant.name), Subjects: []rbacv1.Subject{user(tenant.name)}}
	must(admin.Kube.RbacV1().ClusterRoleBindings().Create(t.Context(), binding, metav1.CreateOptions{}))(t)
	awaitSight(t, tenant.Clients, metav1.NamespaceDefault)
	if space := tenant.space(t, name); space.Spec.Account != name {
		t.Errorf("want it charged to %q, have %q", name, space.Spec.Account)
	}
}

// What was chosen stays, when the manifest that did not say it comes again.
func TestAccountsStay(t *testing.T) {
	t.Parallel()
	name := unique("accounts-stay")
	createAccount(t, shared.Admin(t), name, withSubjects(group(name)), withPolicy(v1alpha1.SpacePolicy{DefaultTTL: new(v1alpha1.Duration("2h"))}))
	for who, groups := range map[string][]string{"a member": {name}, "a member who may create namespaces": {name, devs}} {
		for _, way := range ways {
			if way.creates {
				continue
			}
			t.Run(way.name+" by "+who, func(t *testing.T) {
				t.Parallel()
				tenant, space := newTenant(t, unique("accounts-stay"), groups...), unique("accounts-stay")
				manifest := spaceFields(space, members{"annotations": members{"a": "b"}}, nil)
				tenant.do(t, wayOf(t, "creating apply").call(space, manifest)).succeeded(t)
				got := tenant.do(t, way.call(space, manifest))
				if after := got.space(t); !got.fine() || after.Spec.Account != name || ttl(after) != "2h" {
					t.Errorf("want it charged to %q, have %d %s", name, got.code, got.body)
				}
			})
		}
	}
}

// Members see their account; to others it is not there, and its home is nobody's Space.
func TestAccountsAreSeenByTheirMembers(t *testing.T) {
	t.Parallel()
	name := unique("accounts-seen")
	createAccount(t, shared.Admin(t), name, withSubjects(group(name)))
	member, other := newTenant(t, name+"-member", name), newTenant(t, name+"-other", "accounts-seen-others")

	matches(t, member.kubectl(t, "get", "accounts", "--no-headers"), name+` +Group/`+name+` +\d+ +\S+ +\S+ +\S+\n`)
	contains(t, member.kubectl(t, "get", "acc", name, "-o", "yaml"), "name: "+name, "reason: Provisioned")
	events := member.follow(t, "get", "accounts", "-w", "--output-watch-events", "--no-headers")
	events.await(t, "ADDED", name)
	patchAccount(t, shared.Admin(t), name, `{"metadata":{"labels":{"a":"b"}}}`)
	events.awaitAfter(t, "MODIFIED", name) // it may be ADDED once more, as to whoever has just been let in
	list := must(spacesOf(member.Clients).List(t.Context(), metav1.ListOptions{}))(t)
	if len(list.Items) > 0 {
		t.Errorf("the member sees %v", namesOf(list.Items))
	}
	contains(t, member.kubectlFails(t, "get", "space", "account-"+name), "Error from server (NotFound)")

	if diff := cmp.Diff(said{stderr: "No resources found\n"}, other.try(t, "get", "accounts"), cmp.AllowUnexported(said{})); diff != "" {
		t.Errorf("another gets (-want +got):\n%s", diff)
	}
	for _, account := range []string{name, "accounts-absent"} {
		for _, args := range [][]string{{"get", "account", account}, {"delete", "account", account}, {"label", "account", account, "a=b"}} {
			contains(t, other.kubectlFails(t, args...), fmt.Sprintf(`Error from server (NotFound): accounts.spaces.tenancy.example.io "%s" not found`, account))
		}
	}
	_, err := spacesOf(shared.Admin(t)).Get(t.Context(), "account-"+name, metav1.GetOptions{})
	if !apierrors.IsNotFound(err) {
		t.Errorf("an administrator gets the home as a Space: %v", err)
	}
}

// A generated name is no longer than the name of an account may be.
func TestAccountsOfGeneratedNames(t *testing.T) {
	t.Parallel()
	admin := caller{shared.Admin(t), "admin"}
	prefix := unique("accounts-generated-") + strings.Repeat("a", 30)
	for _, length := range []int{20, 51, 55} {
		body := members{"metadata": members{"generateName": prefix[:length]}}
		var account v1alpha1.Account
		got := admin.do(t, call{method: "POST", path: accountsPath, body: body.String()})
		got.succeeded(t)
		got.into(t, &account)
		deleteAccountLater(t, admin.Clients, account.Name)
		if kept := min(length, 50); !strings.HasPrefix(account.Name, prefix[:kept]) || len(account.Name) != kept+5 {
			t.Errorf("of the first %d characters of %q, the account has the name %q", length, prefix, account.Name)
		}
	}
	admin.do(t, call{method: "POST", path: accountsPath, body: `{"metadata":{"generateName":"` + prefix[:56] + `"}}`}).
		refused(t, invalid("metadata.generateName", "must be no more than 55 characters"))
}
