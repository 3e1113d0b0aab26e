// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/endpoints/request"

	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/provisioning"
	"tenancy.example.io/spaces/pkg/registry/door"
	"tenancy.example.io/spaces/pkg/template"
)

// shelf has the templates. It is safe for concurrent use.
type shelf struct {
	policies policies
	reviewer door.Reviewer
}

// Template implements spacepolicy.Templates.
func (s shelf) Template(name string) (*spacesapi.SpaceTemplate, error) {
	return s.policies.template(name)
}

// MayUse implements spacepolicy.Templates.
func (s shelf) MayUse(ctx context.Context, name string) (bool, error) {
	caller, ok := request.UserFrom(ctx)
	if !ok {
		return false, errors.New("the request has no user")
	}
	return s.reviewer.Allows(ctx, caller, door.ToUseTemplate(name))
}

// filling returns what the Space has to be filled with from its template now, or nil if nothing. One that was filled stays as
// it is when its template is gone.
func (p policies) filling(space *spacesapi.Space) (*provisioning.Filling, error) {
	name := space.Spec.Template
	if name == "" {
		return nil, nil
	}
	found, err := p.template(name)
	switch {
	case apierrors.IsNotFound(err) && space.Status.Phase != spacesapi.SpaceProvisioning:
		return nil, nil
	case apierrors.IsNotFound(err):
		// It was deleted since it was named. "Not found" would be about the Space.
		return nil, apierrors.NewInvalid(spacesapi.Kind("Space"), space.Name, field.ErrorList{field.NotFound(field.NewPath("spec", "template"), name)})
	case err != nil:
		return nil, err
	}
	hash := template.Hash(name, &found.Spec, space)
	if before := space.Status.Template; before != nil && before.Name == name && template.Current(before.Hash, hash) {
		return nil, nil
	}
	objects, err := template.Fill(&found.Spec, space)
	if err != nil {
		return nil, invalid(space.Name, err)
	}
	for _, object := range objects {
		labels := object.GetLabels()
		if labels == nil {
			labels = map[string]string{}
		}
		labels[spacesapi.LabelTemplate] = name
		object.SetLabels(labels)
	}
	return &provisioning.Filling{Template: name, Hash: hash, Objects: objects}, nil
}

// invalid returns what is wrong with a Space as the answer to its creator.
func invalid(name string, err error) error {
	var errs field.ErrorList
	var all utilerrors.Aggregate
	if !errors.As(err, &all) {
		return apierrors.NewInternalError(err)
	}
	for _, each := range all.Errors() {
		one := &field.Error{}
		if !errors.As(each, &one) {
			return apierrors.NewInternalError(err)
		}
		errs = append(errs, one)
	}
	return apierrors.NewInvalid(spacesapi.Kind("Space"), name, errs)
}

// reasonNotFilled is the reason of the condition Ready of a Space that its template could not be applied to again.
const reasonNotFilled = "TemplateNotApplied"

// fill has a Space that is in place follow its template, and says of it if it cannot.
func (k keeper) fill(ctx context.Context, plan provisioning.Plan) error {
	filling, failed := k.policies.filling(plan.Space)
	told := meta.FindStatusCondition(plan.Space.Status.Conditions, spacesapi.ConditionReady)
	if filling == nil && failed == nil && (told == nil || told.Reason != reasonNotFilled) {
		return nil
	}
	var filled *spacesapi.AppliedTemplate
	if failed == nil {
		plan.Filling = filling
		filled, failed = k.provisioner.Fill(ctx, plan)
	}
	return errors.Join(failed, k.tellFilled(ctx, plan.Space.Name, filled, failed))
}

// tellFilled stores what a Space was filled with, or why it could not be.
func (k keeper) tellFilled(ctx context.Context, name string, filled *spacesapi.AppliedTemplate, failed error) error {
	return k.tell(ctx, name, func(own *spacesapi.Space) metav1.Condition {
		if filled != nil {
			own.Status.Template = filled
		}
		if failed != nil {
			return k.notReady(own, reasonNotFilled, "The template has changed, and could not be applied again: "+failed.Error())
		}
		return k.ready(own)
	})
}
