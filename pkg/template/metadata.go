// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// refusedMetadata says of the metadata that no manifest can have why that is so, and what to do.
func refusedMetadata() map[string]string {
	const ofServer = "the API server sets it: remove it"
	return map[string]string{
		"namespace":                  "it is the Space's: remove it",
		"generateName":               "the platform could not find the object again: remove it, and set the name",
		"ownerReferences":            "nothing outside of the Space owns what is in it: remove it",
		"finalizers":                 "they would hold up the end of the Space: remove them",
		"uid":                        ofServer,
		"resourceVersion":            ofServer,
		"generation":                 ofServer,
		"selfLink":                   ofServer,
		"managedFields":              ofServer,
		"creationTimestamp":          ofServer,
		"deletionTimestamp":          ofServer,
		"deletionGracePeriodSeconds": ofServer,
	}
}

// checkMetadata returns what is wrong with the metadata of a manifest before anything is filled in.
func checkMetadata(tree map[string]any, declared types, path *field.Path) field.ErrorList {
	metadata, ok := tree["metadata"].(map[string]any)
	if !ok {
		return field.ErrorList{field.Required(path, "every manifest has it, and it has a name")}
	}
	var errs field.ErrorList
	refused := refusedMetadata()
	for _, key := range slices.Sorted(maps.Keys(refused)) {
		if _, has := metadata[key]; has {
			errs = append(errs, field.Forbidden(path.Child(key), refused[key]))
		}
	}
	if name, ok := metadata["name"].(string); !ok || name == "" {
		errs = append(errs, field.Required(path.Child("name"), "every manifest has it, and it is a text"))
	} else {
		errs = append(errs, checkIsText(name, declared, path.Child("name"))...)
	}
	for _, key := range []string{"labels", "annotations"} {
		errs = append(errs, checkAreTexts(metadata[key], declared, path.Child(key))...)
	}
	return errs
}

// checkAreTexts refuses labels and annotations that are none.
func checkAreTexts(node any, declared types, path *field.Path) field.ErrorList {
	if node == nil {
		return nil
	}
	entries, ok := node.(map[string]any)
	if !ok {
		return field.ErrorList{field.Invalid(path, "", "must be keys with texts")}
	}
	var errs field.ErrorList
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		path := path.Key(brief(key))
		if s, ok := entries[key].(string); ok {
			errs = append(errs, checkIsText(s, declared, path)...)
		} else {
			errs = append(errs, field.Invalid(path, "", "must be a text: write it in quotes"))
		}
	}
	return errs
}

// checkIsText refuses what becomes a number or a boolean when it is filled in.
func checkIsText(s string, declared types, path *field.Path) field.ErrorList {
	parsed, err := parseText(s)
	if err != nil {
		return nil // which is told already
	}
	parameter, ok := parsed.only()
	switch typ := declared[parameter]; {
	case !ok, typ == "", typ == spaces.ParameterString:
		return nil
	default:
		return field.ErrorList{field.Invalid(path, brief(s),
			fmt.Sprintf("must be a text, and becomes what is of type %s: make that parameter a string with a pattern", typ))}
	}
}
