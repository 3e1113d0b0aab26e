// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package door

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// reviewer allows what is in it, and keeps what it was asked.
type reviewer struct {
	allows []string
	broken error
	asked  []string
}

func (r *reviewer) Allows(_ context.Context, caller user.Info, what authorizationv1.ResourceAttributes) (bool, error) {
	r.asked = append(r.asked, caller.GetName()+": "+text(what))
	return slices.Contains(r.allows, text(what)), r.broken
}

// text is what is asked for, as "verb resource.group/version namespace/name".
func text(what authorizationv1.ResourceAttributes) string {
	return what.Verb + " " + what.Resource + "." + what.Group + "/" + what.Version + " " + what.Namespace + "/" + what.Name
}

func spacesDoor(r *reviewer) Door { return Door{Reviewer: r, Resource: spaces.Resource("spaces")} }

func asAlice(ctx context.Context) context.Context {
	return request.WithUser(ctx, &user.DefaultInfo{Name: "alice"})
}

// What is asked of the cluster is what an administrator grants by RBAC.
func TestRights(t *testing.T) {
	for name, tc := range map[string]struct {
		right authorizationv1.ResourceAttributes
		want  string
	}{
		"to create namespaces":           {ToCreateNamespaces(), "create namespaces./v1 /"},
		"to do something to a namespace": {ToNamespace("update", "a"), "update namespaces./v1 a/a"},
		"to bind a ClusterRole":          {ToBind("edit"), "bind clusterroles.rbac.authorization.k8s.io/v1 /edit"},
		"to charge an account":           {ToUse("team-a"), "use accounts.spaces.tenancy.example.io/* account-team-a/team-a"},
		"to fill from a template":        {ToUseTemplate("small"), "use spacetemplates.spaces.tenancy.example.io/* spaces-system/small"},
		"to manage a Space":              {spacesDoor(nil).To("manage", "a", "a"), "manage spaces.spaces.tenancy.example.io/* a/a"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := text(tc.right); got != tc.want {
				t.Errorf("it is %q, want %q", got, tc.want)
			}
		})
	}
}

func TestRequire(t *testing.T) {
	const update, remove = "update namespaces./v1 a/a", "delete namespaces./v1 a/a"
	for name, tc := range map[string]struct {
		reviewer  reviewer
		wantAsked []string
		want      string
	}{
		"the first right is enough": {
			reviewer:  reviewer{allows: []string{update}},
			wantAsked: []string{"alice: " + update},
		},
		"the second right is enough": {
			reviewer:  reviewer{allows: []string{remove}},
			wantAsked: []string{"alice: " + update, "alice: " + remove},
		},
		"without either it is forbidden": {
			wantAsked: []string{"alice: " + update, "alice: " + remove},
			want:      `spaces.spaces.tenancy.example.io "a" is forbidden: User "alice" cannot do that`,
		},
		"no answer is no right": {
			reviewer:  reviewer{allows: []string{update}, broken: errors.New("nobody answers")},
			wantAsked: []string{"alice: " + update},
			want:      "Internal error occurred: nobody answers",
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := spacesDoor(&tc.reviewer).Require(asAlice(t.Context()), "a", "do that", ToNamespace("update", "a"), ToNamespace("delete", "a"))
			if got := said(err); got != tc.want {
				t.Errorf("error: %q, want %q", got, tc.want)
			}
			if diff := cmp.Diff(tc.wantAsked, tc.reviewer.asked); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRequireRefusesNobody(t *testing.T) {
	r := &reviewer{}
	err := spacesDoor(r).Require(t.Context(), "a", "do that", ToCreateNamespaces())
	if !apierrors.IsForbidden(err) || len(r.asked) > 0 {
		t.Errorf("error: %v, after asking %v", err, r.asked)
	}
}

func said(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Nobody hands out by a policy what they could not hand out by themselves.
func TestRoles(t *testing.T) {
	policy := func(role string, access ...string) spaces.SpacePolicy {
		p := spaces.SpacePolicy{ClusterRole: role}
		for _, other := range access {
			p.Access = append(p.Access, spaces.Access{ClusterRole: other})
		}
		return p
	}
	bind := func(role string) string { return text(ToBind(role)) }
	for name, tc := range map[string]struct {
		policy, before spaces.SpacePolicy
		allows         []string
		want           string
	}{
		"a policy without roles":           {},
		"the role that everybody has":      {policy: policy(spaces.ClusterRoleOwner)},
		"a role that the caller may bind":  {policy: policy("edit"), allows: []string{bind("edit")}},
		"a role that the caller may not":   {policy: policy("edit"), want: `User "alice" cannot bind the ClusterRole "edit"`},
		"a role that was there":            {policy: policy("edit"), before: policy("edit")},
		"a role that was there for others": {policy: policy("edit"), before: policy("", "edit")},
		"a role for others":                {policy: policy("", "view", "cluster-admin"), allows: []string{bind("view")}, want: `User "alice" cannot bind the ClusterRole "cluster-admin"`},
		"one more role":                    {policy: policy("edit", "admin"), before: policy("edit"), want: `User "alice" cannot bind the ClusterRole "admin"`},
		"fewer roles":                      {policy: policy(""), before: policy("edit", "admin")},
	} {
		t.Run(name, func(t *testing.T) {
			err := Door{Reviewer: &reviewer{allows: tc.allows}, Resource: spaces.Resource("accounts")}.Roles(asAlice(t.Context()), "a", tc.policy, tc.before)
			want := tc.want
			if want != "" {
				want = `accounts.spaces.tenancy.example.io "a" is forbidden: ` + want
			}
			if got := said(err); got != want {
				t.Errorf("error: %q, want %q", got, want)
			}
		})
	}
}

func TestBeingDeletedIsAConflict(t *testing.T) {
	if err := spacesDoor(nil).BeingDeleted("a"); !apierrors.IsConflict(err) {
		t.Errorf("error: %v", err)
	}
}

func TestOrAll(t *testing.T) {
	no := errors.New("no")
	refuse := func(context.Context, runtime.Object) error { return no }
	refuseUpdate := func(context.Context, runtime.Object, runtime.Object) error { return no }
	for name, tc := range map[string]struct {
		validate rest.ValidateObjectFunc
		update   rest.ValidateObjectUpdateFunc
		want     error
	}{
		"nothing lets everything pass": {},
		"something decides":            {validate: refuse, update: refuseUpdate, want: no},
	} {
		t.Run(name, func(t *testing.T) {
			err, errUpdate := OrAll(tc.validate)(t.Context(), nil), OrAllUpdates(tc.update)(t.Context(), nil, nil)
			if !errors.Is(err, tc.want) || !errors.Is(errUpdate, tc.want) {
				t.Errorf("errors: %v and %v, want %v", err, errUpdate, tc.want)
			}
		})
	}
}
