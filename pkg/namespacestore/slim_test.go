// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// labelled returns a namespace that shares no memory with another one.
func labelled(name string) *corev1.Namespace {
	return &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{
			Name:          strings.Clone(name),
			Labels:        map[string]string{strings.Clone("env"): strings.Clone("dev"), strings.Clone("name"): strings.Clone(name)},
			Annotations:   map[string]string{"object": "x"},
			ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubectl"}},
		},
		Spec:   corev1.NamespaceSpec{Finalizers: []corev1.FinalizerName{"kubernetes"}},
		Status: corev1.NamespaceStatus{Phase: corev1.NamespaceActive, Conditions: []corev1.NamespaceCondition{{Type: "x"}}},
	}
}

func TestSlimmerKeepsWhatIsRead(t *testing.T) {
	got, err := NewSlimmer().Slim(labelled("a"))
	if err != nil {
		t.Fatal(err)
	}
	want := &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{Name: "a", Labels: map[string]string{"env": "dev", "name": "a"}, Annotations: map[string]string{"object": "x"}},
		Status:     corev1.NamespaceStatus{Phase: corev1.NamespaceActive},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what is left (-want +got):\n%s", diff)
	}
	dying := labelled("a")
	dying.DeletionTimestamp = new(metav1.Now())
	if _, err := NewSlimmer().Slim(dying); err != nil || len(dying.Status.Conditions) != 1 || len(dying.Spec.Finalizers) != 1 {
		t.Errorf("what holds up a deletion is lost: %+v (%v)", dying, err)
	}
	if _, err := NewSlimmer().Slim(&corev1.Pod{}); err == nil {
		t.Error("it takes a Pod")
	}
}

func TestSlimmerSharesTexts(t *testing.T) {
	s := NewSlimmer()
	a, b := labelled("a"), labelled("b")
	for _, namespace := range []*corev1.Namespace{a, b} {
		if _, err := s.Slim(namespace); err != nil {
			t.Fatal(err)
		}
	}
	if unsafe.StringData(a.Labels["env"]) != unsafe.StringData(b.Labels["env"]) {
		t.Error("they hold the same text twice")
	}
	if unsafe.StringData(a.Labels["name"]) != unsafe.StringData(a.Name) {
		t.Error("the name is held twice")
	}
}
