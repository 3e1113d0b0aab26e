// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// An account that cannot be read says so, to whoever needs it, and is in nobody else's way.
func TestAccountsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	name := unique("accounts-unread")
	other, space := name+"-other", name+"-old"
	admin := caller{shared.Admin(t), "admin"}
	alice := newMember(t, name, v1alpha1.SpacePolicy{})
	createAccount(t, admin.Clients, other, withSubjects(user(alice.name)))
	alice.space(t, space, withAccount(name))
	patchNamespace(t, admin.Clients, "account-"+name, `{"metadata":{"annotations":{"`+v1alpha1.AnnotationObject+`":"unreadable"}}}`)
	eventually(t, "the account says that it cannot be read", func(ctx context.Context) error {
		list, err := accountsOf(admin.Clients).List(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + name})
		if err == nil && (len(list.Items) != 1 || len(list.Items[0].Status.Conditions) != 1 || list.Items[0].Status.Conditions[0].Reason != "Undecodable") {
			err = fmt.Errorf("listed are %+v", list.Items)
		}
		return err
	})

	account := accountsPath + "/" + name
	admin.do(t, merge(account, `{"metadata":{"labels":{"a":"b"}}}`)).refused(t, forbidden(v1alpha1.AnnotationObject+" of its home does not hold an Account"))
	says := forbidden(fmt.Sprintf(`accounts.spaces.tenancy.example.io %q is forbidden: it cannot be read: an administrator has to mend the annotation %s of the namespace "account-%s"`, name, v1alpha1.AnnotationObject, name))
	for _, tenant := range []caller{alice, admin} {
		for what, tries := range map[string]call{
			"a new Space":    {method: "POST", body: spaceFields(name+"-new", nil, members{"account": name}).String()},
			"another ttl":    merge("/"+space, `{"spec":{"ttl":"3h"}}`),
			"another budget": merge("/"+space, `{"spec":{"quota":{"hard":{"pods":"3"}}}}`),
		} {
			t.Log(what)
			tenant.do(t, tries).refused(t, says)
		}
		tenant.do(t, merge("/"+space, `{"metadata":{"labels":{"by":"`+tenant.name+`"}}}`)).succeeded(t)
	}
	alice.do(t, merge("/"+space, `{"spec":{"account":"`+other+`"}}`)).succeeded(t)
	alice.do(t, merge("/"+space, `{"spec":{"account":"`+name+`"}}`)).refused(t, says)

	admin.do(t, call{method: http.MethodDelete, path: account}).succeeded(t)
	awaitGone(t, admin.Clients, "account-"+name)
}
