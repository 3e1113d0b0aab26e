// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

const (
	accountLabel       = "spaces.tenancy.example.io/account"
	metadataAnnotation = "spaces.tenancy.example.io/metadata"
)

// platformLabels are those that the namespace of a Space has by itself, and which are shown on the Space. More of them
// may be added, as pairs does.
func platformLabels(space string, more ...string) map[string]string {
	return pairs(append([]string{
		corev1.LabelMetadataName, space,
		"app.kubernetes.io/managed-by", "spaces",
		"pod-security.kubernetes.io/enforce", "baseline",
		"pod-security.kubernetes.io/enforce-version", "latest",
	}, more...)...)
}

// shownLabels are platformLabels as kubectl shows them.
func shownLabels(space string) string {
	return "app.kubernetes.io/managed-by=spaces,kubernetes.io/metadata.name=" + space +
		",pod-security.kubernetes.io/enforce-version=latest,pod-security.kubernetes.io/enforce=baseline"
}

// namespaceMetadata is that metadata of a namespace on which others act.
type namespaceMetadata struct {
	Labels          map[string]string
	AnnotationKeys  []string
	Finalizers      []string
	OwnerReferences []metav1.OwnerReference
}

// checkUntouched checks that nothing a tenant has written to the metadata of a Space, which is charged to nobody, is in
// that of its namespace.
func checkUntouched(t *testing.T, name string) {
	t.Helper()
	checkNamespace(t, name, platformLabels(name))
}

// checkNamespace checks that the namespace of a Space has these labels, the annotation of the platform that every one has, those
// with the keys that are said besides, and nothing else in its metadata on which others act.
func checkNamespace(t *testing.T, name string, labels map[string]string, besides ...string) {
	t.Helper()
	behind := namespace(t, name)
	got := namespaceMetadata{
		Labels:          behind.Labels,
		AnnotationKeys:  slices.Sorted(maps.Keys(behind.Annotations)),
		Finalizers:      behind.Finalizers,
		OwnerReferences: behind.OwnerReferences,
	}
	want := namespaceMetadata{
		Labels:         labels,
		AnnotationKeys: append(besides, v1alpha1.AnnotationObject),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metadata of the namespace %s (-want +got):\n%s", name, diff)
	}
}
