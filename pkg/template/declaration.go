// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"regexp"

	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// maxPatternBytes is how long a pattern may be.
const maxPatternBytes = 1024

// checkDeclarations returns what is wrong with the parameters that a template declares.
func checkDeclarations(parameters []spaces.TemplateParameter, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	seen := sets.New[string]()
	for i := range parameters {
		p, path := &parameters[i], path.Index(i)
		errs = append(errs, checkName(p.Name, path.Child("name"))...)
		if seen.Has(p.Name) {
			errs = append(errs, field.Duplicate(path.Child("name"), brief(p.Name)))
		}
		seen.Insert(p.Name)
		errs = append(errs, checkDeclaration(p, path)...)
	}
	return errs
}

func checkName(name string, path *field.Path) field.ErrorList {
	switch {
	case name == "":
		return field.ErrorList{field.Required(path, "")}
	case isBuiltIn(name):
		return field.ErrorList{field.Invalid(path, name, "every template has this parameter: choose another name")}
	case !spaces.IsParameterName(name):
		return field.ErrorList{field.Invalid(path, brief(name), `must be letters, digits, "-" and "_", with a letter first, and no more than 63 of them`)}
	default:
		return nil
	}
}

// checkDeclaration checks all but the name. A default is not held against what is wrong itself.
func checkDeclaration(p *spaces.TemplateParameter, path *field.Path) field.ErrorList {
	errs := checkType(p.Type, path.Child("type"))
	errs = append(errs, checkPattern(p.Pattern, path.Child("pattern"))...)
	if len(errs) > 0 || p.Default == nil {
		return errs
	}
	if _, err := readValue(p, *p.Default); err != nil {
		errs = append(errs, field.Invalid(path.Child("default"), brief(*p.Default), err.Error()))
	}
	return errs
}

func checkType(typ spaces.ParameterType, path *field.Path) field.ErrorList {
	switch typ {
	case "", spaces.ParameterString, spaces.ParameterInteger, spaces.ParameterBoolean:
		return nil
	default:
		types := []spaces.ParameterType{spaces.ParameterString, spaces.ParameterInteger, spaces.ParameterBoolean}
		return field.ErrorList{field.NotSupported(path, typ, types)}
	}
}

func checkPattern(pattern string, path *field.Path) field.ErrorList {
	if len(pattern) > maxPatternBytes {
		return field.ErrorList{field.TooLong(path, "", maxPatternBytes)}
	}
	if _, err := regexp.Compile(pattern); err != nil {
		return field.ErrorList{field.Invalid(path, pattern, "must be a regular expression, in the syntax of RE2: "+err.Error())}
	}
	return nil
}
