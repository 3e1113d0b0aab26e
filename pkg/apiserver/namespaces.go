// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
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

// Create implements namespacestore.Namespaces. Who creates is who annotates, so there is one manager of the fields.
func (n namespaces) Create(ctx context.Context, namespace *corev1.Namespace, options metav1.CreateOptions) (*corev1.Namespace, error) {
	options.FieldManager = provisioning.FieldManager
	return n.NamespaceInterface.Create(ctx, namespace, options)
}

// Annotate implements namespacestore.Namespaces.
func (n namespaces) Annotate(ctx context.Context, namespace *corev1.Namespace, changes namespacestore.Annotations) (*corev1.Namespace, error) {
	return n.merge(ctx, namespace, map[string]any{"annotations": changes})
}

// merge merges the changes into the metadata of the namespace, if it is still as it is given. It is a patch, so that
// fields of the namespace which this version does not know stay as they are.
func (n namespaces) merge(ctx context.Context, namespace *corev1.Namespace, changes map[string]any) (*corev1.Namespace, error) {
	changes["uid"], changes["resourceVersion"] = namespace.UID, namespace.ResourceVersion
	patch, err := json.Marshal(map[string]any{"metadata": changes})
	if err != nil {
		return nil, fmt.Errorf("encode patch of namespace %q: %w", namespace.Name, err)
	}
	return n.Patch(ctx, namespace.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: provisioning.FieldManager})
}

// align has the namespace have this metadata of us.
func (n namespaces) align(ctx context.Context, namespace *corev1.Namespace, wanted metadata) error {
	changes, err := wanted.changes(namespace)
	if err != nil || len(changes) == 0 {
		return err
	}
	_, err = n.merge(ctx, namespace, changes)
	return err
}

// report writes an Event into the namespace of the Space, about its condition.
func (n namespaces) report(ctx context.Context, space string, condition metav1.Condition) error {
	kind := corev1.EventTypeWarning
	if condition.Type == spaces.ConditionReady && condition.Status == metav1.ConditionTrue {
		kind = corev1.EventTypeNormal
	}
	return n.event(ctx, space, corev1.Event{
		ObjectMeta:    metav1.ObjectMeta{GenerateName: space + "."},
		Type:          kind,
		Reason:        condition.Reason,
		Message:       condition.Message,
		LastTimestamp: condition.LastTransitionTime,
	})
}

// event writes the Event into the namespace of the Space, about the Space.
func (n namespaces) event(ctx context.Context, space string, event corev1.Event) error {
	event.InvolvedObject = corev1.ObjectReference{
		APIVersion: v1alpha1.SchemeGroupVersion.String(), Kind: "Space", Name: space, Namespace: space,
	}
	event.Source = corev1.EventSource{Component: provisioning.FieldManager}
	event.FirstTimestamp = event.LastTimestamp
	event.Count = 1
	_, err := n.client.Events(space).Create(ctx, &event, metav1.CreateOptions{})
	return err
}

// Delete implements namespacestore.Namespaces. The typed client would drop the namespace that the deletion returns.
func (n namespaces) Delete(ctx context.Context, name string, preconditions metav1.Preconditions) (*corev1.Namespace, error) {
	deleted := &corev1.Namespace{}
	err := n.client.RESTClient().Delete().Resource("namespaces").Name(name).
		Body(&metav1.DeleteOptions{Preconditions: &preconditions}).Do(ctx).Into(deleted)
	return deleted, err
}

// delete is Delete for who does not need the namespace that the deletion returns: it is not even decoded.
func (n namespaces) delete(ctx context.Context, name string, preconditions metav1.Preconditions) error {
	return n.client.Namespaces().Delete(ctx, name, metav1.DeleteOptions{Preconditions: &preconditions})
}

// mayDelete returns why the namespace cannot be deleted, if so.
func (n namespaces) mayDelete(ctx context.Context, name string) error {
	return n.client.Namespaces().Delete(ctx, name, metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}})
}

// remove deletes the namespace of the row, if it is still the same one.
func (n namespaces) remove(ctx context.Context, row *namespacestore.Row) error {
	err := n.delete(ctx, row.Namespace.Name, metav1.Preconditions{UID: &row.Namespace.UID})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return err
}
