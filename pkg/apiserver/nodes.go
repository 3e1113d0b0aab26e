// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coreinformers "k8s.io/client-go/informers/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// nodes follow what the nodes of the cluster have for pods. They are safe for concurrent use.
type nodes struct {
	informer cache.SharedIndexInformer
}

// newNodes returns nodes which call changed when something may have changed.
func newNodes(client kubernetes.Interface, changed func()) (nodes, error) {
	informer := coreinformers.NewNodeInformer(client, 0, cache.Indexers{})
	if err := informer.SetTransform(allocatableOnly); err != nil {
		return nodes{}, err
	}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { changed() },
		UpdateFunc: func(any, any) { changed() },
		DeleteFunc: func(any) { changed() },
	})
	return nodes{informer}, err
}

// allocatableOnly is a cache.TransformFunc that keeps nothing of a node but its name and what it has for pods.
func allocatableOnly(obj any) (any, error) {
	node, ok := obj.(*corev1.Node)
	if !ok {
		return obj, nil
	}
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: node.Name, UID: node.UID, ResourceVersion: node.ResourceVersion},
		Status:     corev1.NodeStatus{Allocatable: node.Status.Allocatable},
	}, nil
}

// run returns when the context has ended.
func (n nodes) run(ctx context.Context) { n.informer.RunWithContext(ctx) }

// allocatable returns what each node has for pods, or false if that is not known yet.
func (n nodes) allocatable() ([]corev1.ResourceList, bool) {
	if !n.informer.HasSynced() {
		return nil, false
	}
	var all []corev1.ResourceList
	for _, obj := range n.informer.GetStore().List() {
		if node, ok := obj.(*corev1.Node); ok {
			all = append(all, node.Status.Allocatable)
		}
	}
	return all, true
}
