// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// sparing is a Mapping that counts what it had to decode.
type sparing struct {
	plain
	decoded *int
}

func (s sparing) Decode(namespace *corev1.Namespace) runtime.Object {
	*s.decoded++
	return s.plain.Decode(namespace)
}

func (s sparing) Redecode(object runtime.Object, namespace *corev1.Namespace) runtime.Object {
	redecoded := object.(*corev1.Namespace).DeepCopy()
	namespace.ObjectMeta.DeepCopyInto(&redecoded.ObjectMeta)
	return redecoded
}

func TestFeedRedecodes(t *testing.T) {
	deleted := func(n *corev1.Namespace) { n.DeletionTimestamp = new(metav1.Now()) }
	annotate := func(value string) func(*corev1.Namespace) {
		return func(n *corev1.Namespace) { metav1.SetMetaDataAnnotation(&n.ObjectMeta, plain{}.Annotation(), value) }
	}
	for name, tc := range map[string]struct {
		before, after []func(*corev1.Namespace)
		want          int
	}{
		"what begins to be deleted":      {after: []func(*corev1.Namespace){deleted}, want: 1},
		"what says the same":             {before: []func(*corev1.Namespace){annotate("x")}, after: []func(*corev1.Namespace){annotate("x"), deleted}, want: 1},
		"not what says something else":   {before: []func(*corev1.Namespace){annotate("x")}, after: []func(*corev1.Namespace){annotate("y")}, want: 2},
		"not what says nothing any more": {before: []func(*corev1.Namespace){annotate("x")}, want: 2},
		"not what has another label":     {after: []func(*corev1.Namespace){func(n *corev1.Namespace) { n.Labels = map[string]string{"a": "b"} }}, want: 2},
		"not what has labels from elsewhere": {after: []func(*corev1.Namespace){func(n *corev1.Namespace) {
			metav1.SetMetaDataAnnotation(&n.ObjectMeta, spaces.AnnotationMetadata, `{"labels":["a"]}`)
		}}, want: 2},
		"not another namespace of that name": {after: []func(*corev1.Namespace){func(n *corev1.Namespace) { n.UID = "another" }}, want: 2},
		"not what was being deleted":         {before: []func(*corev1.Namespace){deleted}, after: []func(*corev1.Namespace){deleted}, want: 2},
		"not what was Terminating": {
			before: []func(*corev1.Namespace){func(n *corev1.Namespace) { n.Status.Phase = corev1.NamespaceTerminating }},
			want:   2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			decoded := 0
			feed := NewFeed(FeedConfig{Mapping: sparing{decoded: &decoded}, History: 10, Clock: clock.RealClock{}})
			must(t, feed.Replace(list(changed(namespace("a", 5), tc.before)), "5"))
			must(t, feed.Update(changed(namespace("a", 6), tc.after)))
			if decoded != tc.want {
				t.Errorf("decoded %d times, want %d", decoded, tc.want)
			}
			if got := feed.Get("a").Object.(*corev1.Namespace).ResourceVersion; got != "6" {
				t.Errorf("the object is that of revision %s", got)
			}
		})
	}
}

func changed(namespace *corev1.Namespace, by []func(*corev1.Namespace)) *corev1.Namespace {
	for _, change := range by {
		change(namespace)
	}
	return namespace
}
