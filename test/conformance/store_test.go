// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/apis/example"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/storage"
	storagetesting "k8s.io/apiserver/pkg/storage/testing"
)

// podStore is the store under test as the suite calls it: with contexts that have no caller, and through a transformer
// that it changes.
type podStore struct {
	storage.Interface
	mapping *podMapping
}

var _ storagetesting.InterfaceWithPrefixTransformer = &podStore{}

func withCaller(ctx context.Context) context.Context {
	return request.WithUser(ctx, &user.DefaultInfo{Name: "conformance"})
}

// Create implements storage.Interface.
func (s *podStore) Create(ctx context.Context, key string, obj, out runtime.Object, ttl uint64) error {
	return s.Interface.Create(withCaller(ctx), key, obj, out, ttl)
}

// Delete implements storage.Interface.
func (s *podStore) Delete(ctx context.Context, key string, out runtime.Object, preconditions *storage.Preconditions,
	validate storage.ValidateObjectFunc, cached runtime.Object, opts storage.DeleteOptions) error {
	return s.Interface.Delete(withCaller(ctx), key, out, preconditions, validate, cached, opts)
}

// Watch implements storage.Interface.
func (s *podStore) Watch(ctx context.Context, key string, opts storage.ListOptions) (watch.Interface, error) {
	return s.Interface.Watch(withCaller(ctx), key, opts)
}

// Get implements storage.Interface.
func (s *podStore) Get(ctx context.Context, key string, opts storage.GetOptions, out runtime.Object) error {
	return s.Interface.Get(withCaller(ctx), key, opts, out)
}

// GetList implements storage.Interface.
func (s *podStore) GetList(ctx context.Context, key string, opts storage.ListOptions, list runtime.Object) error {
	return s.Interface.GetList(withCaller(ctx), key, opts, list)
}

// GuaranteedUpdate implements storage.Interface.
func (s *podStore) GuaranteedUpdate(ctx context.Context, key string, out runtime.Object, ignoreNotFound bool,
	preconditions *storage.Preconditions, tryUpdate storage.UpdateFunc, cached runtime.Object) error {
	return s.Interface.GuaranteedUpdate(withCaller(ctx), key, out, ignoreNotFound, preconditions, tryUpdate, cached)
}

// UpdatePrefixTransformer implements storagetesting.InterfaceWithPrefixTransformer.
func (s *podStore) UpdatePrefixTransformer(modify storagetesting.PrefixTransformerModifier) func() {
	before, _ := s.mapping.state()
	transformer, ok := before.(*storagetesting.PrefixTransformer)
	if !ok {
		panic(fmt.Sprintf("the transformer is a %T", before))
	}
	modified := *transformer
	s.mapping.setTransformer(modify(&modified))
	return func() { s.mapping.setTransformer(before) }
}

// await returns when reads are not older than the resource version.
func (s *podStore) await(ctx context.Context, resourceVersion string) error {
	return s.Get(ctx, keyPrefix, storage.GetOptions{IgnoreNotFound: true, ResourceVersion: resourceVersion}, &example.Pod{})
}
