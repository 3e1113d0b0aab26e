// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/restmapper"

	"tenancy.example.io/spaces/pkg/registry/spacetemplate"
)

// kinds are those that the cluster has. They are asked for when one is needed for the first time, and again when one is
// needed that was not there. It is safe for concurrent use.
type kinds struct {
	schemas
	discovery discovery.CachedDiscoveryInterfaceWithContext
	mapper    *restmapper.DeferredDiscoveryRESTMapper
}

var _ spacetemplate.Kinds = kinds{}

func newKinds(client discovery.DiscoveryInterfaceWithContext) kinds {
	known := memory.NewMemCacheClientWithContext(client)
	return kinds{schemas: schemas{client}, discovery: known, mapper: restmapper.NewDeferredDiscoveryRESTMapperWithContext(known)}
}

// Namespaced implements spacetemplate.Kinds.
func (k kinds) Namespaced(ctx context.Context, kind schema.GroupVersionKind) (bool, error) {
	mapping, err := k.RESTMapping(ctx, kind)
	if err != nil {
		return false, err
	}
	return mapping.Scope.Name() == meta.RESTScopeNameNamespace, nil
}

// RESTMapping returns the resource of the kind. If the cluster has no such kind, meta.IsNoMatchError holds for the error;
// any other error says that it is not known whether it has.
func (k kinds) RESTMapping(ctx context.Context, kind schema.GroupVersionKind) (*meta.RESTMapping, error) {
	mapping, err := k.mapper.RESTMappingWithContext(ctx, kind.GroupKind(), kind.Version)
	if meta.IsNoMatchError(err) {
		k.mapper.ResetWithContext(ctx)
		mapping, err = k.mapper.RESTMappingWithContext(ctx, kind.GroupKind(), kind.Version)
	}
	if meta.IsNoMatchError(err) {
		if failure := k.failure(ctx, kind.GroupVersion()); failure != nil {
			return nil, failure
		}
	}
	return mapping, err
}

// failure returns why the kinds of the version could not be found out, if it is one that the cluster has: that of an API
// server that does not answer, for example. The mapper passes over those.
func (k kinds) failure(ctx context.Context, version schema.GroupVersion) error {
	_, err := k.discovery.ServerResourcesForGroupVersionWithContext(ctx, version.String())
	if err == nil || errors.Is(err, memory.ErrCacheNotFound) || apierrors.IsNotFound(err) {
		return nil
	}
	return fmt.Errorf("discover the kinds of %s: %w", version, err)
}
