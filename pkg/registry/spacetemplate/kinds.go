// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spacetemplate

import (
	"context"
	"encoding/json"
	"fmt"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// Kinds are those that the cluster has. They are safe for concurrent use.
type Kinds interface {
	// Namespaced tells whether objects of the kind are in namespaces. If the cluster has no such kind, meta.IsNoMatchError
	// holds for the error.
	Namespaced(ctx context.Context, kind schema.GroupVersionKind) (bool, error)
}

// installed lets next decide about templates whose objects can be put into a namespace of this cluster.
type installed struct {
	kinds Kinds
}

func (i installed) create(next rest.ValidateObjectFunc) rest.ValidateObjectFunc {
	return func(ctx context.Context, object runtime.Object) error {
		if err := i.check(ctx, object, nil); err != nil {
			return err
		}
		return next(ctx, object)
	}
}

func (i installed) update(next rest.ValidateObjectUpdateFunc) rest.ValidateObjectUpdateFunc {
	return func(ctx context.Context, object, old runtime.Object) error {
		if err := i.check(ctx, object, old); err != nil {
			return err
		}
		return next(ctx, object, old)
	}
}

// check returns what is wrong with the objects of the template. Those that have not changed are not wrong.
func (i installed) check(ctx context.Context, object, old runtime.Object) error {
	template, ok := object.(*spaces.SpaceTemplate)
	if !ok {
		return apierrors.NewInternalError(errNotATemplate(object))
	}
	if before, ok := old.(*spaces.SpaceTemplate); ok && apiequality.Semantic.DeepEqual(template.Spec.Objects, before.Spec.Objects) {
		return nil
	}
	var faults field.ErrorList
	for at, one := range template.Spec.Objects {
		fault, err := i.fault(ctx, one.Raw, field.NewPath("spec", "objects").Index(at))
		if err != nil {
			return err
		}
		if fault != nil {
			faults = append(faults, fault)
		}
	}
	if len(faults) > 0 {
		return apierrors.NewInvalid(spaces.Kind("SpaceTemplate"), template.Name, faults)
	}
	return nil
}

// fault returns what is wrong with one of the objects, which may be nothing; or why that cannot be found out.
func (i installed) fault(ctx context.Context, manifest []byte, path *field.Path) (*field.Error, error) {
	var one metav1.TypeMeta
	if err := json.Unmarshal(manifest, &one); err != nil {
		return field.Invalid(path, field.OmitValueType{}, err.Error()), nil
	}
	kind := one.GroupVersionKind()
	namespaced, err := i.kinds.Namespaced(ctx, kind)
	switch {
	case meta.IsNoMatchError(err):
		return field.Invalid(path, kind.Kind, fmt.Sprintf("no kind %s in version %s in the cluster: install it first", kind.Kind, one.APIVersion)), nil
	case err != nil:
		return nil, apierrors.NewServiceUnavailable(fmt.Sprintf("find out whether the cluster has the kind %s in version %s: %v", kind.Kind, one.APIVersion, err))
	case !namespaced:
		return field.Invalid(path, kind.Kind, "is not in a namespace: a template holds only what is"), nil
	default:
		return nil, nil
	}
}
