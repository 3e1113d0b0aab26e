// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// Sample returns the objects of a template in their order, with some value of its type for each parameter: what they have of
// other types than their kinds have is wrong, whatever is filled in. It returns nil for a template that Validate refuses.
func Sample(spec *spaces.SpaceTemplateSpec) []*unstructured.Unstructured {
	manifests, errs := read(spec, field.NewPath("spec"))
	if len(errs) > 0 {
		return nil
	}
	some := make(values, len(spec.Parameters)+2)
	for name, typ := range typesOf(spec.Parameters) {
		some[name] = someOf(typ)
	}
	f := filler{values: some, left: maxFilledBytes}
	objects := make([]*unstructured.Unstructured, 0, len(manifests))
	for _, m := range manifests {
		f.walk(m.tree)
		objects = append(objects, &unstructured.Unstructured{Object: m.tree})
	}
	return objects
}

func someOf(typ spaces.ParameterType) any {
	switch typ {
	case spaces.ParameterInteger:
		return int64(1)
	case spaces.ParameterBoolean:
		return true
	case spaces.ParameterString:
	}
	return "a"
}
