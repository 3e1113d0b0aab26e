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
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/template"
)

// Kinds are those that the cluster has. They are safe for concurrent use.
type Kinds interface {
	// Namespaced tells whether objects of the kind are in namespaces. If the cluster has no such kind, meta.IsNoMatchError
	// holds for the error.
	Namespaced(ctx context.Context, kind schema.GroupVersionKind) (bool, error)
	// Misfits returns for each of the objects what its kind does not have, or has of another type, by where that stands in the
	// object; or nothing where the cluster does not say what the kind is like.
	Misfits(ctx context.Context, objects []*unstructured.Unstructured) []field.ErrorList
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

// check returns what is wrong with the objects of the template. Those that have not changed are not wrong, but for what
// parameters make of them.
func (i installed) check(ctx context.Context, object, old runtime.Object) error {
	checked, ok := object.(*spaces.SpaceTemplate)
	if !ok {
		return apierrors.NewInternalError(errNotATemplate(object))
	}
	before, updated := old.(*spaces.SpaceTemplate)
	same := updated && apiequality.Semantic.DeepEqual(checked.Spec.Objects, before.Spec.Objects)
	if same && apiequality.Semantic.DeepEqual(checked.Spec.Parameters, before.Spec.Parameters) {
		return nil
	}
	var faults field.ErrorList
	if !same {
		var err error
		if faults, err = i.faults(ctx, checked.Spec.Objects); err != nil {
			return err
		}
	}
	if len(faults) == 0 {
		faults = i.misfits(ctx, &checked.Spec)
	}
	if len(faults) > 0 {
		return apierrors.NewInvalid(spaces.Kind("SpaceTemplate"), checked.Name, faults)
	}
	return nil
}

// faults returns which objects are of kinds that no Space can have, or why that cannot be found out.
func (i installed) faults(ctx context.Context, objects []runtime.RawExtension) (field.ErrorList, error) {
	var faults field.ErrorList
	for at, one := range objects {
		fault, err := i.fault(ctx, one.Raw, pathOf(at))
		if err != nil {
			return nil, err
		}
		if fault != nil {
			faults = append(faults, fault)
		}
	}
	return faults, nil
}

// misfits returns what the objects have that their kinds have not, whatever is filled in.
func (i installed) misfits(ctx context.Context, spec *spaces.SpaceTemplateSpec) field.ErrorList {
	var all field.ErrorList
	for at, misfits := range i.kinds.Misfits(ctx, template.Sample(spec)) {
		for _, misfit := range misfits {
			misfit.Field = pathOf(at).String() + "." + misfit.Field
			all = append(all, misfit)
		}
	}
	return all
}

// pathOf is where the object stands in a template.
func pathOf(object int) *field.Path { return specPath().Child("objects").Index(object) }

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
