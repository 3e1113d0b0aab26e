// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// readKind returns the kind of an object, and what is wrong with it.
func readKind(tree map[string]any, path *field.Path) (schema.GroupKind, field.ErrorList) {
	version, errs := readVersion(tree, path.Child("apiVersion"))
	name, more := readConstant(tree, "kind", path.Child("kind"))
	if errs = append(errs, more...); len(errs) > 0 {
		return schema.GroupKind{}, errs
	}
	kind := version.WithKind(name).GroupKind()
	if reason := refusal(kind, tree); reason != "" {
		errs = append(errs, field.Forbidden(path.Child("kind"), reason))
	}
	return kind, errs
}

func readVersion(tree map[string]any, path *field.Path) (schema.GroupVersion, field.ErrorList) {
	constant, errs := readConstant(tree, "apiVersion", path)
	if len(errs) > 0 {
		return schema.GroupVersion{}, errs
	}
	version, err := schema.ParseGroupVersion(constant)
	if err != nil || version.Version == "" || version.String() != constant {
		return version, field.ErrorList{field.Invalid(path, brief(constant), `must be a version such as "v1", or one of a group such as "apps/v1"`)}
	}
	return version, nil
}

// readConstant returns a text into which nothing is ever filled in.
func readConstant(tree map[string]any, key string, path *field.Path) (string, field.ErrorList) {
	constant, ok := tree[key].(string)
	if !ok || constant == "" {
		return "", field.ErrorList{field.Required(path, "every manifest has it, and it is a text")}
	}
	if strings.Contains(constant, opening) {
		return "", field.ErrorList{field.Invalid(path, brief(constant), "nothing is filled in here: write it out")}
	}
	return constant, nil
}

// refusal says why no template can have objects of that kind. It is empty if it can.
func refusal(kind schema.GroupKind, tree map[string]any) string {
	_, hasItems := tree["items"]
	switch {
	case kind == schema.GroupKind{Kind: "Secret"}:
		return "everybody who may list templates would read the Secret: have it made inside the Space"
	case kind == schema.GroupKind{Kind: "Namespace"}:
		return "the namespace is the Space itself: remove it"
	case kind.Group == spaces.GroupName:
		return fmt.Sprintf("what is of the group %q is not inside of a Space: remove it", spaces.GroupName)
	case kind.Kind == "List", strings.HasSuffix(kind.Kind, "List") && hasItems:
		return fmt.Sprintf("%q is a list: write its items as objects of the template", brief(kind.Kind))
	default:
		return ""
	}
}
