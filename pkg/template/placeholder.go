// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// maxProblems is how many placeholders of a manifest are complained about.
const maxProblems = 10

// types are those of the parameters that a template has, by their names.
type types map[string]spaces.ParameterType

func typesOf(parameters []spaces.TemplateParameter) types {
	declared := make(types, len(parameters)+2)
	for i := range parameters {
		declared[parameters[i].Name] = parameters[i].Type
	}
	declared[spaces.ParameterSpace], declared[spaces.ParameterAccount] = spaces.ParameterString, spaces.ParameterString
	return declared
}

// checkTexts returns what is wrong with the placeholders of a manifest.
func checkTexts(tree map[string]any, declared types, path *field.Path) field.ErrorList {
	c := textChecker{declared: declared}
	for _, key := range slices.Sorted(maps.Keys(tree)) {
		if key != "apiVersion" && key != "kind" {
			c.entry(tree, key, path)
		}
	}
	return c.errs
}

// textChecker looks at the texts of one manifest.
type textChecker struct {
	declared types
	errs     field.ErrorList
}

func (c *textChecker) walk(node any, path *field.Path) {
	if len(c.errs) >= maxProblems {
		return
	}
	switch node := node.(type) {
	case string:
		c.text(node, path)
	case []any:
		for i := range node {
			c.walk(node[i], path.Index(i))
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(node)) {
			c.entry(node, key, path)
		}
	}
}

func (c *textChecker) entry(parent map[string]any, key string, path *field.Path) {
	path = child(path, key)
	if strings.Contains(key, opening) {
		c.errs = append(c.errs, field.Invalid(path, brief(key), "nothing is filled into keys: write it out"))
	}
	c.walk(parent[key], path)
}

func (c *textChecker) text(s string, path *field.Path) {
	parsed, err := parseText(s)
	if err != nil {
		c.errs = append(c.errs, field.Invalid(path, brief(s), err.Error()))
	}
	for _, p := range parsed {
		if _, ok := c.declared[p.parameter]; p.parameter != "" && !ok {
			c.errs = append(c.errs, field.Invalid(path, brief(s),
				fmt.Sprintf("the template has no parameter %q: declare it, or %s", p.parameter, literally)))
			return
		}
	}
}

// child is the path of what the key has. Keys are in brackets where they are no names of fields.
func child(path *field.Path, key string) *field.Path {
	if spaces.IsParameterName(key) {
		return path.Child(key)
	}
	return path.Key(brief(key))
}
