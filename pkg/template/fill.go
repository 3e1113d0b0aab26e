// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"fmt"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// maxFilledBytes is how long the texts with placeholders may become, all of them together. A long value could be filled in
// so often that it takes all memory.
const maxFilledBytes = 4 << 20

// Fill returns the objects of the template for the Space, in their order, with its name as their namespace. They are the
// caller's own. The same arguments give the same objects.
//
// Errors are an aggregate of *field.Error: at spec.parameters if other parameters would do, and at spec.template if the
// template is wrong itself, as Validate says. Those about an object name it.
func Fill(spec *spaces.SpaceTemplateSpec, space *spaces.Space) ([]*unstructured.Unstructured, error) {
	manifests, errs := read(spec, field.NewPath("spec"))
	if len(errs) > 0 {
		return nil, ofTemplate(space.Spec.Template, errs).ToAggregate()
	}
	values, errs := readValues(spec, space.Spec.Parameters)
	if len(errs) > 0 {
		return nil, errs.ToAggregate()
	}
	values[spaces.ParameterSpace], values[spaces.ParameterAccount] = space.Name, space.Spec.Account
	if errs := fill(manifests, values); len(errs) > 0 {
		return nil, errs.ToAggregate()
	}
	return inNamespace(manifests, space.Name), nil
}

// ofTemplate returns errors in a template as errors of a Space that names it.
func ofTemplate(name string, errs field.ErrorList) field.ErrorList {
	path := field.NewPath("spec", "template")
	var wrapped field.ErrorList
	for _, err := range errs {
		wrapped = append(wrapped, field.Invalid(path, name, "the template is wrong, and has to be mended: "+err.Error()))
	}
	return wrapped
}

// fill fills in all manifests.
func fill(manifests []manifest, values values) field.ErrorList {
	var errs field.ErrorList
	f, seen := filler{values: values, left: maxFilledBytes}, objects{}
	for _, m := range manifests {
		f.walk(m.tree)
		h := filledHead(m.tree)
		errs = append(errs, ofParameters(m, *h.name, checkHead(m, h, seen))...)
	}
	if f.left >= 0 {
		return errs
	}
	err := field.TooLong(parametersPath(), "", maxFilledBytes)
	err.Detail = fmt.Sprintf("they are filled in so often that it takes more than %d bytes: give shorter values", maxFilledBytes)
	return field.ErrorList{err}
}

func parametersPath() *field.Path { return field.NewPath("spec", "parameters") }

// ofParameters returns errors in a filled object as errors of the Space whose values it has.
func ofParameters(m manifest, name string, errs field.ErrorList) field.ErrorList {
	for _, err := range errs {
		err.Detail = fmt.Sprintf("%s %q (%s of the template): %s", m.kind.Kind, brief(name), err.Field, err.Detail)
		err.Field = parametersPath().String()
	}
	return errs
}

func inNamespace(manifests []manifest, namespace string) []*unstructured.Unstructured {
	objects := make([]*unstructured.Unstructured, 0, len(manifests))
	for _, m := range manifests {
		object := &unstructured.Unstructured{Object: m.tree}
		object.SetNamespace(namespace)
		objects = append(objects, object)
	}
	return objects
}

// filler puts values into trees, as long as there are bytes left for them.
type filler struct {
	values values
	left   int
}

// walk fills in what is below the node, and returns what takes its place.
func (f *filler) walk(node any) any {
	switch node := node.(type) {
	case string:
		return f.text(node)
	case []any:
		for i := range node {
			node[i] = f.walk(node[i])
		}
	case map[string]any:
		for key := range node {
			node[key] = f.walk(node[key])
		}
	}
	return node
}

// text fills in a text, which is one of a valid template.
func (f *filler) text(s string) any {
	if !strings.Contains(s, opening) {
		return s
	}
	parsed, err := parseText(s)
	if err != nil {
		return s
	}
	if parameter, ok := parsed.only(); ok {
		if _, isText := f.values[parameter].(string); !isText {
			return f.values[parameter]
		}
	}
	var b strings.Builder
	for _, p := range parsed {
		piece := p.literal
		if p.parameter != "" {
			piece = written(f.values[p.parameter])
		}
		if f.left -= len(piece); f.left < 0 {
			return ""
		}
		b.WriteString(piece)
	}
	return b.String()
}

// written returns the value as it was given.
func written(value any) string {
	switch value := value.(type) {
	case int64:
		return strconv.FormatInt(value, 10)
	case bool:
		return strconv.FormatBool(value)
	default:
		s, _ := value.(string)
		return s
	}
}
