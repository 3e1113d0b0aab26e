// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// marker is a value that is a part of valid names, and that no manifest has by itself.
const marker = "m4rk3r"

// addSeeds adds manifests and values that have something to do with each other.
func addSeeds(f *testing.F) {
	f.Helper()
	values := []string{
		"x", "", "${n}", "$${s}", "$", "{s}", "}", `"}`, `","kind":"Secret`, "a: b\n- c", "7", "true", "null", "\x00", "ä", "\xff", "spaces", "Secret",
	}
	manifests := []string{
		configMap("a", `"a":"${s}","b":"x${s}y$${s}${n}${b}","c":"${n}","d":"${b}","e":["${s}",{"${":"${s}"}]`),
		configMap("${s}", `"a":"${s}${s}","b":"${s}{n}","c":"$${${s}}"`),
		`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","labels":{"a":"${s}"},"annotations":{"a":"${s}"}},"spec":null,"status":"${s}"}`,
		`{"apiVersion":"${s}","kind":"${s}","metadata":{"name":"a","namespace":"${s}"}}`,
		`{"apiVersion":"v1","kind":"List","items":["${s}"]}`, `["${s}"]`, `"${s}"`, `null`, `1`, `{`, ``, `{"a":{"a":{"a":[[["${"]]]}}}`,
	}
	for _, manifest := range manifests {
		for _, value := range values {
			f.Add(manifest, value)
		}
	}
}

// fillWith returns what becomes of the manifest with the value for the parameter s.
func fillWith(manifest, value string) ([]*unstructured.Unstructured, error) {
	return Fill(specOf(manifest), spaceWith(map[string]string{"s": value}))
}

// Whatever a value is, it stands as a whole where it is filled in, and changes nothing else: with it, an object differs
// from one with another value by just that value. So it is no placeholder, no key, and no other kind or namespace.
func FuzzFill(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, manifest, value string) {
		got, err := fillWith(manifest, value)
		if err != nil || strings.Contains(manifest, marker) {
			return
		}
		marked, err := fillWith(manifest, marker)
		if err != nil {
			t.Skip("the marker is refused where the value is not")
		}
		want := replace(marked[0].Object, value)
		if diff := cmp.Diff(want, any(got[0].Object)); diff != "" {
			t.Errorf("the value %q changes more than what it is filled into (-want +got):\n%s", value, diff)
		}
	})
}

// replace writes the value over the marker in all texts.
func replace(node any, value string) any {
	switch node := node.(type) {
	case string:
		return strings.ReplaceAll(node, marker, value)
	case []any:
		list := make([]any, 0, len(node))
		for _, item := range node {
			list = append(list, replace(item, value))
		}
		return list
	case map[string]any:
		tree := make(map[string]any, len(node))
		for key, item := range node {
			tree[key] = replace(item, value)
		}
		return tree
	default:
		return node
	}
}

// The tree of a filled object is that of its manifest: the same keys, and as many items.
func FuzzFillKeepsTheStructure(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, manifest, value string) {
		objects, err := fillWith(manifest, value)
		if err != nil {
			return
		}
		want, err := parse(&runtime.RawExtension{Raw: []byte(manifest)})
		if err != nil {
			t.Fatalf("what is no manifest was filled: %v", err)
		}
		drop(want)
		got := objects[0].Object
		if got["apiVersion"] != want["apiVersion"] || got["kind"] != want["kind"] || objects[0].GetNamespace() != "dev" {
			t.Errorf("want %v %v in dev, got %v", want["apiVersion"], want["kind"], objects[0])
		}
		unstructured.RemoveNestedField(got, "metadata", "namespace")
		if diff := cmp.Diff(shape(want), shape(got)); diff != "" {
			t.Errorf("unexpected structure with %q (-want +got):\n%s", value, diff)
		}
	})
}

// shape returns the tree without what may be filled in.
func shape(node any) any {
	switch node := node.(type) {
	case []any:
		list := make([]any, 0, len(node))
		for _, item := range node {
			list = append(list, shape(item))
		}
		return list
	case map[string]any:
		tree := make(map[string]any, len(node))
		for key, item := range node {
			tree[key] = shape(item)
		}
		return tree
	default:
		return nil
	}
}

// What Validate accepts can be filled, unless the values are wrong: then it says so of them.
func FuzzFillAgreesWithValidate(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, manifest, value string) {
		problems := Validate(specOf(manifest), field.NewPath("spec"))
		_, err := fillWith(manifest, value)
		for _, problem := range listOf(t, err) {
			if ofTemplate := problem.Field == "spec.template"; ofTemplate != (len(problems) > 0) {
				t.Errorf("the template has the problems %v, and filling says %v", problems, err)
			}
		}
		if err == nil && len(problems) > 0 {
			t.Errorf("a template was filled that has the problems %v", problems)
		}
	})
}

// A parameter of a type is never another type, and one that is refused fills nothing.
func FuzzValuesAreOfTheirType(f *testing.F) {
	for _, value := range []string{"", "0", "7", "-7", "007", "+7", "true", "false", "True", "9223372036854775807", "9223372036854775808", "\xff"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for _, typ := range []spaces.ParameterType{"", spaces.ParameterString, spaces.ParameterInteger, spaces.ParameterBoolean} {
			read, err := readValue(&spaces.TemplateParameter{Name: "p", Type: typ}, value)
			if err == nil && written(read) != value {
				t.Errorf("%q of type %q is written as %q", value, typ, written(read))
			}
		}
	})
}
