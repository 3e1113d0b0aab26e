// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"

	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/registry/door"
	"tenancy.example.io/spaces/pkg/registry/spacetemplate"
	"tenancy.example.io/spaces/pkg/template"
)

// greeting is a template of one ConfigMap, whose text has to be given.
func greeting() spacesapi.SpaceTemplateSpec {
	return spacesapi.SpaceTemplateSpec{
		Parameters: []spacesapi.TemplateParameter{{Name: "text"}},
		Objects:    []runtime.RawExtension{{Raw: []byte(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"${space}"},"data":{"a":"${text}"}}`)}},
	}
}

// shelved are policies that know these templates.
func shelved(t *testing.T, specs map[string]spacesapi.SpaceTemplateSpec) policies {
	t.Helper()
	p := following(t)
	var list []any
	for name, spec := range specs {
		value, err := spacetemplate.NewMapping(codec()).Encode(&spacesapi.SpaceTemplate{Spec: spec}, nil)
		must(t, err)
		list = append(list, configMapOf(name, value, "1"))
	}
	list = append(list, configMapOf("spoilt", "{", "2"))
	must(t, fedByConfigMaps{p.feeds.templates}.Replace(list, "10"))
	return p.policies
}

// asking returns a Space "a" in place that asks for the template, with that text unless it is "".
func asking(name, text string) *spacesapi.Space {
	one := &spacesapi.Space{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: spacesapi.SpaceSpec{Template: name}}
	one.Status.Phase = spacesapi.SpaceActive
	if text != "" {
		one.Spec.Parameters = map[string]string{"text": text}
	}
	return one
}

// filledBy returns the Space after it was filled, when the spec of its template was this one.
func filledBy(spec spacesapi.SpaceTemplateSpec, one *spacesapi.Space) *spacesapi.Space {
	one.Status.Template = &spacesapi.AppliedTemplate{Name: one.Spec.Template, Hash: template.Hash(one.Spec.Template, &spec, one)}
	return one
}

func beingMade(one *spacesapi.Space) *spacesapi.Space {
	one.Status.Phase = spacesapi.SpaceProvisioning
	return one
}

// reapplied is a greeting that is applied again.
func reapplied() spacesapi.SpaceTemplateSpec {
	spec := greeting()
	spec.Reapply = true
	return spec
}

func TestFilling(t *testing.T) {
	const wrong = metav1.StatusReasonInvalid
	changed := filledBy(greeting(), asking("greeting", "hello"))
	changed.Spec.Parameters = map[string]string{"text": "bye"}
	moved := filledBy(greeting(), asking("other", "hello"))
	moved.Spec.Template = "greeting"
	for name, tc := range map[string]struct {
		space *spacesapi.Space
		// wants is the text that it is filled with, if any.
		wants string
		fails metav1.StatusReason
		says  string
	}{
		"one without a template":                         {space: asking("", "")},
		"one that was never filled":                      {space: asking("greeting", "hello"), wants: "hello"},
		"one that is being made":                         {space: beingMade(asking("greeting", "hello")), wants: "hello"},
		"one that was filled":                            {space: filledBy(greeting(), asking("greeting", "hello"))},
		"one that was filled by what was applied again":  {space: filledBy(reapplied(), asking("greeting", "hello"))},
		"one that has to follow":                         {space: filledBy(greeting(), asking("again", "hello")), wants: "hello"},
		"one that has followed":                          {space: filledBy(reapplied(), asking("again", "hello"))},
		"one with other parameters":                      {space: changed, wants: "bye"},
		"one with another template":                      {space: moved, wants: "hello"},
		"one whose template is gone":                     {space: filledBy(greeting(), asking("gone", "hello"))},
		"one that is being made, of one that is gone":    {space: beingMade(asking("gone", "hello")), fails: wrong, says: `spec.template: Not found: "gone"`},
		"one whose template cannot be read":              {space: asking("spoilt", ""), fails: metav1.StatusReasonForbidden, says: `the ConfigMap "template-spoilt"`},
		"one without what has to be given":               {space: asking("greeting", ""), fails: wrong, says: "spec.parameters[text]: Required value"},
		"one that makes a name of the platform its own ": {space: &spacesapi.Space{ObjectMeta: metav1.ObjectMeta{Name: "spaces"}, Spec: spacesapi.SpaceSpec{Template: "taking"}}, fails: wrong, says: "the platform itself has a ResourceQuota"},
	} {
		t.Run(name, func(t *testing.T) {
			quota := spacesapi.SpaceTemplateSpec{Objects: []runtime.RawExtension{{Raw: []byte(`{"apiVersion":"v1","kind":"ResourceQuota","metadata":{"name":"${space}"}}`)}}}
			p := shelved(t, map[string]spacesapi.SpaceTemplateSpec{"greeting": greeting(), "again": reapplied(), "taking": quota})
			got, err := p.filling(tc.space)
			if reason := apierrors.ReasonForError(err); (err != nil) != (tc.fails != "") || err != nil && (reason != tc.fails || !strings.Contains(err.Error(), tc.says)) {
				t.Fatalf("error: %v (%s), want %q that says %q", err, reason, tc.fails, tc.says)
			}
			if (got != nil) != (tc.wants != "") {
				t.Fatalf("have %+v, want the text %q", got, tc.wants)
			}
			if got == nil {
				return
			}
			want := []map[string]any{{"apiVersion": "v1", "kind": "ConfigMap", "data": map[string]any{"a": tc.wants}, "metadata": map[string]any{
				"name": "a", "namespace": "a", "labels": map[string]any{spacesapi.LabelTemplate: tc.space.Spec.Template},
			}}}
			if diff := cmp.Diff(want, []map[string]any{got.Objects[0].Object}); diff != "" || got.Template != tc.space.Spec.Template {
				t.Errorf("of %q (-want +got):\n%s", got.Template, diff)
			}
		})
	}
}

// A Space is planned with what fills it only while it is made: afterwards that is for the keeper.
func TestPlanFills(t *testing.T) {
	p := shelved(t, map[string]spacesapi.SpaceTemplateSpec{"greeting": greeting()})
	made, err := p.Plan(beingMade(asking("greeting", "hello")))
	if err != nil || made.Filling == nil {
		t.Errorf("it is made of %+v: %v", made.Filling, err)
	}
	there, err := p.Plan(asking("greeting", "hello"))
	if err != nil || there.Filling != nil {
		t.Errorf("it is kept as %+v: %v", there.Filling, err)
	}
	if _, err := p.Plan(beingMade(asking("greeting", ""))); !apierrors.IsInvalid(err) {
		t.Errorf("without parameters: %v", err)
	}
}

func TestInvalid(t *testing.T) {
	for name, err := range map[string]error{"no aggregate": errors.New("a"), "an aggregate of others": utilerrors.NewAggregate([]error{errors.New("a")})} {
		if got := invalid("a", err); !apierrors.IsInternalError(got) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// users are who may use templates, as "name template".
type users []string

func (u users) Allows(_ context.Context, caller user.Info, what authorizationv1.ResourceAttributes) (bool, error) {
	if what != door.ToUseTemplate(what.Name) {
		return false, errors.New("asked for something else")
	}
	for _, one := range u {
		if one == caller.GetName()+" "+what.Name {
			return true, nil
		}
	}
	return false, nil
}

func TestShelf(t *testing.T) {
	s := shelf{policies: shelved(t, map[string]spacesapi.SpaceTemplateSpec{"greeting": greeting()}), reviewer: users{"alice greeting"}}
	alice := request.WithUser(t.Context(), &user.DefaultInfo{Name: "alice"})
	for name, want := range map[string]bool{"greeting": true, "other": false} {
		if got, err := s.MayUse(alice, name); got != want || err != nil {
			t.Errorf("alice may use %s: %v (%v)", name, got, err)
		}
	}
	if got, err := s.MayUse(t.Context(), "greeting"); got || err == nil {
		t.Errorf("nobody may use it: %v (%v)", got, err)
	}
	if _, err := s.Template("greeting"); err != nil {
		t.Error(err)
	}
	if _, err := s.Template("other"); !apierrors.IsNotFound(err) {
		t.Errorf("one that is not there: %v", err)
	}
}
