// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"

	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/namespacestore"
	"tenancy.example.io/spaces/pkg/provisioning"
	"tenancy.example.io/spaces/pkg/registry/spacetemplate"
)

// configMaps are the ConfigMaps behind templates, written by the kube-apiserver, in the place of namespaces. Errors are
// those about ConfigMaps. It is safe for concurrent use.
type configMaps struct {
	client coreclient.ConfigMapsGetter
}

var _ namespacestore.Namespaces = configMaps{}

func (c configMaps) own() coreclient.ConfigMapInterface {
	return c.client.ConfigMaps(spacesapi.SystemNamespace)
}

// asNamespace returns what the store knows of the ConfigMap.
func asNamespace(configMap *corev1.ConfigMap) *corev1.Namespace {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name:                       configMap.Name,
		UID:                        configMap.UID,
		ResourceVersion:            configMap.ResourceVersion,
		Labels:                     configMap.Labels,
		CreationTimestamp:          configMap.CreationTimestamp,
		DeletionTimestamp:          configMap.DeletionTimestamp,
		DeletionGracePeriodSeconds: configMap.DeletionGracePeriodSeconds,
	}}
	if object, ok := configMap.Data[spacesapi.TemplateKey]; ok {
		namespace.Annotations = map[string]string{spacesapi.AnnotationObject: object}
	}
	return namespace
}

// shown returns what a call has returned, in the place of a namespace.
func shown(configMap *corev1.ConfigMap, err error) (*corev1.Namespace, error) {
	if err != nil {
		return nil, err
	}
	return asNamespace(configMap), nil
}

// Get implements namespacestore.Namespaces.
func (c configMaps) Get(ctx context.Context, name string, options metav1.GetOptions) (*corev1.Namespace, error) {
	return shown(c.own().Get(ctx, name, options))
}

// Create implements namespacestore.Namespaces.
func (c configMaps) Create(ctx context.Context, namespace *corev1.Namespace, options metav1.CreateOptions) (*corev1.Namespace, error) {
	options.FieldManager = provisioning.FieldManager
	return shown(c.own().Create(ctx, &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: namespace.Name, Labels: spacetemplate.Labels()},
		Data:       map[string]string{spacesapi.TemplateKey: namespace.Annotations[spacesapi.AnnotationObject]},
	}, options))
}

// Annotate implements namespacestore.Namespaces. There is one annotation.
func (c configMaps) Annotate(ctx context.Context, namespace *corev1.Namespace, changes namespacestore.Annotations) (*corev1.Namespace, error) {
	value, ok := changes[spacesapi.AnnotationObject]
	if !ok || len(changes) > 1 {
		return nil, fmt.Errorf("the ConfigMap %q has a place for the annotation %q only, not for %v", namespace.Name, spacesapi.AnnotationObject, slices.Sorted(maps.Keys(changes)))
	}
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"uid": namespace.UID, "resourceVersion": namespace.ResourceVersion},
		"data":     map[string]*string{spacesapi.TemplateKey: value},
	})
	if err != nil {
		return nil, fmt.Errorf("encode patch of the ConfigMap %q: %w", namespace.Name, err)
	}
	return shown(c.own().Patch(ctx, namespace.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: provisioning.FieldManager}))
}

// Delete implements namespacestore.Namespaces. A ConfigMap is gone at once, and what it was is not returned: it is read
// before. If somebody holds it back by a finalizer, it is read once more.
func (c configMaps) Delete(ctx context.Context, name string, preconditions metav1.Preconditions) (*corev1.Namespace, error) {
	before, err := c.own().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	if preconditions.UID == nil {
		preconditions.UID = &before.UID
	}
	if err := c.own().Delete(ctx, name, metav1.DeleteOptions{Preconditions: &preconditions}); err != nil {
		return nil, err
	}
	if len(before.Finalizers) == 0 {
		return asNamespace(before), nil
	}
	held, err := c.own().Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) || err == nil && held.UID != before.UID {
		return asNamespace(before), nil
	}
	return shown(held, err)
}
