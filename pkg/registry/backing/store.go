// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package backing

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/registry/generic"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/apiserver/pkg/storage/storagebackend/factory"
	"k8s.io/client-go/tools/cache"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// Kind is a kind of objects that are views of namespaces.
type Kind struct {
	// Resource is the name that the kind has in paths, and Singular how one of them is called.
	Resource, Singular string
	New, NewList       func() runtime.Object
	Attributes         storage.AttrFunc
}

// GroupResource is that of the kind.
func (k Kind) GroupResource() schema.GroupResource { return spaces.Resource(k.Resource) }

// KeyPrefix is where the keys of all objects of the kind begin.
func (k Kind) KeyPrefix() string { return "/" + k.resourcePrefix() + "/" }

func (k Kind) resourcePrefix() string { return spaces.GroupName + "/" + k.Resource }

// RESTStrategy says how objects of a kind are written.
type RESTStrategy interface {
	rest.RESTCreateStrategy
	rest.RESTUpdateStrategy
	rest.RESTDeleteStrategy
	rest.ResetFieldsStrategy
}

// NewStore returns a Store of the kind, on the storage that the options decorate.
func NewStore(kind Kind, strategy RESTStrategy, table rest.TableConvertor, options generic.RESTOptionsGetter) (*genericregistry.Store, error) {
	store := &genericregistry.Store{
		NewFunc:                   kind.New,
		NewListFunc:               kind.NewList,
		DefaultQualifiedResource:  kind.GroupResource(),
		SingularQualifiedResource: spaces.Resource(kind.Singular),
		CreateStrategy:            strategy,
		UpdateStrategy:            strategy,
		DeleteStrategy:            strategy,
		ResetFieldsStrategy:       strategy,
		TableConvertor:            table,
		// The namespace is deleted, and returned as it is while that goes on.
		ReturnDeletedObject: true,
		// An update never deletes, though an object that is being deleted has no finalizers of its own.
		ShouldDeleteDuringUpdate: func(context.Context, string, runtime.Object, runtime.Object) bool { return false },
	}
	if err := store.CompleteWithOptions(&generic.StoreOptions{RESTOptions: options, AttrFunc: kind.Attributes}); err != nil {
		return nil, fmt.Errorf("serve %s: %w", kind.Resource, err)
	}
	return store, nil
}

// RESTOptions has the generic registry keep objects of the kind in this storage. The codec is the one that dry runs
// encode by.
func (k Kind) RESTOptions(backend storage.Interface, codec runtime.Codec) generic.RESTOptions {
	config := storagebackend.NewDefaultConfig(k.KeyPrefix(), codec)
	config.EncodeVersioner = schema.GroupVersions{v1alpha1.SchemeGroupVersion}
	return generic.RESTOptions{
		StorageConfig:  config.ForResource(k.GroupResource()),
		ResourcePrefix: k.resourcePrefix(),
		// The namespace, not the object, waits for the deletion of what depends on it.
		EnableGarbageCollection: false,
		DeleteCollectionWorkers: 4,
		Decorator:               serve(backend),
	}
}

func serve(backend storage.Interface) generic.StorageDecorator {
	return func(*storagebackend.ConfigForResource, string, func(runtime.Object) (string, error), func() runtime.Object,
		func() runtime.Object, storage.AttrFunc, storage.IndexerFuncs, *cache.Indexers) (storage.Interface, factory.DestroyFunc, error) {
		return backend, func() {}, nil
	}
}
