// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import rbacv1 "k8s.io/api/rbac/v1"

// object names a role or a binding; the namespace of a ClusterRole or ClusterRoleBinding is "".
type object struct {
	namespace, name string
}

// role is what the index keeps of a Role or a ClusterRole, which exists or is referred to, and the ring of the
// bindings that refer to it.
type role struct {
	id       object
	sight    sight
	bindings binding
}

func newRole(id object) *role {
	r := &role{id: id}
	r.bindings.next, r.bindings.previous = &r.bindings, &r.bindings
	return r
}

func (r *role) isBound() bool { return r.bindings.next != &r.bindings }

// eachBinding visits all bindings that refer to the role.
func (r *role) eachBinding(visit func(*binding)) {
	for b := r.bindings.next; b != &r.bindings; b = b.next {
		visit(b)
	}
}

// binding is what the index keeps of a RoleBinding or a ClusterRoleBinding.
type binding struct {
	namespace      string
	role           *role
	subjects       []*party
	next, previous *binding // in the ring of the role
}

// link puts the binding into the ring of its role.
func (b *binding) link() {
	b.previous, b.next = &b.role.bindings, b.role.bindings.next
	b.previous.next, b.next.previous = b, b
}

func (b *binding) unlink() {
	b.previous.next, b.next.previous = b.next, b.previous
}

// namespaces returns those that the binding opens by its role as it is now.
func (b *binding) namespaces() []string {
	if b.namespace == "" {
		return b.role.sight.everywhere()
	}
	return b.role.sight.within(b.namespace)
}

// roleOf returns the role that a binding in the namespace refers to.
func roleOf(namespace string, ref rbacv1.RoleRef) object {
	if ref.Kind == "Role" {
		return object{namespace, ref.Name}
	}
	return object{name: ref.Name}
}
