// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"

	"tenancy.example.io/spaces/pkg/namespacestore"
	"tenancy.example.io/spaces/pkg/provisioning"
)

// namespaces writes namespaces by the kube-apiserver.
type namespaces struct {
	coreclient.NamespaceInterface
	client coreclient.CoreV1Interface
}

var _ namespacestore.Namespaces = namespaces{}

func newNamespaces(client coreclient.CoreV1Interface) namespaces {
	return namespaces{NamespaceInterface: client.Namespaces(), client: client}
}

// Annotate implements namespacestore.Namespaces by a patch, so that fields of the namespace which this version does
// not know stay as they are.
func (n namespaces) Annotate(ctx context.Context, namespace *corev1.Namespace, key, value string) (*corev1.Namespace, error) {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid":             namespace.UID,
		"resourceVersion": namespace.ResourceVersion,
		"annotations":     map[string]string{key: value},
	}})
	if err != nil {
		return nil, fmt.Errorf("encode patch of namespace %q: %w", namespace.Name, err)
	}
	return n.Patch(ctx, namespace.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: provisioning.FieldManager})
}

// Delete implements namespacestore.Namespaces. The typed client would drop the namespace that the deletion returns.
func (n namespaces) Delete(ctx context.Context, name string, preconditions metav1.Preconditions) (*corev1.Namespace, error) {
	deleted := &corev1.Namespace{}
	err := n.client.RESTClient().Delete().Resource("namespaces").Name(name).
		Body(&metav1.DeleteOptions{Preconditions: &preconditions}).Do(ctx).Into(deleted)
	return deleted, err
}
