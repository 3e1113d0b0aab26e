// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"sync"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/utils/clock"
)

// Follower feeds an Index from the kube-apiserver. It keeps none of the objects that it is told of.
type Follower struct {
	Pulse      *Pulse
	index      *Index
	reflectors []*cache.Reflector
	synced     []<-chan struct{}
}

// Follow returns a Follower of the four RBAC kinds, which this client lists and watches.
func (i *Index) Follow(client rest.Interface, clock clock.WithTicker) *Follower {
	f := &Follower{Pulse: newPulse(clock), index: i}
	i.hold(f.Pulse.Beats)
	follow(f, client, "clusterroles", &rbacv1.ClusterRole{}, newKind(i.setClusterRole, i.DeleteRole, i.clusterRoles))
	follow(f, client, "roles", &rbacv1.Role{}, newKind(i.setRole, i.DeleteRole, i.localRoles))
	follow(f, client, "clusterrolebindings", &rbacv1.ClusterRoleBinding{}, newKind(i.setClusterRoleBinding, i.DeleteBinding, i.clusterRoleBindings))
	follow(f, client, "rolebindings", &rbacv1.RoleBinding{}, newKind(i.setRoleBinding, i.DeleteBinding, i.roleBindings))
	return f
}

func follow[T metav1.Object](f *Follower, client rest.Interface, resource string, object runtime.Object, k *kind[T]) {
	k.listed = func() { f.Pulse.listed(resource) }
	lists := felt{cache.NewListWatchFromClient(client, resource, "", fields.Everything()), f.Pulse, resource}
	f.reflectors = append(f.reflectors, cache.NewReflectorWithOptions(lists, object, k, cache.ReflectorOptions{Name: resource}))
	f.synced = append(f.synced, k.firstReplaced())
}

// Run feeds the Index until the context ends.
func (f *Follower) Run(ctx context.Context) {
	var running sync.WaitGroup
	for _, reflector := range f.reflectors {
		running.Go(func() { reflector.RunWithContext(ctx) })
	}
	running.Go(func() { f.release(ctx) })
	running.Wait()
}

// release has the Index publish what it has held back, once it is up to date again.
func (f *Follower) release(ctx context.Context) {
	for {
		select {
		case <-f.index.withheld:
		case <-ctx.Done():
			return
		}
		f.Pulse.Await(ctx.Done())
		f.index.release()
	}
}

// AwaitSync waits until the Index has taken in all that exists, and has it publish that; or returns false if the
// context ends before.
func (f *Follower) AwaitSync(ctx context.Context) bool {
	for _, synced := range f.synced {
		select {
		case <-synced:
		case <-ctx.Done():
			return false
		}
	}
	f.index.Synced()
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

func (i *Index) clusterRoles() []object { return known(i, i.roles, isClusterWide) }

func (i *Index) localRoles() []object { return known(i, i.roles, isLocal) }

func (i *Index) clusterRoleBindings() []object { return known(i, i.bindings, isClusterWide) }

func (i *Index) roleBindings() []object { return known(i, i.bindings, isLocal) }

func isClusterWide(id object) bool { return id.namespace == "" }

func isLocal(id object) bool { return id.namespace != "" }

// known returns what the index knows of, by that map of it.
func known[T any](i *Index, objects map[object]T, matches func(object) bool) []object {
	i.lock.Lock()
	defer i.lock.Unlock()
	ids := make([]object, 0, len(objects))
	for id := range objects {
		if matches(id) {
			ids = append(ids, id)
		}
	}
	return ids
}
