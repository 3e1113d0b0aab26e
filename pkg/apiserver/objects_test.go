// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
)

// drawer is a client of one object of any kind, in one namespace, and remembers what is done to it.
type drawer struct {
	dynamic.NamespaceableResourceInterface

	// labels are those of the object, which is not there if they are nil.
	labels map[string]string
	// fails is what a write is answered, unread what a read is, and uncreated what a creation in a dry run is.
	fails, unread, uncreated error

	resource  schema.GroupVersionResource
	namespace string
	applied   *unstructured.Unstructured
	options   metav1.ApplyOptions
	deleted   *metav1.DeleteOptions
}

func (d *drawer) Resource(resource schema.GroupVersionResource) dynamic.NamespaceableResourceInterface {
	d.resource = resource
	return d
}

func (d *drawer) Namespace(namespace string) dynamic.ResourceInterface {
	d.namespace = namespace
	return d
}

func (d *drawer) Apply(_ context.Context, _ string, object *unstructured.Unstructured, options metav1.ApplyOptions, _ ...string) (*unstructured.Unstructured, error) {
	d.applied, d.options = object, options
	return object, d.fails
}

func (d *drawer) Create(_ context.Context, object *unstructured.Unstructured, options metav1.CreateOptions, _ ...string) (*unstructured.Unstructured, error) {
	if len(options.DryRun) == 0 || options.FieldValidation != metav1.FieldValidationStrict {
		return nil, errors.New("this is no question")
	}
	return object, d.uncreated
}

func (d *drawer) Get(_ context.Context, name string, _ metav1.GetOptions, _ ...string) (*unstructured.Unstructured, error) {
	if d.labels == nil {
		return nil, apierrors.NewNotFound(d.resource.GroupResource(), name)
	}
	object := &unstructured.Unstructured{}
	object.SetUID("1")
	object.SetLabels(d.labels)
	return object, d.unread
}

func (d *drawer) Delete(_ context.Context, _ string, options metav1.DeleteOptions, _ ...string) error {
	d.deleted = &options
	return d.fails
}

// written are objects of a cluster that has the kinds ConfigMap and Namespace.
func written(d *drawer) objects {
	return objects{client: d, kinds: newKinds(&discovered{resources: map[schema.GroupVersion][]metav1.APIResource{
		{Version: "v1"}: {{Name: "configmaps", Namespaced: true, Kind: "ConfigMap"}, {Name: "namespaces", Kind: "Namespace"}},
	}})}
}

func manifest(version, kind string) *unstructured.Unstructured {
	object := &unstructured.Unstructured{}
	object.SetAPIVersion(version)
	object.SetKind(kind)
	object.SetName("settings")
	object.SetNamespace("a")
	return object
}

func TestObjectsApply(t *testing.T) {
	forbidden := apierrors.NewForbidden(corev1.Resource("configmaps"), "settings", errors.New("it is not allowed"))
	unexplained := &apierrors.StatusError{ErrStatus: metav1.Status{Status: metav1.StatusFailure, Code: http.StatusInternalServerError}}
	for name, tc := range map[string]struct {
		object *unstructured.Unstructured
		fails  error
		create error
		want   metav1.StatusReason
	}{
		"what can be applied":            {object: manifest("v1", "ConfigMap")},
		"what is refused":                {object: manifest("v1", "ConfigMap"), fails: forbidden, want: metav1.StatusReasonForbidden},
		"a kind that is not there":       {object: manifest("example.com/v1", "Widget"), want: metav1.StatusReasonBadRequest},
		"a kind that is gone":            {object: manifest("v1", "ConfigMap"), fails: apierrors.NewNotFound(corev1.Resource("configmaps"), ""), want: metav1.StatusReasonBadRequest},
		"what would be in no namespace":  {object: manifest("v1", "Namespace"), want: metav1.StatusReasonBadRequest},
		"what is none of its kind":       {object: manifest("v1", "ConfigMap"), fails: unexplained, create: apierrors.NewBadRequest("a text"), want: metav1.StatusReasonBadRequest},
		"what goes wrong in the cluster": {object: manifest("v1", "ConfigMap"), fails: apierrors.NewInternalError(errors.New("etcd")), create: apierrors.NewBadRequest("a text"), want: metav1.StatusReasonInternalError},
		"what is answered by nobody yet": {object: manifest("v1", "ConfigMap"), fails: apierrors.NewServiceUnavailable("starting"), want: metav1.StatusReasonServiceUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			d := &drawer{fails: tc.fails, uncreated: tc.create}
			err := written(d).Apply(t.Context(), tc.object)
			if got := apierrors.ReasonForError(err); (err != nil) != (tc.want != "") || err != nil && got != tc.want {
				t.Errorf("%v (%s), want %q", err, got, tc.want)
			}
			if tc.want == "" && (d.applied != tc.object || d.namespace != "a" || d.resource.Resource != "configmaps" || d.options.FieldManager != "spaces" || !d.options.Force) {
				t.Errorf("applied is %+v", d)
			}
		})
	}
}

// What is no fault of the manifest is told as it is.
func TestObjectsApplyTellsFaultsOfTheCluster(t *testing.T) {
	unexplained := &apierrors.StatusError{ErrStatus: metav1.Status{Status: metav1.StatusFailure, Code: http.StatusInternalServerError}}
	for name, created := range map[string]error{
		"where it can be created":     nil,
		"where it is there already":   apierrors.NewAlreadyExists(corev1.Resource("configmaps"), "settings"),
		"where that cannot be tested": errors.New("nobody answers"),
	} {
		t.Run(name, func(t *testing.T) {
			if err := written(&drawer{fails: unexplained, uncreated: created}).Apply(t.Context(), manifest("v1", "ConfigMap")); !errors.Is(err, unexplained) {
				t.Errorf("%v, want that of the cluster", err)
			}
		})
	}
}

func TestObjectsRemove(t *testing.T) {
	ours, widget := map[string]string{spacesapi.LabelTemplate: "small"}, spacesapi.TemplateObject{APIVersion: "example.com/v1", Kind: "Widget", Name: "a"}
	for name, tc := range map[string]struct {
		drawer *drawer
		object spacesapi.TemplateObject
		want   bool
		fails  bool
	}{
		"what has come from the template":  {drawer: &drawer{labels: ours}, want: true},
		"nothing that has not":             {drawer: &drawer{labels: map[string]string{"app": "web"}}},
		"nothing that came from another":   {drawer: &drawer{labels: map[string]string{spacesapi.LabelTemplate: "large"}}},
		"nothing that is gone":             {drawer: &drawer{}},
		"nothing that goes meanwhile":      {drawer: &drawer{labels: ours, fails: apierrors.NewNotFound(corev1.Resource("configmaps"), "settings")}, want: true},
		"nothing that another has become":  {drawer: &drawer{labels: ours, fails: apierrors.NewConflict(corev1.Resource("configmaps"), "settings", errors.New("the UID"))}, want: true},
		"nothing whose kind is gone":       {drawer: &drawer{labels: ours}, object: widget},
		"what may not be read":             {drawer: &drawer{labels: ours, unread: errors.New("nobody answers")}, fails: true},
		"what may not be deleted":          {drawer: &drawer{labels: ours, fails: errors.New("nobody answers")}, want: true, fails: true},
		"what was recorded in another way": {drawer: &drawer{labels: ours}, object: spacesapi.TemplateObject{APIVersion: "a/b/c"}, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			object := tc.object
			if object == (spacesapi.TemplateObject{}) {
				object = spacesapi.TemplateObject{APIVersion: "v1", Kind: "ConfigMap", Name: "settings"}
			}
			err := written(tc.drawer).Remove(t.Context(), "a", "small", object)
			if (err != nil) != tc.fails || (tc.drawer.deleted != nil) != tc.want {
				t.Fatalf("deleted by %+v: %v", tc.drawer.deleted, err)
			}
			want := &metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions("1"), PropagationPolicy: new(metav1.DeletePropagationBackground)}
			if diff := cmp.Diff(want, tc.drawer.deleted); tc.want && diff != "" {
				t.Errorf("deleted (-want +got):\n%s", diff)
			}
		})
	}
}
