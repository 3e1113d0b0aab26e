// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/authentication/user"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/utils/clock"

	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/namespacestore"
	"tenancy.example.io/spaces/pkg/registry/spacetemplate"
)

// configMapOf returns the ConfigMap behind a template, which holds that value.
func configMapOf(template, value, resourceVersion string) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{
			Name: spacesapi.TemplateConfigMap(template), Namespace: spacesapi.SystemNamespace, UID: "1", ResourceVersion: resourceVersion,
			Labels: spacetemplate.Labels(), Annotations: map[string]string{spacesapi.AnnotationObject: "somebody else's"},
		},
		Data: map[string]string{spacesapi.TemplateKey: value, "more": "of somebody else"},
	}
}

// aNamespace is what the store is given for it.
func aNamespace(template, value, resourceVersion string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: spacesapi.TemplateConfigMap(template), UID: "1", ResourceVersion: resourceVersion,
		Labels: spacetemplate.Labels(), Annotations: map[string]string{spacesapi.AnnotationObject: value},
	}}
}

// kept is a client that has one ConfigMap, and remembers what it is asked.
type kept struct {
	coreclient.ConfigMapInterface

	namespace     string
	now           *corev1.ConfigMap
	created       *corev1.ConfigMap
	patch         string
	preconditions *metav1.Preconditions
}

func (k *kept) ConfigMaps(namespace string) coreclient.ConfigMapInterface {
	k.namespace = namespace
	return k
}

func (k *kept) Get(_ context.Context, name string, _ metav1.GetOptions) (*corev1.ConfigMap, error) {
	if k.now == nil || name != k.now.Name {
		return nil, apierrors.NewNotFound(corev1.Resource("configmaps"), name)
	}
	return k.now.DeepCopy(), nil
}

func (k *kept) Create(_ context.Context, configMap *corev1.ConfigMap, _ metav1.CreateOptions) (*corev1.ConfigMap, error) {
	k.created = configMap
	return configMapOf("a", configMap.Data[spacesapi.TemplateKey], "2"), nil
}

func (k *kept) Patch(_ context.Context, _ string, by types.PatchType, patch []byte, _ metav1.PatchOptions, _ ...string) (*corev1.ConfigMap, error) {
	k.patch = string(by) + " " + string(patch)
	return configMapOf("a", "new", "3"), nil
}

func (k *kept) Delete(_ context.Context, _ string, options metav1.DeleteOptions) error {
	k.preconditions = options.Preconditions
	if len(k.now.Finalizers) > 0 {
		k.now.DeletionTimestamp, k.now.ResourceVersion = &metav1.Time{}, "9"
		return nil
	}
	k.now = nil
	return nil
}

func TestConfigMapsAreShownAsNamespaces(t *testing.T) {
	client := &kept{now: configMapOf("a", "{}", "1")}
	behind := configMaps{client}
	got, err := behind.Get(t.Context(), "template-a", metav1.GetOptions{})
	must(t, err)
	if diff := cmp.Diff(aNamespace("a", "{}", "1"), got); diff != "" || client.namespace != "spaces-system" {
		t.Errorf("of the namespace %q (-want +got):\n%s", client.namespace, diff)
	}
	if _, err := behind.Get(t.Context(), "template-b", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("one that is not there: %v", err)
	}
	client.now.Data = nil
	empty, err := behind.Get(t.Context(), "template-a", metav1.GetOptions{})
	must(t, err)
	if _, ok := empty.Annotations[spacesapi.AnnotationObject]; ok {
		t.Error("it holds nothing, and is shown with something")
	}
}

func TestConfigMapsAreCreatedAndChanged(t *testing.T) {
	client := &kept{}
	behind := configMaps{client}
	created, err := behind.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: "template-a", Annotations: map[string]string{spacesapi.AnnotationObject: "{}"},
	}}, metav1.CreateOptions{})
	must(t, err)
	want := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "template-a", Labels: spacetemplate.Labels()},
		Data:       map[string]string{spacesapi.TemplateKey: "{}"},
	}
	if diff := cmp.Diff(want, client.created); diff != "" {
		t.Errorf("created (-want +got):\n%s", diff)
	}
	changed, err := behind.Annotate(t.Context(), created, namespacestore.Annotations{spacesapi.AnnotationObject: new("new")})
	must(t, err)
	const patch = `application/merge-patch+json {"data":{"object":"new"},"metadata":{"resourceVersion":"2","uid":"1"}}`
	if client.patch != patch || changed.ResourceVersion != "3" || !json.Valid([]byte(patch[len("application/merge-patch+json "):])) {
		t.Errorf("patched by %s, want %s", client.patch, patch)
	}
	if _, err := behind.Annotate(t.Context(), created, namespacestore.Annotations{"other": new("new")}); err == nil {
		t.Error("there is no place for another annotation")
	}
}

func TestConfigMapsAreDeleted(t *testing.T) {
	held := configMapOf("a", "{}", "1")
	held.Finalizers = []string{"example.com/held"}
	for name, tc := range map[string]struct {
		now  *corev1.ConfigMap
		held bool
	}{
		"one that goes at once": {now: configMapOf("a", "{}", "1")},
		"one that is held":      {now: held, held: true},
	} {
		t.Run(name, func(t *testing.T) {
			client := &kept{now: tc.now}
			got, err := configMaps{client}.Delete(t.Context(), "template-a", metav1.Preconditions{ResourceVersion: new("1")})
			must(t, err)
			if got.Annotations[spacesapi.AnnotationObject] != "{}" || (got.DeletionTimestamp != nil) != tc.held {
				t.Errorf("deleted is %+v", got)
			}
			want := &metav1.Preconditions{UID: new(types.UID("1")), ResourceVersion: new("1")}
			if diff := cmp.Diff(want, client.preconditions); diff != "" {
				t.Errorf("preconditions (-want +got):\n%s", diff)
			}
		})
	}
	if _, err := (configMaps{&kept{}}).Delete(t.Context(), "template-a", metav1.Preconditions{}); !apierrors.IsNotFound(err) {
		t.Errorf("one that is not there: %v", err)
	}
}

// All that a Reflector of ConfigMaps tells reaches the Feed of templates, and everybody sees it.
func TestFeedOfConfigMaps(t *testing.T) {
	feeds := newFeeds(10, clock.RealClock{})
	fed := fedByConfigMaps{feeds.templates}
	names := func() []string {
		rows, all := feeds.templates.Visible(&user.DefaultInfo{Name: "anybody"})
		if !all {
			t.Error("there is something that somebody does not see")
		}
		names := []string{}
		for _, row := range rows {
			names = append(names, row.Object.(*spacesapi.SpaceTemplate).Name)
		}
		return names
	}
	unlabelled := configMapOf("c", "{}", "13")
	unlabelled.Labels = nil
	for _, step := range []struct {
		what string
		tell func() error
		want []string
	}{
		{"the first list", func() error { return fed.Replace([]any{configMapOf("a", "{}", "5")}, "10") }, []string{"a"}},
		{"one more", func() error { return fed.Add(configMapOf("b", "{}", "11")) }, []string{"a", "b"}},
		{"one that is none", func() error { return fed.Add(unlabelled) }, []string{"a", "b"}},
		{"a change", func() error { return fed.Update(configMapOf("a", "{", "14")) }, []string{"a", "b"}},
		{"a deletion", func() error { return fed.Delete(configMapOf("b", "{}", "15")) }, []string{"a"}},
		{"another list", func() error { return fed.Replace(nil, "20") }, []string{}},
		{"a bookmark", func() error { return fed.Bookmark("30") }, []string{}},
	} {
		must(t, step.tell())
		if diff := cmp.Diff(step.want, names()); diff != "" {
			t.Errorf("after %s (-want +got):\n%s", step.what, diff)
		}
	}
	for what, err := range map[string]error{
		"add": fed.Add(bare("a")), "update": fed.Update(nil), "delete": fed.Delete(bare("a")), "replace": fed.Replace([]any{bare("a")}, "40"),
	} {
		if err == nil {
			t.Errorf("%s takes what is no ConfigMap", what)
		}
	}
}
