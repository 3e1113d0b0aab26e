// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"

	"tenancy.example.io/spaces/pkg/namespacestore"
)

const (
	// goneTimeout is how long a namespace without finalizers may take to go.
	goneTimeout  = 10 * time.Second
	pollInterval = 5 * time.Millisecond
)

// namespaces are those of the kube-apiserver, but for deletion, which is over when it returns: the suite deletes and
// creates the same key in one breath.
type namespaces struct {
	coreclient.NamespaceInterface
	client kubernetes.Interface
	// await returns when what is read has reached the resource version.
	await func(ctx context.Context, resourceVersion string) error
}

var _ namespacestore.Namespaces = &namespaces{}

func newNamespaces(client kubernetes.Interface) *namespaces {
	return &namespaces{NamespaceInterface: client.CoreV1().Namespaces(), client: client}
}

// Annotate implements namespacestore.Namespaces.
func (n *namespaces) Annotate(ctx context.Context, namespace *corev1.Namespace, changes namespacestore.Annotations) (*corev1.Namespace, error) {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid":             namespace.UID,
		"resourceVersion": namespace.ResourceVersion,
		"annotations":     changes,
	}})
	if err != nil {
		return nil, fmt.Errorf("encode patch of namespace %q: %w", namespace.Name, err)
	}
	return n.Patch(ctx, namespace.Name, types.MergePatchType, patch, metav1.PatchOptions{})
}

// Delete implements namespacestore.Namespaces. The namespace that it returns has the resource version with which it
// stopped being shown.
func (n *namespaces) Delete(ctx context.Context, name string, preconditions metav1.Preconditions) (*corev1.Namespace, error) {
	deleted := &corev1.Namespace{}
	err := n.client.CoreV1().RESTClient().Delete().Resource("namespaces").Name(name).
		Body(&metav1.DeleteOptions{Preconditions: &preconditions}).Do(ctx).Into(deleted)
	if err != nil {
		return nil, err
	}
	return deleted, n.finalize(ctx, deleted)
}

// finalize returns when the namespace is gone for everybody.
func (n *namespaces) finalize(ctx context.Context, deleted *corev1.Namespace) error {
	empty := deleted.DeepCopy()
	empty.Spec.Finalizers = nil
	gone, err := n.Finalize(ctx, empty, metav1.UpdateOptions{})
	if err != nil {
		return fmt.Errorf("finalize namespace %q: %w", deleted.Name, err)
	}
	err = wait.PollUntilContextTimeout(ctx, pollInterval, goneTimeout, true, func(ctx context.Context) (bool, error) {
		_, err := n.Get(ctx, deleted.Name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return true, nil
		}
		return false, err
	})
	if err != nil {
		return fmt.Errorf("await the end of namespace %q: %w", deleted.Name, err)
	}
	return n.await(ctx, gone.ResourceVersion)
}
