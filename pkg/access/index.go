// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"sync"

	rbacv1 "k8s.io/api/rbac/v1"
)

// Index holds the relation of subjects and namespaces, brought up to date event by event: an event costs as much as
// the bindings that it touches, whatever the size of the cluster.
//
// While a namespace is Terminating, its roles and bindings are deleted before it is. So that those who see it go keep
// seeing it until it is gone, the index keeps what such a deletion takes away until the namespace has gone.
//
// All methods are safe for concurrent use. Events about one object must arrive in their order.
type Index struct {
	lock     sync.Mutex
	roles    map[object]*role
	bindings map[object]*binding
	leaving  map[string][]*binding // Terminating namespace → what stands for the bindings that it has lost already
	relation *relation
	snapshot *Snapshot
	synced   bool
	publish  []func(*Snapshot, Change)

	// current tells whether all that the index knows of is as new as it can be; if not, nothing is published.
	current  func() bool
	pending  []pair        // what has not been published
	withheld chan struct{} // has an element when something was not
}

// NewIndex returns an Index under which nobody but system:masters sees anything.
func NewIndex() *Index {
	i := &Index{
		roles:    map[object]*role{},
		bindings: map[object]*binding{},
		leaving:  map[string][]*binding{},
		relation: newRelation(),
		snapshot: newRelation().now(), // of nothing, and without what is to come
		current:  func() bool { return true },
		withheld: make(chan struct{}, 1),
	}
	return i
}

// Snapshot returns the relation as it is now.
func (i *Index) Snapshot() *Snapshot {
	i.lock.Lock()
	defer i.lock.Unlock()
	return i.snapshot
}

// Subscribe has publish called with every new Snapshot and what changed since the one before, in order and one at a
// time, beginning with the present one. It is called under the lock of the index: it must not block, nor call back.
func (i *Index) Subscribe(publish func(*Snapshot, Change)) {
	i.lock.Lock()
	defer i.lock.Unlock()
	i.publish = append(i.publish, publish)
	publish(i.snapshot, Change{})
}

// Synced tells the index that it has been given everything that exists. Until then it publishes nothing.
func (i *Index) Synced() {
	i.lock.Lock()
	defer i.lock.Unlock()
	i.synced = true
	i.publishLocked()
}

// hold has the index publish only while it is current. What it has withheld then, release publishes.
func (i *Index) hold(current func() bool) {
	i.lock.Lock()
	defer i.lock.Unlock()
	i.current = current
}

func (i *Index) release() {
	i.lock.Lock()
	defer i.lock.Unlock()
	i.publishLocked()
}

// SetRole takes in a Role, or a ClusterRole if namespace is "", that was added or updated.
func (i *Index) SetRole(namespace, name string, rules []rbacv1.PolicyRule) {
	i.lock.Lock()
	defer i.lock.Unlock()
	i.setRoleLocked(object{namespace, name}, sightOf(rules), tally{})
}

// DeleteRole takes in that a Role, or a ClusterRole if namespace is "", was deleted.
func (i *Index) DeleteRole(namespace, name string) {
	i.lock.Lock()
	defer i.lock.Unlock()
	id := object{namespace, name}
	kept := tally{}
	if r := i.roles[id]; r != nil {
		r.eachBinding(func(b *binding) { i.keepLocked(b, kept) })
	}
	i.setRoleLocked(id, sight{}, kept)
}

// SetBinding takes in a RoleBinding, or a ClusterRoleBinding if namespace is "", that was added or updated.
func (i *Index) SetBinding(namespace, name string, ref rbacv1.RoleRef, subjects []rbacv1.Subject) {
	i.lock.Lock()
	defer i.lock.Unlock()
	i.setBindingLocked(object{namespace, name}, &binding{
		namespace: namespace,
		role:      i.roleLocked(roleOf(namespace, ref)),
		subjects:  i.relation.name(namespace, subjects),
	}, tally{})
}

// DeleteBinding takes in that a RoleBinding, or a ClusterRoleBinding if namespace is "", was deleted.
func (i *Index) DeleteBinding(namespace, name string) {
	i.lock.Lock()
	defer i.lock.Unlock()
	id := object{namespace, name}
	kept := tally{}
	if b := i.bindings[id]; b != nil {
		i.keepLocked(b, kept)
	}
	i.setBindingLocked(id, nil, kept)
}

// NamespaceTerminating takes in that the namespace is being deleted.
func (i *Index) NamespaceTerminating(name string) {
	i.lock.Lock()
	defer i.lock.Unlock()
	if _, ok := i.leaving[name]; !ok {
		i.leaving[name] = nil
	}
}

// NamespaceGone takes in that the namespace does not exist any more.
func (i *Index) NamespaceGone(name string) {
	i.lock.Lock()
	defer i.lock.Unlock()
	delta := tally{}
	for _, b := range i.leaving[name] {
		delta.add(-1, b)
	}
	i.applyLocked(delta)
	for _, b := range i.leaving[name] {
		i.relation.forget(b.subjects)
	}
	delete(i.leaving, name)
}

// keepLocked has what the binding grants stay granted, exactly that and until the namespace has gone, if the namespace
// is Terminating.
func (i *Index) keepLocked(b *binding, kept tally) {
	if _, leaving := i.leaving[b.namespace]; !leaving || len(b.namespaces()) == 0 {
		return
	}
	standing := &binding{namespace: b.namespace, role: &role{sight: sight{all: true}}, subjects: again(b.subjects)}
	i.leaving[b.namespace] = append(i.leaving[b.namespace], standing)
	kept.add(+1, standing)
}

// roleLocked returns the role, which need not exist: a binding may refer to it already, or still.
func (i *Index) roleLocked(id object) *role {
	r := i.roles[id]
	if r == nil {
		r = newRole(id)
		i.roles[id] = r
	}
	return r
}

// setRoleLocked sets what the role says, together with another change.
func (i *Index) setRoleLocked(id object, s sight, delta tally) {
	r := i.roleLocked(id)
	defer i.dropRoleLocked(r)
	if !s.equal(r.sight) {
		r.eachBinding(func(b *binding) { delta.add(-1, b) })
		r.sight = s
		r.eachBinding(func(b *binding) { delta.add(+1, b) })
	}
	i.applyLocked(delta)
}

// dropRoleLocked forgets the role if there is nothing to know of it.
func (i *Index) dropRoleLocked(r *role) {
	if !r.isBound() && r.sight.equal(sight{}) {
		delete(i.roles, r.id)
	}
}

// setBindingLocked puts the newer one in the place of the binding, or nothing if newer is nil, together with another
// change.
func (i *Index) setBindingLocked(id object, newer *binding, delta tally) {
	old := i.bindings[id]
	if old != nil {
		delta.add(-1, old)
		old.unlink()
		delete(i.bindings, id)
	}
	if newer != nil {
		newer.link()
		i.bindings[id] = newer
		delta.add(+1, newer)
	}
	i.applyLocked(delta)
	if old != nil {
		i.relation.forget(old.subjects)
		i.dropRoleLocked(old.role)
	}
}

// applyLocked adds the tally to the relation, and publishes what appeared or disappeared by it, if anything did.
func (i *Index) applyLocked(delta tally) {
	for g, n := range delta {
		if n != 0 && i.relation.add(g, n) && i.synced {
			i.pending = append(i.pending, pair{g.subject, g.namespace})
		}
	}
	if len(i.pending) > 0 {
		i.publishLocked()
	}
}

// publishLocked publishes what has changed, unless that is not current.
func (i *Index) publishLocked() {
	switch {
	case !i.synced:
	case !i.current():
		select {
		case i.withheld <- struct{}{}:
		default:
		}
	default:
		change := newChange(i.pending)
		i.pending = nil
		i.snapshot = i.relation.now()
		for _, publish := range i.publish {
			publish(i.snapshot, change)
		}
	}
}
