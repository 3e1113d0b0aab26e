// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/conversion"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/storage"
)

// Namespaces is what a Store needs of the kube-apiserver. Errors are those of the kube-apiserver.
type Namespaces interface {
	Get(ctx context.Context, name string, opts metav1.GetOptions) (*corev1.Namespace, error)
	Create(ctx context.Context, namespace *corev1.Namespace, opts metav1.CreateOptions) (*corev1.Namespace, error)
	// Annotate changes annotations of the namespace, if its UID and resource version are still those given.
	Annotate(ctx context.Context, namespace *corev1.Namespace, changes Annotations) (*corev1.Namespace, error)
	// Delete returns the namespace as the deletion has left it; or as it was, not Terminating, if it has gone.
	Delete(ctx context.Context, name string, preconditions metav1.Preconditions) (*corev1.Namespace, error)
}

// Provisioner fills a namespace that has just been created with what belongs into it, and returns the object to store
// once that is done. It may be called again for what it has done already.
type Provisioner interface {
	// Metadata returns the labels and annotations that the namespace of a new object gets, besides that of the Mapping.
	Metadata(object runtime.Object) (labels, annotations map[string]string, err error)
	Provision(ctx context.Context, object runtime.Object) (runtime.Object, error)
	// Settle returns when the cluster acts on what Provision has done. Meanwhile the object is stored.
	Settle(ctx context.Context, object runtime.Object) error
}

// Config is what a Store is made of. All of it is required but Provisioner, Reviewer, and Claims where objects cost
// nothing.
type Config struct {
	Resource    schema.GroupResource
	New         func() runtime.Object
	Mapping     Mapping
	Feed        *Feed
	Namespaces  Namespaces
	Provisioner Provisioner
	Reviewer    Reviewer
	Claims      *Claims
}

// Store is a storage.Interface whose rows are namespaces; see the package comment. It is safe for concurrent use.
type Store struct {
	Config
}

var _ storage.Interface = &Store{}

// New returns a Store of this configuration.
func New(config Config) *Store { return &Store{Config: config} }

// freshness is how long a read waits for the Feed to reach the resource version that it asks for.
const freshness = 3 * time.Second

// Versioner implements storage.Interface.
func (s *Store) Versioner() storage.Versioner { return versioner }

// ReadinessCheck implements storage.Interface.
func (s *Store) ReadinessCheck() error {
	if !s.Feed.HasSynced() {
		return errors.New("namespaces are not read yet")
	}
	return nil
}

// Stats implements storage.Interface.
func (s *Store) Stats(context.Context) (storage.Stats, error) {
	return storage.Stats{ObjectCount: int64(s.Feed.head().rows.Len())}, nil
}

// GetCurrentResourceVersion implements storage.Interface.
func (s *Store) GetCurrentResourceVersion(context.Context) (uint64, error) {
	return s.Feed.head().revision, nil
}

// RequestWatchProgress implements storage.Interface. Only etcd's own watch cache asks for it.
func (s *Store) RequestWatchProgress(context.Context) error { return nil }

// EnableResourceSizeEstimation implements storage.Interface. Sizes are not estimated.
func (s *Store) EnableResourceSizeEstimation(storage.KeysFunc) error { return nil }

// CompactRevision implements storage.Interface. Nothing is compacted here.
func (s *Store) CompactRevision() int64 { return 0 }

// freshView returns a view that is not older than the resource version, if there is one soon.
func (s *Store) freshView(ctx context.Context, resourceVersion string) (*view, error) {
	revision, err := versioner.ParseResourceVersion(resourceVersion)
	if err != nil {
		return nil, err
	}
	timed, cancel := context.WithTimeout(ctx, freshness)
	defer cancel()
	fresh, err := s.Feed.awaitRevision(timed, revision)
	switch {
	case err == nil:
		return fresh, nil
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return nil, storage.NewTooLargeResourceVersionError(revision, s.Feed.head().revision, retryTooLargeAfter)
	default:
		return nil, interrupted(err)
	}
}

// prepareKey returns the key, or the prefix of keys if it is recursive, unless it is none of those that the Mapping has.
func (s *Store) prepareKey(key string, recursive bool) (string, error) {
	return storage.PrepareKey(s.Mapping.Key(""), key, recursive)
}

// nameOf returns the name of the namespace behind the key.
func (s *Store) nameOf(key string) (string, error) {
	key, err := s.prepareKey(key, false)
	return s.Mapping.Name(key), err
}

// sees tells whether the caller sees the namespace, by the view or by review.
func (s *Store) sees(ctx context.Context, v *view, caller user.Info, name string) (bool, error) {
	if v.access.Sees(caller, name) {
		return true, nil
	}
	if s.Reviewer == nil {
		return false, nil
	}
	// Asked whether there is such a namespace or not: how long the answer takes must not tell.
	return s.Reviewer(ctx, caller, name)
}

// answer sets out, if it is not nil, to a copy of the object that shows the namespace.
func (s *Store) answer(namespace *corev1.Namespace, out runtime.Object) error {
	if out == nil {
		return nil
	}
	return assign(out, s.Mapping.Decode(namespace).DeepCopyObject())
}

// assign sets what out points to, to what object points to.
func assign(out, object runtime.Object) error {
	target, err := conversion.EnforcePtr(out)
	if err != nil {
		return fmt.Errorf("assign result: %w", err)
	}
	value, err := conversion.EnforcePtr(object)
	if err != nil {
		return fmt.Errorf("assign result: %w", err)
	}
	if target.Type() != value.Type() {
		return fmt.Errorf("assign result: have a %v, not a %v", value.Type(), target.Type())
	}
	target.Set(value)
	return nil
}

// clearObject sets what out points to, to its zero value.
func clearObject(out runtime.Object) error {
	target, err := conversion.EnforcePtr(out)
	if err != nil {
		return fmt.Errorf("clear result: %w", err)
	}
	target.Set(reflect.Zero(target.Type()))
	return nil
}
