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
	for i := range 2 {
		awaitGone(t, admin.Clients, fmt.Sprintf("%s-%d", name, i))
	}
	awaitGone(t, admin.Clients, "account-"+name)
	if got := admin.get(t, bystander.Name); got.DeletionTimestamp != nil {
		t.Error("a Space of nobody's was deleted, too")
	}
	tenant.chooses(t, wayOf(t, "create"), "", []string{"can use no account"})
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
