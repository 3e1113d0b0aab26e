// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spacepolicy

import (
	"context"
	"errors"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	testingclock "k8s.io/utils/clock/testing"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// shelf has templates by name; those whose names it does not have may not be used.
type shelf map[string]*spaces.SpaceTemplate

func (s shelf) Template(name string) (*spaces.SpaceTemplate, error) {
	if name == "spoilt" {
		return nil, apierrors.NewInternalError(errors.New("the template cannot be read"))
	}
	if found, ok := s[name]; ok && found != nil {
		return found, nil
	}
	return nil, apierrors.NewNotFound(spaces.Resource("spacetemplates"), name)
}

func (s shelf) MayUse(_ context.Context, name string) (bool, error) {
	if name == "unasked" {
		return false, errors.New("nobody answers")
	}
	_, ok := s[name]
	return ok, nil
}

// sized is a template with a parameter that has to be given.
func sized() *spaces.SpaceTemplate {
	return &spaces.SpaceTemplate{Spec: spaces.SpaceTemplateSpec{Parameters: []spaces.TemplateParameter{{Name: "size", Type: spaces.ParameterInteger}}}}
}

// stocked is a shelf on which two templates are, and two more that cannot be had.
func stocked() shelf {
	return shelf{"small": sized(), "plain": {}, "gone": nil, "spoilt": nil}
}

// from is the spec of a Space that is filled from the template, with that size unless it is "".
func from(template, size string) spaces.SpaceSpec {
	spec := spaces.SpaceSpec{Template: template}
	if size != "" {
		spec.Parameters = map[string]string{"size": size}
	}
	return spec
}

func TestCheckTemplate(t *testing.T) {
	const wrong = metav1.StatusReasonInvalid
	for name, tc := range map[string]struct {
		old  *spaces.Space
		spec spaces.SpaceSpec
		// free is the template of the policy.
		free string
		want metav1.StatusReason
		says string
	}{
		"no template":                                 {},
		"a template":                                  {spec: from("small", "1")},
		"a template without parameters":               {spec: from("plain", "")},
		"a parameter that is missing":                 {spec: from("small", ""), want: wrong, says: "spec.parameters[size]: Required value"},
		"a parameter that is wrong":                   {spec: from("small", "large"), want: wrong, says: `spec.parameters[size]: Invalid value: "large"`},
		"a parameter that is not known":               {spec: from("plain", "1"), want: wrong, says: "spec.parameters[size]: Forbidden"},
		"parameters without a template":               {spec: from("", "1"), want: wrong, says: "spec.parameters: Forbidden: they are those of a template"},
		"a template that is not there":                {spec: from("gone", ""), want: wrong, says: `spec.template: Not found: "gone"`},
		"a template that cannot be read":              {spec: from("spoilt", ""), want: metav1.StatusReasonInternalError, says: "the template cannot be read"},
		"one that may not be used":                    {spec: from("secret", ""), want: wrong, says: `you cannot use the template "secret": leave it out, or ask an administrator for the verb use on it in the namespace "spaces-system"`},
		"one that may not be used, beside another":    {spec: from("secret", ""), free: "plain", want: wrong, says: `use "plain", which is that of the policy, or ask`},
		"one of which it is not known":                {spec: from("unasked", ""), want: metav1.StatusReasonForbidden, says: "nobody answers"},
		"that of the policy, which needs no right":    {spec: from("unasked", ""), free: "unasked", want: wrong, says: `spec.template: Not found: "unasked"`},
		"the parameters of that of the policy":        {spec: from("small", "large"), free: "small", want: wrong, says: "spec.parameters[size]"},
		"what has not changed":                        {old: ours(from("secret", "large")), spec: from("secret", "large")},
		"what has not changed, and is gone":           {old: ours(from("gone", "")), spec: from("gone", "")},
		"other parameters of what may not be used":    {old: ours(from("small", "1")), spec: from("small", "2")},
		"wrong parameters of what it has":             {old: ours(from("small", "1")), spec: from("small", "large"), want: wrong, says: "spec.parameters[size]"},
		"other parameters of what is gone":            {old: ours(from("gone", "1")), spec: from("gone", "2"), want: wrong, says: `spec.template: Not found: "gone"`},
		"another template":                            {old: ours(from("small", "1")), spec: from("plain", "")},
		"another template that may not be used":       {old: ours(from("small", "1")), spec: from("secret", ""), want: wrong, says: "spec.template: Forbidden"},
		"another template with the parameters it had": {old: ours(from("small", "1")), spec: from("plain", "1"), want: wrong, says: "spec.parameters[size]"},
	} {
		t.Run(name, func(t *testing.T) {
			plugin := initialized(t, policies{"": {Template: tc.free}}, chosen(""))
			Initializer{policies{"": {Template: tc.free}}, chosen(""), stocked(), budget(0), testingclock.NewFakePassiveClock(noon)}.Initialize(plugin)
			err := validated(t.Context(), plugin, ours(tc.spec), tc.old)
			if got := apierrors.ReasonForError(err); (err == nil) != (tc.want == "") || err != nil && got != tc.want {
				t.Fatalf("%v (%s), want %q", err, got, tc.want)
			}
			if err != nil && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("it says %q, want that it says %q", err, tc.says)
			}
		})
	}
}

// validated returns what the plugin says of the Space that takes the place of old, if that is not nil.
func validated(ctx context.Context, plugin *Plugin, space, old *spaces.Space) error {
	if old == nil {
		return plugin.Validate(ctx, attributes(space, nil), nil)
	}
	return plugin.Validate(ctx, attributes(space, old), nil)
}

func TestFillTemplate(t *testing.T) {
	for name, tc := range map[string]struct {
		old  *spaces.Space
		spec spaces.SpaceSpec
		want string
	}{
		"a new Space has that of the policy": {want: "free"},
		"a new Space has what it asks for":   {spec: from("small", ""), want: "small"},
		"one that is there stays without":    {old: ours(from("", ""))},
		"one that is there keeps its own":    {old: ours(from("small", "")), want: "small"},
		"one that is there asks for another": {old: ours(from("small", "")), spec: from("plain", ""), want: "plain"},
	} {
		t.Run(name, func(t *testing.T) {
			space := ours(tc.spec)
			fillTemplate(space, tc.old, spaces.SpacePolicy{Template: "free"})
			if got := space.Spec.Template; got != tc.want {
				t.Errorf("it has the template %q, want %q", got, tc.want)
			}
		})
	}
}
