// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

const (
	// maxParameters is how many parameters a template may have.
	maxParameters = 100
	// maxObjects is how many objects a template may have.
	maxObjects = 200
	// maxSpecBytes is how large the spec of a template may be, as JSON.
	maxSpecBytes = 512 << 10
)

// Validate returns what is wrong with the template whose spec is at the path. What is too large is not looked at any
// further.
func Validate(spec *spaces.SpaceTemplateSpec, path *field.Path) field.ErrorList {
	_, errs := read(spec, path)
	return errs
}

// read returns the manifests of a template, which are complete if there is no error.
func read(spec *spaces.SpaceTemplateSpec, path *field.Path) ([]manifest, field.ErrorList) {
	if errs := checkSize(spec, path); len(errs) > 0 {
		return nil, errs
	}
	errs := checkDeclarations(spec.Parameters, path.Child("parameters"))
	manifests, more := readManifests(spec, path.Child("objects"))
	return manifests, append(errs, more...)
}

func checkSize(spec *spaces.SpaceTemplateSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if count := len(spec.Parameters); count > maxParameters {
		errs = append(errs, field.TooMany(path.Child("parameters"), count, maxParameters))
	}
	if count := len(spec.Objects); count > maxObjects {
		errs = append(errs, field.TooMany(path.Child("objects"), count, maxObjects))
	}
	if size := jsonSize(spec); size > maxSpecBytes {
		err := field.TooLong(path, "", maxSpecBytes)
		err.Detail = fmt.Sprintf("it takes %d bytes as JSON, and %d are allowed: leave something out", size, maxSpecBytes)
		errs = append(errs, err)
	}
	return errs
}

// jsonSize returns how many bytes the spec takes as JSON. Manifests that are no JSON count as they are.
func jsonSize(spec *spaces.SpaceTemplateSpec) int {
	size := encodedSize(spec.Parameters, 0)
	for i := range spec.Objects {
		size += encodedSize(spec.Objects[i], len(spec.Objects[i].Raw))
	}
	return size
}

func encodedSize(value any, otherwise int) int {
	encoded, err := json.Marshal(value)
	if err != nil {
		return otherwise
	}
	return len(encoded)
}
