// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// maxValueBytes is how long a value may be.
const maxValueBytes = 64 << 10

// values are what is filled in, by the names of parameters: each is a string, an int64 or a bool.
type values map[string]any

// CheckParameters returns what is wrong with the parameters of a Space of this template, at spec.parameters: those that
// it does not have, those that have to be given, and those that are not what they must be. A default counts as given.
func CheckParameters(spec *spaces.SpaceTemplateSpec, parameters map[string]string) field.ErrorList {
	_, errs := readValues(spec, parameters)
	return errs
}

// readValues returns the values of all declared parameters.
func readValues(spec *spaces.SpaceTemplateSpec, given map[string]string) (values, field.ErrorList) {
	path := parametersPath()
	errs := checkKnown(spec, given, path)
	read := make(values, len(spec.Parameters))
	for i := range spec.Parameters {
		p := &spec.Parameters[i]
		value, err := readGiven(p, given, path.Key(p.Name))
		if err != nil {
			errs = append(errs, err)
		}
		read[p.Name] = value
	}
	return read, errs
}

// checkKnown refuses parameters that the template does not have.
func checkKnown(spec *spaces.SpaceTemplateSpec, given map[string]string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, name := range slices.Sorted(maps.Keys(given)) {
		switch {
		case isBuiltIn(name):
			errs = append(errs, field.Forbidden(path.Key(name), "the platform fills it in itself: remove it"))
		case !slices.ContainsFunc(spec.Parameters, func(p spaces.TemplateParameter) bool { return p.Name == name }):
			errs = append(errs, field.Forbidden(path.Key(brief(name)), instead(spec.Parameters)))
		}
	}
	return errs
}

// instead says what to do about a parameter that is not one of these.
func instead(parameters []spaces.TemplateParameter) string {
	if len(parameters) == 0 {
		return "the template has no parameters: remove it"
	}
	var names []string
	for i := range parameters {
		names = append(names, strconv.Quote(parameters[i].Name))
	}
	return "the template has no such parameter: remove it, or name one of its own: " + strings.Join(names, ", ")
}

func isBuiltIn(name string) bool {
	return name == spaces.ParameterSpace || name == spaces.ParameterAccount
}

// readGiven returns the value that is given, or else the default.
func readGiven(p *spaces.TemplateParameter, given map[string]string, path *field.Path) (any, *field.Error) {
	s, ok := given[p.Name]
	source := ""
	if !ok && p.Default == nil {
		return nil, field.Required(path, "the template has no default for it: give it a value")
	}
	if !ok {
		s, source = *p.Default, "the template's default is wrong, so give it a value: "
	}
	value, err := readValue(p, s)
	if err != nil {
		return nil, field.Invalid(path, brief(s), source+err.Error())
	}
	return value, nil
}

// readValue returns what the text means as a value of the parameter.
func readValue(p *spaces.TemplateParameter, s string) (any, error) {
	if len(s) > maxValueBytes {
		return nil, fmt.Errorf("must be no longer than %d bytes, and has %d", maxValueBytes, len(s))
	}
	if !utf8.ValidString(s) {
		return nil, errors.New("must be text in UTF-8")
	}
	value, err := readTyped(p.Type, s)
	if err != nil {
		return nil, err
	}
	return value, matchPattern(p.Pattern, s)
}

func readTyped(typ spaces.ParameterType, s string) (any, error) {
	switch typ {
	case "", spaces.ParameterString:
		return s, nil
	case spaces.ParameterInteger:
		number, err := strconv.ParseInt(s, 10, 64)
		if err != nil || strconv.FormatInt(number, 10) != s {
			return nil, errors.New(`must be a whole number of 64 bits, such as "7" or "-7", without "+" and leading zeros`)
		}
		return number, nil
	case spaces.ParameterBoolean:
		if s != "true" && s != "false" {
			return nil, errors.New(`must be "true" or "false"`)
		}
		return s == "true", nil
	default:
		return nil, fmt.Errorf("cannot be a value of type %q, which there is not: mend the template", typ)
	}
}

func matchPattern(pattern, s string) error {
	if pattern == "" {
		return nil
	}
	expression, err := regexp.Compile(pattern)
	if err != nil {
		return fmt.Errorf("cannot be held against the pattern %q: mend the template: %w", brief(pattern), err)
	}
	// A match of the whole is the longest of the leftmost. Anchors around the pattern could be closed from inside of it.
	expression.Longest()
	if found := expression.FindStringIndex(s); found == nil || found[0] != 0 || found[1] != len(s) {
		return fmt.Errorf("must match the pattern %q as a whole", pattern)
	}
	return nil
}
