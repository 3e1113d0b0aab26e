// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// manifest is an object of a template.
type manifest struct {
	path *field.Path
	kind schema.GroupKind
	// tree is what was parsed of it, without what is dropped. Nobody else has it.
	tree map[string]any
}

// readManifests returns the objects of a template. They are complete if there is no error.
func readManifests(spec *spaces.SpaceTemplateSpec, path *field.Path) ([]manifest, field.ErrorList) {
	var errs field.ErrorList
	manifests := make([]manifest, 0, len(spec.Objects))
	declared, seen := typesOf(spec.Parameters), objects{}
	for i := range spec.Objects {
		m, problems := readManifest(&spec.Objects[i], declared, path.Index(i))
		if len(problems) == 0 {
			problems = checkHead(m, fixedHead(m.tree), seen)
		}
		manifests, errs = append(manifests, m), append(errs, problems...)
	}
	return manifests, errs
}

// readManifest reads an object, and checks what does not depend on values.
func readManifest(raw *runtime.RawExtension, declared types, path *field.Path) (manifest, field.ErrorList) {
	m := manifest{path: path}
	var err error
	if m.tree, err = parse(raw); err != nil {
		return m, field.ErrorList{field.Invalid(path, brief(string(raw.Raw)), err.Error())}
	}
	drop(m.tree)
	var errs field.ErrorList
	m.kind, errs = readKind(m.tree, path)
	errs = append(errs, checkMetadata(m.tree, declared, path.Child("metadata"))...)
	return m, append(errs, checkTexts(m.tree, declared, path)...)
}

func parse(raw *runtime.RawExtension) (map[string]any, error) {
	data, err := raw.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("must be a manifest in JSON: %w", err)
	}
	var parsed any
	if err := utiljson.Unmarshal(data, &parsed); err != nil {
		return nil, fmt.Errorf("must be a manifest in JSON: %w", err)
	}
	tree, ok := parsed.(map[string]any)
	if !ok {
		return nil, errors.New("must be a manifest, with apiVersion, kind and metadata")
	}
	return tree, nil
}

// drop leaves out what kubectl writes into manifests that it makes, and what says nothing.
func drop(tree map[string]any) {
	delete(tree, "status")
	if metadata, ok := tree["metadata"].(map[string]any); ok {
		if stamp, has := metadata["creationTimestamp"]; has && stamp == nil {
			delete(metadata, "creationTimestamp")
		}
	}
}
