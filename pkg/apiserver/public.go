// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"fmt"
	"iter"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/client-go/tools/cache"

	"tenancy.example.io/spaces/pkg/namespacestore"
)

// public is an Access by which everybody sees everything.
type public struct{}

var _ namespacestore.Access = public{}

// Sees implements namespacestore.Access.
func (public) Sees(user.Info, string) bool { return true }

// Namespaces implements namespacestore.Access.
func (public) Namespaces(user.Info) ([]string, bool) { return nil, true }

// Identities implements namespacestore.Access: all callers are alike.
func (public) Identities(user.Info) []any { return []any{public{}} }

// Viewers implements namespacestore.Access.
func (public) Viewers(string) iter.Seq[any] {
	return func(yield func(any) bool) { yield(public{}) }
}

// unchanged is the AccessChange by which a Feed becomes public that has no rows yet: nobody gains anything.
type unchanged struct{}

var _ namespacestore.AccessChange = unchanged{}

// Namespaces implements namespacestore.AccessChange.
func (unchanged) Namespaces(user.Info) ([]string, bool) { return nil, false }

// Viewers implements namespacestore.AccessChange.
func (unchanged) Viewers() iter.Seq[any] { return func(func(any) bool) {} }

// Concerns implements namespacestore.AccessChange.
func (unchanged) Concerns(string) bool { return false }

// fedByConfigMaps is a Feed that is told of ConfigMaps, in the place of namespaces.
type fedByConfigMaps struct {
	*namespacestore.Feed
}

var (
	_ cache.ReflectorStore         = fedByConfigMaps{}
	_ cache.ReflectorBookmarkStore = fedByConfigMaps{}
)

// Add implements cache.ReflectorStore.
func (f fedByConfigMaps) Add(obj any) error { return f.Update(obj) }

// Update implements cache.ReflectorStore.
func (f fedByConfigMaps) Update(obj any) error { return tell(f.Feed.Update, obj) }

// Delete implements cache.ReflectorStore.
func (f fedByConfigMaps) Delete(obj any) error { return tell(f.Feed.Delete, obj) }

// Replace implements cache.ReflectorStore.
func (f fedByConfigMaps) Replace(list []any, resourceVersion string) error {
	namespaces := make([]any, 0, len(list))
	for _, obj := range list {
		err := tell(func(namespace any) error {
			namespaces = append(namespaces, namespace)
			return nil
		}, obj)
		if err != nil {
			return err
		}
	}
	return f.Feed.Replace(namespaces, resourceVersion)
}

// tell tells of a ConfigMap.
func tell(what func(any) error, obj any) error {
	configMap, ok := obj.(*corev1.ConfigMap)
	if !ok {
		return fmt.Errorf("feed of ConfigMaps was given a %T", obj)
	}
	return what(asNamespace(configMap))
}
