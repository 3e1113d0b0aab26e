// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

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

func conditioned(reason string) *spaces.Space {
	space := spaceWith(nil)
	space.Status.Conditions = []metav1.Condition{{Type: spaces.ConditionReady, Reason: reason}}
	return space
}

func terminating() *spaces.Space {
	space := spaceWith(nil)
	space.DeletionTimestamp = at(noon)
	return space
}

func TestDoor(t *testing.T) {
	create := func(d door, ctx context.Context, s *spaces.Space) error {
		return d.create(rest.ValidateAllObjectFunc)(ctx, s)
	}
	update := func(d door, ctx context.Context, s *spaces.Space) error {
		return d.update(rest.ValidateAllObjectUpdateFunc)(ctx, s, s)
	}
	remove := func(d door, ctx context.Context, s *spaces.Space) error {
		return d.delete(rest.ValidateAllObjectFunc)(ctx, s)
	}
	for name, tc := range map[string]struct {
		try    func(door, context.Context, *spaces.Space) error
		rights rights
		space  *spaces.Space
		want   metav1.StatusReason
		says   string
	}{
		"create needs to create namespaces": {try: create, rights: rights{"create namespaces /"}},
		"create without it":                 {try: create, rights: rights{"create namespaces a/a"}, want: metav1.StatusReasonForbidden, says: `User "alice" cannot create namespaces`},
		"change by manage":                  {try: update, rights: rights{"manage spaces a/a"}},
		"change by update of the namespace": {try: update, rights: rights{"update namespaces a/a"}},
		"change without either":             {try: update, rights: rights{"manage spaces b/b", "delete namespaces a/a", "patch namespaces a/a"}, want: metav1.StatusReasonForbidden, says: `cannot manage it, nor update the namespace "a"`},
		"change of what is not ours":        {try: update, rights: rights{"update namespaces a/a"}, space: conditioned(reasonUnmanaged), want: metav1.StatusReasonForbidden, says: "not created as a Space"},
		"change of what cannot be read":     {try: update, rights: rights{"update namespaces a/a"}, space: conditioned(backing.ReasonUndecodable), want: metav1.StatusReasonForbidden, says: spaces.AnnotationObject},
		"change of what is being deleted":   {try: update, rights: rights{"update namespaces a/a"}, space: terminating(), want: metav1.StatusReasonConflict, says: "being deleted"},
		"delete by delete of the namespace": {try: remove, rights: rights{"delete namespaces a/a"}},
		"delete without it":                 {try: remove, rights: rights{"manage spaces a/a"}, want: metav1.StatusReasonForbidden, says: `cannot delete the namespace "a"`},
		"delete of what is not ours":        {try: remove, rights: rights{"delete namespaces a/a"}, space: conditioned(reasonUnmanaged), want: metav1.StatusReasonForbidden, says: "not created as a Space"},
		"delete of what cannot be read":     {try: remove, rights: rights{"delete namespaces a/a"}, space: conditioned(backing.ReasonUndecodable)},
		"delete of what is being deleted":   {try: remove, space: terminating()},
		"no answer is an error":             {try: remove, rights: rights{"broken"}, want: metav1.StatusReasonInternalError, says: "nobody answers"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := request.WithUser(t.Context(), &user.DefaultInfo{Name: "alice"})
			if tc.space == nil {
				tc.space = spaceWith(nil)
			}
			err := tc.try(newDoor(tc.rights), ctx, tc.space)
			if got := apierrors.ReasonForError(err); (err == nil) != (tc.want == "") || (err != nil && got != tc.want) {
				t.Fatalf("%v (%s), want %q", err, got, tc.want)
			}
			if err != nil && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("it says %q, want that it says %q", err, tc.says)
			}
			anonymous := tc.try(newDoor(tc.rights), t.Context(), tc.space)
			if !apierrors.IsForbidden(anonymous) {
				t.Errorf("without a user: %v, want forbidden", anonymous)
			}
		})
	}
}

func TestDoorLetsNextDecide(t *testing.T) {
	ctx := request.WithUser(t.Context(), &user.DefaultInfo{Name: "alice"})
	no := errors.New("admission says no")
	d := newDoor(rights{"create namespaces /"})
	err := d.create(func(context.Context, runtime.Object) error { return no })(ctx, spaceWith(nil))
	if !errors.Is(err, no) {
		t.Errorf("error: %v, want that of the next", err)
	}
}

func TestDoorTellsWhatCanBeDeleted(t *testing.T) {
	ctx := request.WithUser(t.Context(), &user.DefaultInfo{Name: "alice"})
	for name, tc := range map[string]struct {
		rights rights
		space  *spaces.Space
		want   bool
		fails  bool
	}{
		"with the right":    {rights: rights{"delete namespaces a/a"}, space: spaceWith(nil), want: true},
		"without the right": {space: spaceWith(nil)},
		"not ours":          {rights: rights{"delete namespaces a/a"}, space: conditioned(reasonUnmanaged)},
		"being deleted":     {space: terminating(), want: true},
		"nobody answers":    {rights: rights{"broken"}, space: spaceWith(nil), fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := newDoor(tc.rights).deletable(ctx, tc.space)
			if got != tc.want || (err != nil) != tc.fails {
				t.Errorf("deletable: %v (%v), want %v", got, err, tc.want)
			}
		})
	}
}
