// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/validate/content"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// head is what values can make right or wrong about an object.
type head struct {
	// name is nil if it is not known yet.
	name *string
	// labels and annotations have empty values where those are not known yet.
	labels, annotations map[string]string
}

// objects are those that a template has, and where.
type objects map[identity]*field.Path

type identity struct {
	kind schema.GroupKind
	name string
}

// fixedHead returns what is so whatever is filled in.
func fixedHead(tree map[string]any) head {
	return readHead(tree, func(s string) (string, bool) {
		parsed, err := parseText(s)
		if err != nil {
			return "", false
		}
		return parsed.fixed()
	})
}

// filledHead returns what is so when everything is filled in.
func filledHead(tree map[string]any) head {
	return readHead(tree, func(s string) (string, bool) { return s, true })
}

func readHead(tree map[string]any, known func(string) (string, bool)) head {
	metadata, _ := tree["metadata"].(map[string]any)
	h := head{labels: readEntries(metadata["labels"], known), annotations: readEntries(metadata["annotations"], known)}
	name, _ := metadata["name"].(string)
	if name, ok := known(name); ok {
		h.name = &name
	}
	return h
}

func readEntries(node any, known func(string) (string, bool)) map[string]string {
	entries, _ := node.(map[string]any)
	read := make(map[string]string, len(entries))
	for key, value := range entries {
		s, _ := value.(string)
		read[key], _ = known(s)
	}
	return read
}

// checkHead returns what is wrong with it, as far as it is known, and adds the object to those that were seen.
func checkHead(m manifest, h head, seen objects) field.ErrorList {
	path := m.path.Child("metadata")
	errs := checkReservedKeys(h.labels, path.Child("labels"))
	errs = append(errs, metav1validation.ValidateLabels(h.labels, path.Child("labels"))...)
	errs = append(errs, checkReservedKeys(h.annotations, path.Child("annotations"))...)
	errs = append(errs, apivalidation.ValidateAnnotations(h.annotations, path.Child("annotations"))...)
	if h.name == nil {
		return errs
	}
	errs = append(errs, checkObjectName(m.kind, *h.name, path.Child("name"))...)
	id := identity{kind: m.kind, name: *h.name}
	if other, ok := seen[id]; ok {
		duplicate := field.Duplicate(path.Child("name"), id.name)
		duplicate.Detail = fmt.Sprintf("%s is the same %s: remove one of them, or give it another name", other, m.kind.Kind)
		return append(errs, duplicate)
	}
	seen[id] = m.path
	return errs
}

// checkObjectName lets through what all objects of RBAC are allowed to be named, which is more than others are.
func checkObjectName(kind schema.GroupKind, name string, path *field.Path) field.ErrorList {
	if spaces.IsPlatformObject(kind, name) {
		return field.ErrorList{field.Forbidden(path,
			fmt.Sprintf("the platform itself has a %s of such a name in Spaces: choose one that does not begin with %q", kind.Kind, "spaces"))}
	}
	problems := apivalidation.NameIsDNSSubdomain(name, false)
	if kind.Group == "rbac.authorization.k8s.io" && name != "" {
		problems = content.IsPathSegmentName(name)
	}
	var errs field.ErrorList
	for _, problem := range problems {
		errs = append(errs, field.Invalid(path, brief(name), problem))
	}
	return errs
}

// checkReservedKeys ignores case, since the keys of annotations may be written in any.
func checkReservedKeys(entries map[string]string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		if strings.HasPrefix(strings.ToLower(key), spaces.ReservedKeyPrefix) {
			errs = append(errs, field.Forbidden(path.Key(brief(key)), fmt.Sprintf(
				"keys that start with %q are set by the platform only: remove it, or choose another prefix", spaces.ReservedKeyPrefix)))
		}
	}
	return errs
}
