// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spacetemplate

import (
	"context"
	"fmt"

	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	innerdoor "tenancy.example.io/spaces/pkg/registry/door"
)

// door decides what a caller may do with a template.
type door struct {
	innerdoor.Door
}

func newDoor(reviewer innerdoor.Reviewer) door {
	return door{innerdoor.Door{Reviewer: reviewer, Resource: Kind.GroupResource()}}
}

// mayWrite returns nil if the caller may manage the template, or do so with the ConfigMap behind it.
func (d door) mayWrite(ctx context.Context, verb, name string) error {
	const home = spaces.SystemNamespace
	return d.Require(ctx, name, fmt.Sprintf("manage it, nor %s ConfigMaps, in the namespace %q", verb, home),
		d.To(spaces.VerbManage, home, name), toConfigMap(verb, name))
}

// toConfigMap is the right to do so with the ConfigMap behind the template. As everywhere, nobody can be allowed to create
// one of a certain name only.
func toConfigMap(verb, template string) authorizationv1.ResourceAttributes {
	what := authorizationv1.ResourceAttributes{Verb: verb, Version: "v1", Resource: "configmaps", Namespace: spaces.SystemNamespace}
	if verb != "create" {
		what.Name = spaces.TemplateConfigMap(template)
	}
	return what
}

// create lets a caller create a template, and then lets next decide.
func (d door) create(next rest.ValidateObjectFunc) rest.ValidateObjectFunc {
	return d.write("create", next)
}

// delete lets a caller delete a template, and then lets next decide.
func (d door) delete(next rest.ValidateObjectFunc) rest.ValidateObjectFunc {
	return d.write("delete", next)
}

func (d door) write(verb string, next rest.ValidateObjectFunc) rest.ValidateObjectFunc {
	return func(ctx context.Context, object runtime.Object) error {
		template, ok := object.(*spaces.SpaceTemplate)
		if !ok {
			return apierrors.NewInternalError(errNotATemplate(object))
		}
		if err := d.mayWrite(ctx, verb, template.Name); err != nil {
			return err
		}
		return next(ctx, object)
	}
}

// update lets a caller change a template, and then lets next decide. One that cannot be read can be set anew.
func (d door) update(next rest.ValidateObjectUpdateFunc) rest.ValidateObjectUpdateFunc {
	return func(ctx context.Context, object, old runtime.Object) error {
		before, ok := old.(*spaces.SpaceTemplate)
		if !ok {
			return apierrors.NewInternalError(errNotATemplate(old))
		}
		if err := d.mayWrite(ctx, "update", before.Name); err != nil {
			return err
		}
		if before.DeletionTimestamp != nil {
			return d.BeingDeleted(before.Name)
		}
		return next(ctx, object, old)
	}
}

// deletable tells whether delete lets the caller delete the template.
func (d door) deletable(ctx context.Context, object runtime.Object) (bool, error) {
	return innerdoor.Lets(ctx, d.delete(rest.ValidateAllObjectFunc), object)
}
