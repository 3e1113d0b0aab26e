// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"maps"
	"sync/atomic"
	"unique"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// Mapping says which namespaces are shown as objects of one kind, and how. Its methods are pure functions, and safe
// for concurrent use.
type Mapping interface {
	// Name returns the name of the namespace behind a storage key, and for a prefix of keys the prefix of the names.
	Name(key string) string
	// Key is the inverse of Name. Keys and names sort alike. The key of "" is what all keys begin with.
	Key(name string) string
	// Shows tells whether the namespace is shown at all.
	Shows(namespace *corev1.Namespace) bool
	// Decode returns the object that shows the namespace. It always succeeds: what cannot be read is shown as such.
	// The namespace is not changed, and the object may share memory with it.
	Decode(namespace *corev1.Namespace) runtime.Object
	// Encode returns the value that Annotation shall have so that the namespace is shown as the object. The namespace
	// is nil if there is none yet.
	Encode(object runtime.Object, namespace *corev1.Namespace) (string, error)
	// Annotation is the key of the annotation that holds what the namespace has no field for.
	Annotation() string
}

// Redecoder is a Mapping that need not decode what it has decoded before.
type Redecoder interface {
	// Redecode returns what Decode returns for the namespace. The object is what it returned for an earlier state of that:
	// one with the same Annotation, spaces.AnnotationMetadata and labels, which was not being deleted. It is not changed.
	Redecode(object runtime.Object, namespace *corev1.Namespace) runtime.Object
}

// Namespace is what rows have of a namespace: there are very many.
type Namespace struct {
	Name, ResourceVersion string
	UID                   types.UID
	DeletionTimestamp     *metav1.Time
	Labels                map[string]string
	Finalizers            []string
	Phase                 corev1.NamespacePhase
}

// Row is a namespace and the object that shows it. It is immutable.
type Row struct {
	Namespace Namespace
	Object    runtime.Object
	// Metadata is its annotation spaces.AnnotationMetadata, which is the same for most.
	Metadata unique.Handle[string]
	// whole is the namespace with its annotations, of a row that was read to be written.
	whole    *corev1.Namespace
	revision uint64
	// annotated is a hash of the annotation that the object was decoded from, in a Feed.
	annotated uint64
	encoded   atomic.Pointer[[]byte]
}

// Revision is the resource version of the row, as a number. No other row has or had the same one.
func (r *Row) Revision() uint64 { return r.revision }

// Encoded returns what encode makes of the object. It is kept: encode must be the same function whenever it is called.
func (r *Row) Encoded(encode func(runtime.Object) ([]byte, error)) ([]byte, error) {
	if encoded := r.encoded.Load(); encoded != nil {
		return *encoded, nil
	}
	encoded, err := encode(r.Object)
	if err != nil {
		return nil, err
	}
	r.encoded.Store(&encoded)
	return encoded, nil
}

func newRow(object runtime.Object, namespace *corev1.Namespace) (*Row, error) {
	revision, err := versioner.ParseResourceVersion(namespace.ResourceVersion)
	if err != nil {
		return nil, err
	}
	return &Row{
		Namespace: Namespace{
			Name:              namespace.Name,
			ResourceVersion:   namespace.ResourceVersion,
			UID:               namespace.UID,
			DeletionTimestamp: namespace.DeletionTimestamp,
			Labels:            namespace.Labels,
			Finalizers:        namespace.Finalizers,
			Phase:             namespace.Status.Phase,
		},
		Object:   object,
		Metadata: unique.Make(namespace.Annotations[spaces.AnnotationMetadata]),
		revision: revision,
	}, nil
}

func (r *Row) before(other *Row) bool { return r.Namespace.Name < other.Namespace.Name }

// wasActive tells whether the row is of the same namespace, with the same labels of the same origin, before that began to be
// deleted.
func (r *Row) wasActive(namespace *corev1.Namespace) bool {
	return r.Namespace.UID == namespace.UID && maps.Equal(r.Namespace.Labels, namespace.Labels) &&
		r.Metadata.Value() == namespace.Annotations[spaces.AnnotationMetadata] &&
		!r.isTerminating() && r.Namespace.Phase != corev1.NamespaceTerminating
}

func (r *Row) isTerminating() bool { return r.Namespace.DeletionTimestamp != nil }
