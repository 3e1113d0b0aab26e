// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const accountsPath = "/apis/spaces.tenancy.example.io/v1alpha1/accounts"

// An account is not deleted under its Spaces, unless whoever deletes it says that they are to go as well.
func TestAccountsAreDeleted(t *testing.T) {
	t.Parallel()
	name := unique("accounts-delete")
	admin := caller{shared.Admin(t), "admin"}
	createAccount(t, admin.Clients, name, withSubjects(group(name)))
	patchAccount(t, admin.Clients, name, `{"metadata":{"labels":{"test":"`+name+`"}}}`)
	tenant := newTenant(t, name+"-tenant", name)
	for i := range 2 {
		tenant.space(t, fmt.Sprintf("%s-%d", name, i))
	}
	bystander := createSpace(t, admin.Clients, newSpace(name+"-none"))
	path := accountsPath + "/" + name
	used := refusal{code: http.StatusConflict, reason: metav1.StatusReasonConflict, message: []string{fmt.Sprintf("accounts.spaces.tenancy.example.io %q", name),
		"it still has 2 Space(s): delete them first, or delete it with --cascade=foreground, which deletes them, too"}}
	for what, deletion := range map[string]call{
		"DELETE":                   {method: "DELETE", path: path},
		"DELETE in the background": {method: "DELETE", path: path + "?propagationPolicy=Background"},
		"DELETE of orphans":        {method: "DELETE", path: path, body: `{"propagationPolicy":"Orphan"}`},
		"dry DELETE":               {method: "DELETE", path: path + "?dryRun=All"},
		"DELETE of the list":       {method: "DELETE", path: accountsPath + "?labelSelector=test%3D" + name},
	} {
		t.Run(what, func(t *testing.T) { admin.do(t, deletion).refused(t, used) })
	}
	tenant.do(t, call{method: "DELETE", path: path + "?propagationPolicy=Foreground"}).
		refused(t, forbidden(fmt.Sprintf("User %q cannot delete the namespace %q", tenant.name, "account-"+name)))
	if got := admin.do(t, call{method: "DELETE", path: path + "?propagationPolicy=Foreground&dryRun=All"}); got.code != http.StatusOK {
		t.Errorf("a dry run in the foreground: %d %s", got.code, got.body)
	}
	for i := range 2 {
		if space := tenant.get(t, fmt.Sprintf("%s-%d", name, i)); space.DeletionTimestamp != nil {
			t.Errorf("%s is being deleted", space.Name)
		}
	}

	contains(t, runKubectl(t, shared, "admin", "delete", "account", name, "--cascade=foreground"), fmt.Sprintf("account.spaces.tenancy.example.io %q deleted", name))
	if left := append(namespaces(t, "account-"+name), namespaces(t, name+"-0")...); len(left)+len(namespaces(t, name+"-1")) > 0 {
		t.Errorf("kubectl says that the account is deleted, and there is %v", left)
	}
	if got := admin.get(t, bystander.Name); got.DeletionTimestamp != nil {
		t.Error("a Space of nobody's was deleted, too")
	}
	tenant.chooses(t, wayOf(t, "create"), "", []string{"can use no account"})
}

// An account that is deleted with its Spaces is there until they are gone, and takes no new ones meanwhile.
func TestAccountsGoAfterTheirSpaces(t *testing.T) {
	t.Parallel()
	name := unique("accounts-last")
	admin, home := caller{shared.Admin(t), "admin"}, "account-"+name
	createAccount(t, admin.Clients, name, withSubjects(group(name)))
	tenant := newTenant(t, name+"-tenant", name)
	quick, slow := tenant.space(t, name+"-quick"), tenant.space(t, name+"-slow")
	release := hold(t, admin.Clients, slow.Name)
	deletion := call{method: "DELETE", path: accountsPath + "/" + name + "?propagationPolicy=Foreground"}
	admin.do(t, deletion).succeeded(t)

	awaitGone(t, admin.Clients, quick.Name)
	eventually(t, "nothing holds the home any more but its Space", func(ctx context.Context) error {
		behind, err := admin.Kube.CoreV1().Namespaces().Get(ctx, home, metav1.GetOptions{})
		if err == nil && len(behind.Spec.Finalizers) > 0 {
			err = fmt.Errorf("there are %v", behind.Spec.Finalizers)
		}
		return err
	})
	for _, seeing := range []caller{admin, tenant} {
		got := must(accountsOf(seeing.Clients).Get(t.Context(), name, metav1.GetOptions{}))(t)
		if got.DeletionTimestamp == nil || len(got.Finalizers) > 0 {
			t.Errorf("%s sees %+v", seeing.name, got.ObjectMeta)
		}
		seeing.do(t, deletion).succeeded(t)
	}
	admin.do(t, call{method: "POST", body: spaceFields(name+"-new", nil, members{"account": name}).String()}).
		refused(t, refusal{code: http.StatusConflict, reason: metav1.StatusReasonConflict, message: []string{name, "it is being deleted"}})
	release()
	awaitGone(t, admin.Clients, home)
	if namespaceOrNone(t, slow.Name) != nil {
		t.Error("the account is gone, and its Space is not")
	}
}

// Whoever has begun to delete an account need not be there to go on.
func TestAccountsWhoseDeletionWasInterrupted(t *testing.T) {
	t.Parallel()
	name := unique("accounts-broken")
	admin, home := caller{shared.Admin(t), "admin"}, "account-"+name
	createAccount(t, admin.Clients, name)
	spaces := []string{name + "-0", name + "-1"}
	for _, space := range spaces {
		createSpace(t, admin.Clients, newSpace(space, withAccount(name)))
	}
	patchNamespace(t, admin.Clients, home, `{"metadata":{"finalizers":["spaces.tenancy.example.io/spaces"]}}`)
	admin.do(t, call{path: "/" + spaces[0]}).succeeded(t)
	check(t, admin.Kube.CoreV1().Namespaces().Delete(t.Context(), home, metav1.DeleteOptions{}))
	awaitGone(t, admin.Clients, home)
	for _, space := range spaces {
		if namespaceOrNone(t, space) != nil {
			t.Errorf("the account is gone, and its Space %s is not", space)
		}
	}
}

// An account without Spaces goes by itself; one that is going takes no more of them.
func TestAccountsThatAreBeingDeleted(t *testing.T) {
	t.Parallel()
	name := unique("accounts-going")
	admin := caller{shared.Admin(t), "admin"}
	createAccount(t, admin.Clients, name)
	older := createSpace(t, admin.Clients, newSpace(name+"-older"))
	release := hold(t, admin.Clients, "account-"+name)
	check(t, accountsOf(admin.Clients).Delete(t.Context(), name, metav1.DeleteOptions{}))

	going := refusal{code: http.StatusConflict, reason: metav1.StatusReasonConflict, message: []string{fmt.Sprintf("accounts.spaces.tenancy.example.io %q", name), "it is being deleted"}}
	admin.do(t, merge(accountsPath+"/"+name, `{"spec":{"subjects":[]},"metadata":{"labels":{"a":"b"}}}`)).refused(t, going)
	for _, way := range ways {
		space := older.Name
		if way.creates {
			space = unique("accounts-going")
			deleteLater(t, admin.Clients, space)
		}
		t.Run(way.name, func(t *testing.T) {
			if got := admin.do(t, way.call(space, spaceFields(space, nil, members{"account": name}))); got.fine() {
				t.Errorf("%d %s", got.code, got.body)
			}
		})
	}
	release()
	awaitGone(t, admin.Clients, "account-"+name)
	eventually(t, "the account is not found", func(ctx context.Context) error {
		if _, err := accountsOf(admin.Clients).Get(ctx, name, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
			return fmt.Errorf("the account is still there: %w", err)
		}
		return nil
	})
}
