// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"fmt"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	rbacinformers "k8s.io/client-go/informers/rbac/v1"
	"k8s.io/client-go/tools/cache"
)

// Follow feeds the index from informers of the four RBAC kinds. Once they run, call the function it returns: it waits
// until the index has taken in all that exists, and has the index publish it; or returns false when the context ends
// before.
func (i *Index) Follow(informers rbacinformers.Interface) (await func(context.Context) bool, err error) {
	var synced []cache.DoneChecker
	for _, kind := range []struct {
		informer cache.SharedIndexInformer
		handler  cache.ResourceEventHandler
	}{
		{informers.ClusterRoles().Informer(), handler(i.setClusterRole, i.deleteRole)},
		{informers.Roles().Informer(), handler(i.setRole, i.deleteRole)},
		{informers.ClusterRoleBindings().Informer(), handler(i.setClusterRoleBinding, i.deleteBinding)},
		{informers.RoleBindings().Informer(), handler(i.setRoleBinding, i.deleteBinding)},
	} {
		registration, err := kind.informer.AddEventHandler(kind.handler)
		if err != nil {
			return nil, fmt.Errorf("follow RBAC: %w", err)
		}
		synced = append(synced, registration.HasSyncedChecker())
	}
	return func(ctx context.Context) bool { return i.awaitSync(ctx, synced) }, nil
}

// Strip is a cache.TransformFunc that drops what takes memory and nobody here reads.
func Strip(obj any) (any, error) {
	if object, ok := obj.(metav1.Object); ok {
		object.SetManagedFields(nil)
		object.SetAnnotations(nil)
	}
	return obj, nil
}

func (i *Index) awaitSync(ctx context.Context, synced []cache.DoneChecker) bool {
	if !cache.WaitFor(ctx, "roles and their bindings", synced...) {
		return false
	}
	i.Synced()
	return true
}

func (i *Index) setClusterRole(r *rbacv1.ClusterRole) { i.SetRole("", r.Name, r.Rules) }

func (i *Index) setRole(r *rbacv1.Role) { i.SetRole(r.Namespace, r.Name, r.Rules) }

func (i *Index) setClusterRoleBinding(b *rbacv1.ClusterRoleBinding) {
	i.SetBinding("", b.Name, b.RoleRef, b.Subjects)
}

func (i *Index) setRoleBinding(b *rbacv1.RoleBinding) {
	i.SetBinding(b.Namespace, b.Name, b.RoleRef, b.Subjects)
}

func (i *Index) deleteRole(o metav1.Object) { i.DeleteRole(o.GetNamespace(), o.GetName()) }

func (i *Index) deleteBinding(o metav1.Object) { i.DeleteBinding(o.GetNamespace(), o.GetName()) }

// handler calls set for what was added or updated, and remove for what was deleted, even where the last state of it
// is not known.
func handler[T metav1.Object](set func(T), remove func(metav1.Object)) cache.ResourceEventHandler {
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    func(added any) { set(added.(T)) },
		UpdateFunc: func(_, updated any) { set(updated.(T)) },
		DeleteFunc: func(deleted any) {
			if unknown, ok := deleted.(cache.DeletedFinalStateUnknown); ok {
				deleted = unknown.Obj
			}
			remove(deleted.(metav1.Object))
		},
	}
}
