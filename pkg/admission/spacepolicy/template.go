// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spacepolicy

import (
	"context"
	"fmt"
	"maps"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/template"
)

// fillTemplate gives a new Space that asks for none the template of its policy. One that has a template keeps it: what it has
// put into the Space would have to go otherwise.
func fillTemplate(space, old *spaces.Space, current spaces.SpacePolicy) {
	switch {
	case space.Spec.Template != "":
	case old == nil:
		space.Spec.Template = current.Template
	default:
		space.Spec.Template = old.Spec.Template
	}
}

// checkTemplate returns what is wrong with the template of a Space, and with its parameters. What has not changed is not
// wrong: the template may have. The Space may always have the free one.
func (p *Plugin) checkTemplate(ctx context.Context, space, old *spaces.Space, free string) (field.ErrorList, error) {
	if old == nil {
		old = &spaces.Space{}
	}
	name, path := space.Spec.Template, field.NewPath("spec", "template")
	changed := name != old.Spec.Template
	if !changed && maps.Equal(space.Spec.Parameters, old.Spec.Parameters) {
		return nil, nil
	}
	if name == "" {
		return field.ErrorList{field.Forbidden(field.NewPath("spec", "parameters"), "they are those of a template: name one in spec.template, or leave them out")}, nil
	}
	if changed && name != free {
		if allowed, err := p.templates.MayUse(ctx, name); err != nil || !allowed {
			return refusal(path, name, free), err
		}
	}
	found, err := p.templates.Template(name)
	if apierrors.IsNotFound(err) {
		return field.ErrorList{field.NotFound(path, name)}, nil
	}
	if err != nil {
		return nil, err
	}
	return template.CheckParameters(&found.Spec, space.Spec.Parameters), nil
}

// refusal is the answer to who may not use the template.
func refusal(path *field.Path, name, free string) field.ErrorList {
	advice := "leave it out"
	if free != "" {
		advice = fmt.Sprintf("use %q, which is that of the policy", free)
	}
	return field.ErrorList{field.Forbidden(path, fmt.Sprintf(
		"you cannot use the template %q: %s, or ask an administrator for the verb use on it in the namespace %q", name, advice, spaces.SystemNamespace))}
}
