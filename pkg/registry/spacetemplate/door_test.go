// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spacetemplate

import (
	"context"
	"errors"
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
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

const (
	toManage = "manage spacetemplates spaces-system/a"
	toCreate = "create configmaps spaces-system/"
	toUpdate = "update configmaps spaces-system/template-a"
	toDelete = "delete configmaps spaces-system/template-a"
)

func asAlice(ctx context.Context) context.Context {
	ctx = request.WithUser(request.WithNamespace(ctx, metav1.NamespaceNone), &user.DefaultInfo{Name: "alice"})
	return request.WithRequestInfo(ctx, &request.RequestInfo{APIGroup: spaces.GroupName, APIVersion: v1alpha1.SchemeGroupVersion.Version})
}

// try is what somebody would do with a template.
type try func(ctx context.Context, d door, old *spaces.SpaceTemplate) error

func create(ctx context.Context, d door, old *spaces.SpaceTemplate) error {
	return d.create(rest.ValidateAllObjectFunc)(ctx, old)
}

func update(ctx context.Context, d door, old *spaces.SpaceTemplate) error {
	return d.update(rest.ValidateAllObjectUpdateFunc)(ctx, templateNamed("a"), old)
}

func remove(ctx context.Context, d door, old *spaces.SpaceTemplate) error {
	return d.delete(rest.ValidateAllObjectFunc)(ctx, old)
}

func TestDoor(t *testing.T) {
	const forbidden, conflict, internal = metav1.StatusReasonForbidden, metav1.StatusReasonConflict, metav1.StatusReasonInternalError
	terminating, undecodable := templateNamed("a"), templateNamed("a")
	terminating.DeletionTimestamp = &noon
	undecodable.Status.Conditions = []metav1.Condition{{Type: spaces.ConditionReady, Reason: backing.ReasonUndecodable}}
	for name, tc := range map[string]struct {
		try    try
		rights rights
		old    *spaces.SpaceTemplate
		want   metav1.StatusReason
		says   string
	}{
		"create by manage":                  {try: create, rights: rights{toManage}},
		"create by creating ConfigMaps":     {try: create, rights: rights{toCreate}},
		"create without either":             {try: create, rights: rights{toUpdate, toDelete, "manage spacetemplates /a", "manage spacetemplates spaces-system/b", "create namespaces /"}, want: forbidden, says: `User "alice" cannot manage it, nor create ConfigMaps, in the namespace "spaces-system"`},
		"change by manage":                  {try: update, rights: rights{toManage}},
		"change by update of the ConfigMap": {try: update, rights: rights{toUpdate}},
		"change without either":             {try: update, rights: rights{toCreate, toDelete, "update configmaps spaces-system/template-b"}, want: forbidden, says: `nor update ConfigMaps`},
		"change of what cannot be read":     {try: update, rights: rights{toManage}, old: undecodable},
		"change of what is being deleted":   {try: update, rights: rights{toManage}, old: terminating, want: conflict, says: "being deleted"},
		"delete by manage":                  {try: remove, rights: rights{toManage}},
		"delete by delete of the ConfigMap": {try: remove, rights: rights{toDelete}},
		"delete without either":             {try: remove, rights: rights{toCreate, toUpdate}, want: forbidden, says: `nor delete ConfigMaps`},
		"delete of what cannot be read":     {try: remove, rights: rights{toDelete}, old: undecodable},
		"delete of what is being deleted":   {try: remove, rights: rights{toDelete}, old: terminating},
		"no answer is an error":             {try: remove, rights: rights{"broken"}, want: internal, says: "nobody answers"},
	} {
		t.Run(name, func(t *testing.T) {
			old := templateNamed("a")
			if tc.old != nil {
				old = tc.old
			}
			err := tc.try(asAlice(t.Context()), newDoor(tc.rights), old)
			if got := apierrors.ReasonForError(err); (err == nil) != (tc.want == "") || (err != nil && got != tc.want) {
				t.Fatalf("%v (%s), want %q", err, got, tc.want)
			}
			if err != nil && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("it says %q, want that it says %q", err, tc.says)
			}
			if anonymous := tc.try(t.Context(), newDoor(tc.rights), old); !apierrors.IsForbidden(anonymous) {
				t.Errorf("without a user: %v, want forbidden", anonymous)
			}
		})
	}
}

func TestDoorLetsNextDecide(t *testing.T) {
	no := errors.New("admission says no")
	refuse := func(context.Context, runtime.Object) error { return no }
	d, ctx, a := newDoor(rights{toManage}), asAlice(t.Context()), templateNamed("a")
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

func TestDoorKnowsTemplatesOnly(t *testing.T) {
	d, ctx, other := newDoor(rights{toManage}), asAlice(t.Context()), &spaces.Space{}
	for name, err := range map[string]error{
		"create": d.create(rest.ValidateAllObjectFunc)(ctx, other),
		"update": d.update(rest.ValidateAllObjectUpdateFunc)(ctx, templateNamed("a"), other),
		"delete": d.delete(rest.ValidateAllObjectFunc)(ctx, other),
	} {
		if !apierrors.IsInternalError(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
