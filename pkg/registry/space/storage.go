// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/apiserver/pkg/storage/storagebackend/factory"
	"k8s.io/client-go/tools/cache"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// RESTOptions has the generic registry keep Spaces in this storage. The codec is the one that dry runs encode by.
func RESTOptions(backend storage.Interface, codec runtime.Codec) generic.RESTOptions {
	config := storagebackend.NewDefaultConfig(keyPrefix, codec)
	config.EncodeVersioner = schema.GroupVersions{v1alpha1.SchemeGroupVersion}
	return generic.RESTOptions{
		StorageConfig:  config.ForResource(resource),
		ResourcePrefix: resourcePrefix,
		// The namespace, not the Space, waits for the deletion of what depends on it.
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
