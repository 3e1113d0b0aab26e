// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apis

import (
	"reflect"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kube-openapi/pkg/util"
	"k8s.io/kube-openapi/pkg/validation/spec"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/apis/spaces/install"
	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/pkg/generated/applyconfiguration"
	"tenancy.example.io/spaces/pkg/generated/clientset/versioned/fake"
	"tenancy.example.io/spaces/pkg/generated/openapi"
)

// The name of a model must be the one that follows from its Go package: the generator of the apply configurations knows
// no other, and the scheme none but the declared one.
func TestModelNamesFollowFromThePackage(t *testing.T) {
	for name, example := range versionedTypes(t) {
		t.Run(name, func(t *testing.T) {
			declared, ok := example.(util.OpenAPIModelNamer)
			if !ok {
				t.Fatalf("%T declares no model name", example)
			}
			goType := reflect.TypeOf(example).Elem()
			want := util.ToRESTFriendlyName(goType.PkgPath() + "." + goType.Name())
			if got := declared.OpenAPIModelName(); got != want {
				t.Errorf("want the model name %s, got %s", want, got)
			}
		})
	}
}

func TestEveryKindHasAnOpenAPIDefinition(t *testing.T) {
	definitions := openapi.GetOpenAPIDefinitions(func(string) spec.Ref { return spec.Ref{} })
	for name, example := range versionedTypes(t) {
		t.Run(name, func(t *testing.T) {
			model := example.(util.OpenAPIModelNamer).OpenAPIModelName()
			if _, ok := definitions[model]; !ok {
				t.Errorf("the definition %s is missing", model)
			}
		})
	}
}

func TestEveryFieldIsDescribed(t *testing.T) {
	definitions := openapi.GetOpenAPIDefinitions(func(string) spec.Ref { return spec.Ref{} })
	for model, definition := range definitions {
		if !strings.HasPrefix(model, util.ToRESTFriendlyName("tenancy.example.io")) {
			continue
		}
		for field, schema := range definition.Schema.Properties {
			if schema.Description == "" {
				t.Errorf("%s has no description of %s", model, field)
			}
		}
	}
}

func TestApplyConfigurationsKnowTheSchema(t *testing.T) {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	space := &v1alpha1.Space{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.SchemeGroupVersion.String(), Kind: "Space"},
		Status:   v1alpha1.SpaceStatus{Conditions: []metav1.Condition{{Type: v1alpha1.ConditionReady}}},
	}
	typed, err := applyconfiguration.NewTypeConverter(scheme).ObjectToTyped(space)
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
	fields, err := typed.ToFieldSet()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
	if want := `.status.conditions[type="Ready"].type`; !strings.Contains(fields.String(), want) {
		t.Errorf("want conditions to be keyed by type, as in %s, got the fields\n%s", want, fields)
	}
}

func TestFakeClientsetStoresSpaces(t *testing.T) {
	client := fake.NewClientset().SpacesV1alpha1().Spaces()
	ttl := v1alpha1.Duration("2h")
	space := &v1alpha1.Space{ObjectMeta: metav1.ObjectMeta{Name: "dev"}, Spec: v1alpha1.SpaceSpec{TTL: &ttl}}
	if _, err := client.Create(t.Context(), space, metav1.CreateOptions{}); err != nil {
		t.Fatalf("unexpected error creating: %v", err)
	}
	got, err := client.Get(t.Context(), "dev", metav1.GetOptions{})
	if err != nil {
		t.Fatalf("unexpected error getting: %v", err)
	}
	if got.Spec.TTL == nil || *got.Spec.TTL != ttl {
		t.Errorf("want the ttl %s, got %v", ttl, got.Spec.TTL)
	}
}

// versionedTypes returns an example of each type of the group that clients read and write, by its name. Those that every
// group has, such as options, are not among them.
func versionedTypes(t *testing.T) map[string]runtime.Object {
	t.Helper()
	scheme := runtime.NewScheme()
	install.Install(scheme)
	examples := map[string]runtime.Object{}
	for gvk, goType := range scheme.AllKnownTypes() {
		if gvk.Group != spaces.GroupName || gvk.Version == runtime.APIVersionInternal || !strings.HasPrefix(goType.PkgPath(), "tenancy.example.io/") {
			continue
		}
		example, err := scheme.New(gvk)
		if err != nil {
			t.Fatalf("unexpected error creating an example: %v", err)
		}
		examples[gvk.String()] = example
	}
	return examples
}
