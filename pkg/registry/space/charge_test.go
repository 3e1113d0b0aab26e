// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"context"
	"errors"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/registry/backing"
)

const (
	toCreate = "create namespaces /"
	toManage = "manage spaces a/a"
	toUpdate = "update namespaces a/a"
	toUseRed = "use accounts account-red/red"
	toUseBlu = "use accounts account-blue/blue"
	letIn    = "create rolebindings a/"
)

// charged returns the Space with this account, and with this condition if it is not "".
func charged(account, reason string) *spaces.Space {
	space := spaceWith(nil)
	if reason != "" {
		space = conditioned(reason)
	}
	space.Spec.Account = account
	return space
}

// wantStatus checks that the error has the reason and says so, or that there is none.
func wantStatus(t *testing.T, err error, want metav1.StatusReason, says string) {
	t.Helper()
	if got := apierrors.ReasonForError(err); (err == nil) != (want == "") || (err != nil && got != want) {
		t.Fatalf("%v (%s), want %q", err, got, want)
	}
	if err != nil && !strings.Contains(err.Error(), says) {
		t.Errorf("it says %q, want that it says %q", err, says)
	}
}

// Nobody charges what they have not been let use.
func TestDoorToAccounts(t *testing.T) {
	const forbidden = metav1.StatusReasonForbidden
	for name, tc := range map[string]struct {
		rights  rights
		account string
		says    string
	}{
		"an account that the caller may use":   {rights: rights{toUseRed}, account: "red"},
		"an account that the caller may not":   {rights: rights{toUseRed, toCreate}, account: "blue", says: `User "alice" cannot use the account "blue"`},
		"the right in another namespace":       {rights: rights{"use accounts account-blue/red", "use accounts a/red", "use accounts /red"}, account: "red", says: `cannot use the account "red"`},
		"no account, by creating namespaces":   {rights: rights{toCreate}},
		"no account, but the right to use one": {rights: rights{toUseRed}, says: "cannot create namespaces at the cluster scope"},
	} {
		t.Run(name, func(t *testing.T) {
			err := newDoor(tc.rights).create(rest.ValidateAllObjectFunc)(asAlice(t.Context()), charged(tc.account, ""))
			want := forbidden
			if tc.says == "" {
				want = ""
			}
			wantStatus(t, err, want, tc.says)
		})
	}
}

func TestDoorForTransfersAndAdoption(t *testing.T) {
	const forbidden = metav1.StatusReasonForbidden
	gone := charged("", reasonUnmanaged)
	gone.DeletionTimestamp = at(noon)
	for name, tc := range map[string]struct {
		rights        rights
		before, after *spaces.Space
		want          metav1.StatusReason
		says          string
	}{
		"a Space whose account stays needs no right to it":    {rights: rights{toManage}, before: charged("red", ""), after: charged("red", "")},
		"a transfer needs both accounts":                      {rights: rights{toManage, toUseRed, toUseBlu, letIn}, before: charged("red", ""), after: charged("blue", "")},
		"a transfer by the namespace":                         {rights: rights{toUpdate, toUseRed, toUseBlu}, before: charged("red", ""), after: charged("blue", "")},
		"a transfer by who lets nobody in":                    {rights: rights{toManage, toUseRed, toUseBlu}, before: charged("red", ""), after: charged("blue", ""), want: forbidden, says: "as that lets its subjects in"},
		"a first account by who lets nobody in":               {rights: rights{toManage, toUseRed}, before: charged("", ""), after: charged("red", ""), want: forbidden, says: `create RoleBindings in the namespace "a", or to update that`},
		"a transfer without the new one":                      {rights: rights{toManage, toUseRed}, before: charged("red", ""), after: charged("blue", ""), want: forbidden, says: `cannot use the account "blue"`},
		"a transfer without the old one":                      {rights: rights{toManage, toUseBlu}, before: charged("red", ""), after: charged("blue", ""), want: forbidden, says: `cannot use the account "red"`},
		"a transfer without a say in the Space":               {rights: rights{toUseRed, toUseBlu}, before: charged("red", ""), after: charged("blue", ""), want: forbidden, says: "cannot manage it"},
		"a first account needs that one":                      {rights: rights{toManage, toUseRed, letIn}, before: charged("", ""), after: charged("red", "")},
		"a first account without it":                          {rights: rights{toManage, toCreate}, before: charged("", ""), after: charged("red", ""), want: forbidden, says: `cannot use the account "red"`},
		"an account that ends needs what it takes without":    {rights: rights{toManage, toUseRed, toCreate}, before: charged("red", ""), after: charged("", "")},
		"an account that ends for who has no other":           {rights: rights{toManage, toUseRed}, before: charged("red", ""), after: charged("", ""), want: forbidden, says: "create namespaces"},
		"adoption needs the namespace and the account":        {rights: rights{toUpdate, toUseRed}, before: charged("", reasonUnmanaged), after: charged("red", "")},
		"adoption without the account":                        {rights: rights{toUpdate, toCreate}, before: charged("", reasonUnmanaged), after: charged("red", ""), want: forbidden, says: `cannot use the account "red"`},
		"adoption without the namespace":                      {rights: rights{toManage, toUseRed, toCreate}, before: charged("", reasonUnmanaged), after: charged("red", ""), want: forbidden, says: `cannot adopt it, as that takes to update the namespace "a"`},
		"adoption of what is being deleted":                   {rights: rights{toUpdate, toUseRed}, before: gone, after: charged("red", ""), want: metav1.StatusReasonConflict, says: "being deleted"},
		"a change without an account adopts nothing":          {rights: rights{toUpdate, toCreate}, before: charged("", reasonUnmanaged), after: charged("", ""), want: forbidden, says: "not created as a Space"},
		"an account for what cannot be read is no adoption":   {rights: rights{toUpdate, toUseRed}, before: charged("", backing.ReasonUndecodable), after: charged("red", ""), want: forbidden, says: spaces.AnnotationObject},
		"nobody answers for the account":                      {rights: rights{toManage, "broken"}, before: charged("", ""), after: charged("red", ""), want: metav1.StatusReasonInternalError, says: "nobody answers"},
		"the account of what is being deleted stays as it is": {rights: rights{toManage, toUseRed}, before: terminating(), after: charged("red", ""), want: metav1.StatusReasonConflict, says: "being deleted"},
	} {
		t.Run(name, func(t *testing.T) {
			err := newDoor(tc.rights).update(rest.ValidateAllObjectUpdateFunc)(asAlice(t.Context()), tc.after, tc.before)
			wantStatus(t, err, tc.want, tc.says)
		})
	}
}

func TestDoorLetsNextDecideAboutUpdates(t *testing.T) {
	no := errors.New("admission says no")
	next := func(context.Context, runtime.Object, runtime.Object) error { return no }
	err := newDoor(rights{toUpdate, toUseRed}).update(next)(asAlice(t.Context()), charged("red", ""), charged("", reasonUnmanaged))
	if !errors.Is(err, no) {
		t.Errorf("error: %v, want that of the next", err)
	}
}
