// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"errors"
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/registry/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/registry/backing"
)

// rights are what a reviewer allows, as "verb resource namespace/name".
type rights []string

func (r rights) Allows(_ context.Context, _ user.Info, what authorizationv1.ResourceAttributes) (bool, error) {
	asked := what.Verb + " " + what.Resource + " " + what.Namespace + "/" + what.Name
	for _, right := range r {
		if right == asked {
			return true, nil
		}
		if right == "broken" {
			return false, errors.New("nobody answers")
		}
	}
	return false, nil
}

func doorOf(r rights, charged int) door {
	return newDoor(Config{Reviewer: r, Charged: &spacesOf{count: map[string]int{"a": charged}}})
}

const (
	toCreate = "create namespaces /"
	toManage = "manage accounts account-a/a"
	toUpdate = "update namespaces account-a/account-a"
	toDelete = "delete namespaces account-a/account-a"
	toBind   = "bind clusterroles /edit"
)

// granting returns an account whose Spaces are for owners with this role.
func granting(role string) *spaces.Account {
	account := accountNamed("a")
	account.Spec.Space.ClusterRole = role
	return account
}

func naming(subjects ...rbacv1.Subject) *spaces.Account {
	account := accountNamed("a")
	account.Spec.Subjects = subjects
	return account
}

func undecodable() *spaces.Account {
	account := accountNamed("a")
	account.Status.Conditions = []metav1.Condition{{Type: spaces.ConditionReady, Reason: backing.ReasonUndecodable}}
	return account
}

func terminating() *spaces.Account {
	account := accountNamed("a")
	account.DeletionTimestamp = &noon
	return account
}

// try is what somebody would do with an account.
type try func(ctx context.Context, d door, account, old *spaces.Account) error

func create(ctx context.Context, d door, account, _ *spaces.Account) error {
	return d.create(rest.ValidateAllObjectFunc)(ctx, account)
}

func update(ctx context.Context, d door, account, old *spaces.Account) error {
	return d.update(rest.ValidateAllObjectUpdateFunc)(ctx, account, old)
}

func remove(ctx context.Context, d door, _, old *spaces.Account) error {
	return d.delete(rest.ValidateAllObjectFunc)(ctx, old)
}

func TestDoor(t *testing.T) {
	const forbidden, conflict = metav1.StatusReasonForbidden, metav1.StatusReasonConflict
	for name, tc := range map[string]struct {
		try          try
		rights       rights
		account, old *spaces.Account
		charged      int
		want         metav1.StatusReason
		says         string
	}{
		"create by creating namespaces":             {try: create, rights: rights{toCreate}},
		"create without it":                         {try: create, rights: rights{toManage, toUpdate}, want: forbidden, says: `User "alice" cannot create namespaces at the cluster scope`},
		"create with a role to bind":                {try: create, rights: rights{toCreate, toManage, toBind}, account: granting("edit")},
		"create with a policy, by update":           {try: create, rights: rights{toCreate, toUpdate, toBind}, account: granting("edit")},
		"create with a policy, without either":      {try: create, rights: rights{toCreate, toBind}, account: granting("edit"), want: forbidden, says: "a policy of its own in spec.space"},
		"create what is charged already":            {try: create, rights: rights{toCreate}, charged: 1, want: forbidden, says: "Spaces are charged already"},
		"create what is charged already, to manage": {try: create, rights: rights{toCreate, toManage}, charged: 1},
		"create for oneself":                        {try: create, rights: rights{toCreate}, account: naming(users("alice")...)},
		"create for others, to manage":              {try: create, rights: rights{toCreate, toManage}, account: naming(users("alice", "bob")...)},
		"create for others":                         {try: create, rights: rights{toCreate}, account: naming(users("alice", "bob")...), want: forbidden, says: "others than yourself as its subjects"},
		"create for a group of one's own":           {try: create, rights: rights{toCreate}, account: naming(rbacv1.Subject{Kind: rbacv1.GroupKind, Name: "system:authenticated"}), want: forbidden, says: "others than yourself"},
		"create for a ServiceAccount":               {try: create, rights: rights{toCreate}, account: naming(rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Name: "alice"}), want: forbidden, says: "others than yourself"},
		"create with a role not to bind":            {try: create, rights: rights{toCreate, toManage}, account: granting("edit"), want: forbidden, says: `cannot bind the ClusterRole "edit"`},
		"change by manage":                          {try: update, rights: rights{toManage}},
		"change by update of the home":              {try: update, rights: rights{toUpdate}},
		"change without either":                     {try: update, rights: rights{toCreate, toDelete, "manage accounts account-b/b", "manage spaces account-a/a"}, want: forbidden, says: `cannot manage it, nor update the namespace "account-a"`},
		"change to a role to bind":                  {try: update, rights: rights{toManage, toBind}, account: granting("edit")},
		"change to a role not to bind":              {try: update, rights: rights{toManage}, account: granting("edit"), want: forbidden, says: `cannot bind the ClusterRole "edit"`},
		"change of what had the role":               {try: update, rights: rights{toManage}, account: granting("edit"), old: granting("edit")},
		"change of what cannot be read":             {try: update, rights: rights{toUpdate}, old: undecodable(), want: forbidden, says: spaces.AnnotationObject},
		"change of what is being deleted":           {try: update, rights: rights{toManage}, old: terminating(), want: conflict, says: "being deleted"},
		"nobody is told what is not theirs to see":  {try: update, old: terminating(), want: forbidden, says: "cannot manage it"},
		"delete by delete of the home":              {try: remove, rights: rights{toDelete}},
		"delete without it":                         {try: remove, rights: rights{toManage, toUpdate}, want: forbidden, says: `cannot delete the namespace "account-a"`},
		"delete of what cannot be read":             {try: remove, rights: rights{toDelete}, old: undecodable()},
		"delete of what is being deleted":           {try: remove, old: terminating()},
		"no answer is an error":                     {try: remove, rights: rights{"broken"}, want: metav1.StatusReasonInternalError, says: "nobody answers"},
	} {
		t.Run(name, func(t *testing.T) {
			account, old := accountNamed("a"), accountNamed("a")
			if tc.account != nil {
				account = tc.account
			}
			if tc.old != nil {
				old = tc.old
			}
			err := tc.try(asAlice(t.Context()), doorOf(tc.rights, tc.charged), account, old)
			if got := apierrors.ReasonForError(err); (err == nil) != (tc.want == "") || (err != nil && got != tc.want) {
				t.Fatalf("%v (%s), want %q", err, got, tc.want)
			}
			if err != nil && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("it says %q, want that it says %q", err, tc.says)
			}
			if anonymous := tc.try(t.Context(), doorOf(tc.rights, tc.charged), account, old); !apierrors.IsForbidden(anonymous) {
				t.Errorf("without a user: %v, want forbidden", anonymous)
			}
		})
	}
}

func TestDoorLetsNextDecide(t *testing.T) {
	no := errors.New("admission says no")
	refuse := func(context.Context, runtime.Object) error { return no }
	d, ctx, a := doorOf(rights{toCreate, toManage, toDelete}, 0), asAlice(t.Context()), accountNamed("a")
	for name, err := range map[string]error{
		"create": d.create(refuse)(ctx, a),
		"update": d.update(func(context.Context, runtime.Object, runtime.Object) error { return no })(ctx, a, a),
		"delete": d.delete(refuse)(ctx, a),
	} {
		if !errors.Is(err, no) {
			t.Errorf("%s: %v, want what the next says", name, err)
		}
	}
}

func TestDoorKnowsAccountsOnly(t *testing.T) {
	d, ctx, other := doorOf(rights{toCreate, toManage, toDelete}, 0), asAlice(t.Context()), &spaces.Space{}
	for name, err := range map[string]error{
		"create": d.create(rest.ValidateAllObjectFunc)(ctx, other),
		"update": d.update(rest.ValidateAllObjectUpdateFunc)(ctx, accountNamed("a"), other),
		"delete": d.delete(rest.ValidateAllObjectFunc)(ctx, other),
	} {
		if !apierrors.IsInternalError(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDoorTellsWhatCanBeDeleted(t *testing.T) {
	for name, tc := range map[string]struct {
		rights rights
		want   bool
		fails  bool
	}{
		"with the right":    {rights: rights{toDelete}, want: true},
		"without the right": {},
		"nobody answers":    {rights: rights{"broken"}, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := doorOf(tc.rights, 0).deletable(asAlice(t.Context()), accountNamed("a"))
			if got != tc.want || (err != nil) != tc.fails {
				t.Errorf("deletable: %v (%v), want %v", got, err, tc.want)
			}
		})
	}
}
