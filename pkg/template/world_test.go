// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// specOf returns the spec of a template with these manifests, and a parameter of each type: s, n and b.
func specOf(manifests ...string) *spaces.SpaceTemplateSpec {
	spec := &spaces.SpaceTemplateSpec{Parameters: []spaces.TemplateParameter{
		{Name: "s", Default: new("text")},
		{Name: "n", Type: spaces.ParameterInteger, Default: new("7")},
		{Name: "b", Type: spaces.ParameterBoolean, Default: new("true")},
	}}
	for _, manifest := range manifests {
		spec.Objects = append(spec.Objects, runtime.RawExtension{Raw: []byte(manifest)})
	}
	return spec
}

// configMap returns a manifest with these entries in its data, in JSON.
func configMap(name, data string) string {
	return `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"` + name + `"},"data":{` + data + `}}`
}

func spaceWith(parameters map[string]string) *spaces.Space {
	return &spaces.Space{
		ObjectMeta: metav1.ObjectMeta{Name: "dev"},
		Spec:       spaces.SpaceSpec{Account: "team-a", Template: "web", Parameters: parameters},
	}
}

// quoted returns the text as JSON.
func quoted(t *testing.T, s string) string {
	t.Helper()
	encoded, err := json.Marshal(s)
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
	return string(encoded)
}

// expectErrors fails the test unless there is one error for each text that is wanted, in their order, with the text at its
// beginning: the field, the type and the detail, but not the value.
func expectErrors(t *testing.T, want []string, errs field.ErrorList) {
	t.Helper()
	var got []string
	for i, err := range errs {
		text := err.Field + ": " + err.Type.String() + ": " + err.Detail
		if i < len(want) && strings.HasPrefix(text, want[i]) {
			text = want[i]
		}
		got = append(got, text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("unexpected errors (-want +got):\n%s", diff)
	}
}

// listOf returns the errors that Fill has returned as what they are.
func listOf(t *testing.T, err error) field.ErrorList {
	t.Helper()
	if err == nil {
		return nil
	}
	var aggregate utilerrors.Aggregate
	if !errors.As(err, &aggregate) {
		t.Fatalf("want an aggregate, got %T: %v", err, err)
	}
	var list field.ErrorList
	for _, err := range aggregate.Errors() {
		var one *field.Error
		if !errors.As(err, &one) {
			t.Fatalf("want an error of a field, got %T: %v", err, err)
		}
		list = append(list, one)
	}
	return list
}
