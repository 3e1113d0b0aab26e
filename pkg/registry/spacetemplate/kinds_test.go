// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spacetemplate

import (
	"context"
	"errors"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// known are the kinds of a cluster, and whether their objects are in namespaces. What it has of "Unknown" it does not say.
type known map[schema.GroupVersionKind]bool

func (k known) Namespaced(_ context.Context, kind schema.GroupVersionKind) (bool, error) {
	if kind.Kind == "Unknown" {
		return false, errors.New("nobody answers")
	}
	namespaced, ok := k[kind]
	if !ok {
		return false, &meta.NoKindMatchError{GroupKind: kind.GroupKind(), SearchedVersions: []string{kind.Version}}
	}
	return namespaced, nil
}

// Misfits says that data must be of texts.
func (known) Misfits(_ context.Context, objects []*unstructured.Unstructured) []field.ErrorList {
	misfits := make([]field.ErrorList, len(objects))
	for i, object := range objects {
		if _, isText, _ := unstructured.NestedString(object.Object, "data", "a"); object.Object["data"] != nil && !isText {
			misfits[i] = field.ErrorList{field.Invalid(field.NewPath("data", "a"), field.OmitValueType{}, "expected string")}
		}
	}
	return misfits
}

func someKinds() known {
	return known{
		{Version: "v1", Kind: "ConfigMap"}:                   true,
		{Version: "v1", Kind: "Namespace"}:                   false,
		{Group: "apps", Version: "v1", Kind: "Deployment"}:   true,
		{Group: "apps", Version: "v1beta1", Kind: "Unknown"}: true,
	}
}

const (
	aConfigMap  = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}`
	aNamespace  = `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}}`
	aDeployment = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a"}}`
	aWidget     = `{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"a"}}`
	anUnknown   = `{"apiVersion":"example.com/v1","kind":"Unknown","metadata":{"name":"a"}}`
)

func TestInstalled(t *testing.T) {
	const invalid, unavailable = metav1.StatusReasonInvalid, metav1.StatusReasonServiceUnavailable
	for name, tc := range map[string]struct {
		objects, old []string
		want         metav1.StatusReason
		says         []string
	}{
		"no objects":                   {},
		"what the cluster has":         {objects: []string{aConfigMap, aDeployment}},
		"what it has not":              {objects: []string{aConfigMap, aWidget}, want: invalid, says: []string{"spec.objects[1]", "no kind Widget in version example.com/v1 in the cluster: install it first"}},
		"what is not in a namespace":   {objects: []string{aNamespace}, want: invalid, says: []string{"spec.objects[0]", `"Namespace": is not in a namespace: a template holds only what is`}},
		"all that is wrong":            {objects: []string{aNamespace, aConfigMap, aWidget}, want: invalid, says: []string{"spec.objects[0]", "spec.objects[2]"}},
		"what nobody knows":            {objects: []string{aNamespace, anUnknown}, want: unavailable, says: []string{"the kind Unknown in version example.com/v1", "nobody answers"}},
		"what is no manifest":          {objects: []string{"[]"}, want: invalid, says: []string{"spec.objects[0]"}},
		"what was there and is gone":   {objects: []string{aWidget, anUnknown}, old: []string{aWidget, anUnknown}},
		"what was there, and has more": {objects: []string{aWidget, aConfigMap}, old: []string{aWidget}, want: invalid, says: []string{"spec.objects[0]"}},
	} {
		t.Run(name, func(t *testing.T) {
			template, old := templateNamed("a", tc.objects...), templateNamed("a", tc.old...)
			check := installed{someKinds()}
			errs := []error{check.update(rest.ValidateAllObjectUpdateFunc)(t.Context(), template, old)}
			if tc.old == nil {
				errs = append(errs, check.create(rest.ValidateAllObjectFunc)(t.Context(), template))
			}
			for _, err := range errs {
				if got := apierrors.ReasonForError(err); (err == nil) != (tc.want == "") || (err != nil && got != tc.want) {
					t.Fatalf("%v (%s), want %q", err, got, tc.want)
				}
				for _, says := range tc.says {
					if !strings.Contains(err.Error(), says) {
						t.Errorf("it says %q, want that it says %q", err, says)
					}
				}
			}
		})
	}
}

// What a parameter of the type is filled into has to be of that type.
func TestInstalledHoldsObjectsToTheirKinds(t *testing.T) {
	const number = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":7}}`
	const filled = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":"${p}"}}`
	for name, tc := range map[string]struct {
		object, old     string
		parameter, from spaces.ParameterType
		want            string
	}{
		"a text":                               {object: aConfigMap},
		"a number instead of a text":           {object: number, want: "spec.objects[0].data.a: Invalid value: expected string"},
		"a parameter that is a text":           {object: filled, parameter: spaces.ParameterString},
		"a parameter that is a number":         {object: filled, parameter: spaces.ParameterInteger, want: "spec.objects[0].data.a"},
		"a parameter that is true":             {object: filled, parameter: spaces.ParameterBoolean, want: "spec.objects[0].data.a"},
		"what was wrong before":                {object: number, old: number},
		"a parameter that becomes a number":    {object: filled, old: filled, parameter: spaces.ParameterInteger, from: spaces.ParameterString, want: "spec.objects[0].data.a"},
		"a parameter that has been a number":   {object: filled, old: filled, parameter: spaces.ParameterInteger, from: spaces.ParameterInteger},
		"an object that takes another's place": {object: number, old: aConfigMap, want: "spec.objects[0].data.a"},
	} {
		t.Run(name, func(t *testing.T) {
			with := func(object string, typ spaces.ParameterType) *spaces.SpaceTemplate {
				template := templateNamed("a", object)
				template.Spec.Parameters = []spaces.TemplateParameter{{Name: "p", Type: typ}}
				return template
			}
			check, template := installed{someKinds()}, with(tc.object, tc.parameter)
			err := check.create(rest.ValidateAllObjectFunc)(t.Context(), template)
			if tc.old != "" {
				err = check.update(rest.ValidateAllObjectUpdateFunc)(t.Context(), template, with(tc.old, tc.from))
			}
			if (err == nil) != (tc.want == "") || err != nil && (!apierrors.IsInvalid(err) || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}

func TestInstalledLetsNextDecide(t *testing.T) {
	no := errors.New("admission says no")
	check, a := installed{someKinds()}, templateNamed("a", aConfigMap)
	for name, err := range map[string]error{
		"create": check.create(func(context.Context, runtime.Object) error { return no })(t.Context(), a),
		"update": check.update(func(context.Context, runtime.Object, runtime.Object) error { return no })(t.Context(), a, a),
	} {
		if !errors.Is(err, no) {
			t.Errorf("%s: %v, want what the next says", name, err)
		}
	}
	if err := check.create(rest.ValidateAllObjectFunc)(t.Context(), &spaces.Space{}); !apierrors.IsInternalError(err) {
		t.Errorf("of what is no template: %v", err)
	}
}

func TestNormalized(t *testing.T) {
	for name, tc := range map[string]struct{ raw, want string }{
		"white space":           {raw: " { \"a\" : [ 1 , 2 ] } ", want: `{"a":[1,2]}`},
		"the order of keys":     {raw: `{"b":1,"a":{"d":1,"c":2}}`, want: `{"a":{"c":2,"d":1},"b":1}`},
		"keys that stand twice": {raw: `{"a":1,"a":2}`, want: `{"a":2}`},
		"numbers":               {raw: `{"a":12345678901234567890,"b":1.50,"c":1e3}`, want: `{"a":12345678901234567890,"b":1.50,"c":1e3}`},
		"signs":                 {raw: `{"a":"<&>é"}`, want: `{"a":"\u003c\u0026\u003eé"}`},
		"what is no JSON":       {raw: `{"a":`, want: `{"a":`},
		"more than one value":   {raw: `{} {}`, want: `{} {}`},
		"nothing":               {raw: ``, want: ``},
	} {
		t.Run(name, func(t *testing.T) {
			template := templateNamed("a", tc.raw)
			normalize(template)
			if got := string(template.Spec.Objects[0].Raw); got != tc.want {
				t.Errorf("have %s, want %s", got, tc.want)
			}
		})
	}
}
