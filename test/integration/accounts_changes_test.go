// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// wantBindings tells whether these are the bindings that the platform keeps in the namespace: the names of the subjects,
// sorted, by the name of the role.
func wantBindings(ctx context.Context, t *testing.T, namespace string, want map[string][]string) error {
	t.Helper()
	list, err := shared.Admin(t).Kube.RbacV1().RoleBindings(namespace).List(ctx, metav1.ListOptions{LabelSelector: "spaces.tenancy.example.io/managed=true"})
	if err != nil {
		return err
	}
	got := map[string][]string{}
	for _, binding := range list.Items {
		for _, subject := range binding.Subjects {
			got[binding.RoleRef.Name] = append(got[binding.RoleRef.Name], subject.Name)
		}
		slices.Sort(got[binding.RoleRef.Name])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("bindings (-want +got):\n%s", diff)
	}
	return nil
}

// What changes in an account reaches the Spaces that there are.
func TestAccountsRollOut(t *testing.T) {
	t.Parallel()
	name := unique("accounts-roll")
	admin, bob := shared.Admin(t), newTenant(t, name+"-bob", ops)
	createAccount(t, admin, name, withSubjects(group(name)))
	alice := newTenant(t, name+"-alice", name)
	alice.space(t, name, withLabel("env", "test"))
	check(t, bob.isShutOutOf(t.Context(), name))
	alone, both := []string{name, alice.name}, []string{name, alice.name, bob.name}
	works := func(ctx context.Context) error { return bob.worksIn(ctx, name) }
	out := func(ctx context.Context) error { return bob.isShutOutOf(ctx, name) }
	sees := func(ctx context.Context) error {
		_, err := spacesOf(bob.Clients).Get(ctx, name, metav1.GetOptions{})
		return err
	}
	bobby := fmt.Sprintf(`{"apiGroup":%q,"kind":"User","name":%q}`, rbacv1.GroupName, bob.name)
	devsOnly := fmt.Sprintf(`{"apiGroup":%q,"kind":"Group","name":%q}`, rbacv1.GroupName, name)
	for _, step := range []struct {
		what, patch string
		bindings    map[string][]string
		bob         func(context.Context) error
		label       string
	}{
		{"a subject more", `"subjects":[` + devsOnly + `,` + bobby + `]`, map[string][]string{"spaces:owner": both}, works, ""},
		{"a subject less", `"subjects":[` + devsOnly + `]`, map[string][]string{"spaces:owner": alone}, out, ""},
		{"another role", `"space":{"clusterRole":"view"}`, map[string][]string{"view": alone}, out, ""},
		{"a role for others", `"space":{"access":[{"clusterRole":"spaces:operator","subjects":[` + bobby + `]}]}`, map[string][]string{"view": alone, "spaces:operator": {bob.name}}, works, ""},
		{"the same role for others", `"space":{"access":[{"clusterRole":"view","subjects":[` + bobby + `]}]}`, map[string][]string{"view": both}, sees, ""},
		{"a label for namespaces", `"space":{"propagate":{"labels":["env"]}}`, map[string][]string{"view": both}, sees, "test"},
		{"as it was", `"space":null`, map[string][]string{"spaces:owner": alone}, out, ""},
	} {
		patchAccount(t, admin, name, `{"spec":{`+step.patch+`}}`)
		eventually(t, step.what+" has reached the Space", func(ctx context.Context) error {
			return errors.Join(wantLabel(ctx, t, name, "env", step.label), wantBindings(ctx, t, name, step.bindings), step.bob(ctx))
		})
	}
}

// What a tenant grants under the name of a role is the tenant's, whatever the platform comes to grant.
func TestAccountsLeaveBindingsOfTenants(t *testing.T) {
	t.Parallel()
	name := unique("accounts-own-bindings")
	admin, bob := shared.Admin(t), newTenant(t, name+"-bob", ops)
	createAccount(t, admin, name, withSubjects(group(name)))
	alice := newTenant(t, name+"-alice", name)
	alice.space(t, name)
	bind(t, alice.Clients, name, "view", clusterRole("edit"), user(bob.name))
	binding := fmt.Sprintf(`{"spec":{"space":{"access":[{"clusterRole":"view","subjects":[{"apiGroup":%q,"kind":"User","name":"carol"}]}]}}}`, rbacv1.GroupName)
	patchAccount(t, admin, name, binding)
	eventually(t, "the role is granted", func(ctx context.Context) error {
		return wantBindings(ctx, t, name, map[string][]string{"spaces:owner": {name, alice.name}, "view": {"carol"}})
	})
	patchAccount(t, admin, name, `{"spec":{"space":null}}`)
	eventually(t, "it is granted no more", func(ctx context.Context) error {
		return wantBindings(ctx, t, name, map[string][]string{"spaces:owner": {name, alice.name}})
	})
	own := must(admin.Kube.RbacV1().RoleBindings(name).Get(t.Context(), "view", metav1.GetOptions{}))(t)
	if own.RoleRef != clusterRole("edit") || len(own.Subjects) != 1 || own.Subjects[0].Name != bob.name || len(own.Labels) > 0 {
		t.Errorf("the binding of the tenant has come to be %+v", own)
	}
}

// Who takes a Space to another account has to be one who may use both. Then it belongs to the other's subjects.
func TestAccountsTransferSpaces(t *testing.T) {
	t.Parallel()
	one, two := unique("accounts-move-a"), unique("accounts-move-b")
	for _, name := range []string{one, two} {
		createAccount(t, shared.Admin(t), name, withSubjects(group(name)))
	}
	createAccount(t, shared.Admin(t), two+"-full", withSubjects(group(two)), withPolicy(v1alpha1.SpacePolicy{MaxTTL: new(v1alpha1.Duration("1h"))}))
	alice, bob, carol := newTenant(t, one+"-alice", one), newTenant(t, two+"-bob", two), newTenant(t, one+"-carol", one, two)
	alice.space(t, one, withTTL("2h"))
	to := func(account string) call { return merge(spacesPath+"/"+one, `{"spec":{"account":"`+account+`"}}`) }
	bind(t, shared.Admin(t), one, "bob", clusterRole("spaces:owner"), user(bob.name))
	awaitSight(t, bob.Clients, one)

	alice.do(t, to(two)).refused(t, forbidden(fmt.Sprintf("User %q cannot use the account %q", alice.name, two)))
	bob.do(t, to(two)).refused(t, forbidden(fmt.Sprintf("User %q cannot use the account %q", bob.name, one)))
	if left := carol.do(t, to("")); !left.fine() || left.space(t).Spec.Account != one {
		t.Errorf("who chooses no account leaves it with its own: %d %s", left.code, left.body)
	}
	carol.do(t, to(two+"-full")).refused(t, invalid("spec.ttl", fmt.Sprintf("2h is longer than 1h, the maxTTL of account %q", two+"-full")))
	checkNamespace(t, one, platformLabels(one, accountLabel, one))
	unbind(t, shared.Admin(t), one, "bob")

	if moved := carol.do(t, to(two)); !moved.fine() || moved.space(t).Spec.Account != two {
		t.Fatalf("carol takes it: %d %s", moved.code, moved.body)
	}
	eventually(t, "it belongs to the other", func(ctx context.Context) error {
		return errors.Join(
			wantLabel(ctx, t, one, accountLabel, two),
			wantBindings(ctx, t, one, map[string][]string{"spaces:owner": {one + "-alice", two}}),
			bob.worksIn(ctx, one), carol.worksIn(ctx, one), alice.worksIn(ctx, one))
	})
	checkNamespace(t, one, platformLabels(one, accountLabel, two))
}

// A namespace that was not made as a Space becomes one when somebody pays for it who may write to it.
func TestAccountsAdoptNamespaces(t *testing.T) {
	t.Parallel()
	name := unique("accounts-adopt")
	admin := shared.Admin(t)
	createAccount(t, admin, name, withSubjects(group(name)), withPolicy(v1alpha1.SpacePolicy{DefaultTTL: new(v1alpha1.Duration("2h"))}))
	alice, bob := newTenant(t, name+"-alice", name), newTenant(t, name+"-bob", name+"-others")
	setClusterRole(t, admin, name, rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"namespaces"}, Verbs: []string{"get", "update"}})
	for _, way := range ways {
		if way.creates {
			continue
		}
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			space := unique("accounts-adopt")
			createNamespace(t, admin, space, map[string]string{"env": "prod", "pod-security.kubernetes.io/enforce": "privileged"})
			bind(t, admin, space, "sight", clusterRole("view"), group(name), user(bob.name))
			awaitSight(t, alice.Clients, space)
			adoption := way.call(space, spaceFields(space, nil, members{"account": name}))
			alice.do(t, adoption).refused(t, forbidden(fmt.Sprintf("User %q cannot adopt it, as that takes to update the namespace %q", alice.name, space)))
			bind(t, admin, space, "writers", clusterRole(name), user(alice.name), user(bob.name))
			bob.await(t, adoption, func(got reply) bool {
				return got.code == http.StatusForbidden && got.status(t).Message == fmt.Sprintf(
					"spaces.spaces.tenancy.example.io %q is forbidden: User %q cannot use the account %q", space, bob.name, name)
			})
			adopted := alice.do(t, adoption)
			if made := adopted.space(t); !adopted.fine() || made.Spec.Account != name || made.Status.CreatedBy != alice.name || made.Status.ExpiresAt == nil {
				t.Fatalf("%d %s", adopted.code, adopted.body)
			}
			alice.awaitOwn(t, space)
			checkNamespace(t, space, platformLabels(space, accountLabel, name, "env", "prod"))
			check(t, wantBindings(t.Context(), t, space, map[string][]string{"spaces:owner": {name, alice.name}}))
			check(t, wantGuards(t.Context(), admin, space, "baseline", 4))
		})
	}
}

// What is the platform's, or Kubernetes' own, becomes nobody's Space, whoever may write to it.
func TestAccountsAdoptNothingReserved(t *testing.T) {
	t.Parallel()
	name := unique("accounts-kube")
	admin := caller{shared.Admin(t), "admin"}
	createAccount(t, admin.Clients, name)
	want := invalid("spec.account", `"kube-public" is reserved for the platform (by the pattern "kube-*")`)
	for _, way := range ways {
		if !way.creates {
			admin.do(t, way.call("kube-public", spaceFields("kube-public", nil, members{"account": name}))).refused(t, want)
		}
	}
	if got := admin.get(t, "kube-public"); got.Spec.Account != "" || got.Status.Conditions[0].Reason != "Unmanaged" {
		t.Errorf("It is %+v", got)
	}
}

// awaitOwn returns when the Space is in place.
func (c caller) awaitOwn(t *testing.T, space string) {
	t.Helper()
	eventually(t, "the Space is in place", func(ctx context.Context) error {
		got, err := spacesOf(c.Clients).Get(ctx, space, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if got.Status.Phase != v1alpha1.SpaceActive || len(got.Status.Conditions) != 1 || got.Status.Conditions[0].Reason != "Provisioned" {
			return fmt.Errorf("its status is %+v", got.Status)
		}
		return c.worksIn(ctx, space)
	})
}

// A label that a Space has no longer goes from its namespace, too, and can come again.
func TestAccountsPropagateLabels(t *testing.T) {
	t.Parallel()
	name := unique("accounts-labels")
	admin := caller{shared.Admin(t), "admin"}
	createAccount(t, admin.Clients, name, withPolicy(v1alpha1.SpacePolicy{Propagate: &v1alpha1.Propagate{Labels: []string{"env"}}}))
	createSpace(t, admin.Clients, newSpace(name, withAccount(name)))
	for _, value := range []string{`"test"`, "null", `"test"`} {
		if got := admin.do(t, merge(spacesPath+"/"+name, `{"metadata":{"labels":{"env":`+value+`}}}`)); !got.fine() {
			t.Fatalf("%d %s", got.code, got.body)
		}
		want := strings.Trim(strings.ReplaceAll(value, "null", ""), `"`)
		eventually(t, "the namespace has the label "+value, func(ctx context.Context) error {
			return wantLabel(ctx, t, name, "env", want)
		})
		eventually(t, "the Space has the label "+value, func(context.Context) error {
			if got := admin.get(t, name).Labels["env"]; got != want {
				return fmt.Errorf("it has %q", got)
			}
			return nil
		})
	}
}

// A label that was removed is not shown any more, though its copy on the namespace takes a moment to go; so one that is set
// again at once is a label of the Space.
func TestAccountsLabelsThatComeAgainAtOnce(t *testing.T) {
	t.Parallel()
	name := unique("accounts-again")
	admin := caller{shared.Admin(t), "admin"}
	createAccount(t, admin.Clients, name, withPolicy(v1alpha1.SpacePolicy{Propagate: &v1alpha1.Propagate{Labels: []string{"env"}}}))
	createSpace(t, admin.Clients, newSpace(name, withAccount(name), withLabel("env", "test")))
	for range 5 {
		for _, value := range []string{"null", `"test"`} {
			got := admin.do(t, merge("/"+name, `{"metadata":{"labels":{"env":`+value+`}}}`)).space(t)
			if _, shown := got.Labels["env"]; shown != (value != "null") {
				t.Fatalf("when the label is %s, the labels are %v", value, got.Labels)
			}
		}
	}
	repaired(t, name)
	if got, behind := admin.get(t, name).Labels["env"], namespace(t, name).Labels["env"]; got != "test" || behind != "test" {
		t.Errorf("in the end the label is %q, and %q on the namespace", got, behind)
	}
}
