// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"slices"
	"sync"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/utils/third_party/forked/golang/btree"
)

// object names a role or a binding; the namespace of a ClusterRole or ClusterRoleBinding is "".
type object struct {
	namespace, name string
}

// binding is what the index keeps of a RoleBinding or a ClusterRoleBinding.
type binding struct {
	role     object
	subjects []subject
}

// Index holds the relation of subjects and namespaces, brought up to date event by event: an event costs as much as
// the bindings that it touches, whatever the size of the cluster.
//
// While a namespace is Terminating, its roles and bindings are deleted before it is. So that those who see it go keep
// seeing it until it is gone, the index lets such a deletion count only when the namespace has gone.
//
// All methods are safe for concurrent use. Events about one object must arrive in their order.
type Index struct {
	lock     sync.Mutex
	roles    map[object]sight
	bindings map[object]binding
	boundTo  map[object]sets.Set[object] // role → bindings
	leaving  map[string]*farewell        // Terminating namespace → what it has lost already
	grants   *btree.BTree[grant]
	snapshot *Snapshot
	synced   bool
	publish  []func(*Snapshot, Change)
}

// farewell is what was deleted from a Terminating namespace.
type farewell struct {
	roles, bindings sets.Set[object]
}

// NewIndex returns an Index under which nobody but system:masters sees anything.
func NewIndex() *Index {
	i := &Index{
		roles:    map[object]sight{},
		bindings: map[object]binding{},
		boundTo:  map[object]sets.Set[object]{},
		leaving:  map[string]*farewell{},
		grants:   newGrants(),
	}
	i.snapshot = &Snapshot{grants: i.grants.Clone()}
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
	i.publishLocked(Change{})
}

// SetRole takes in a Role, or a ClusterRole if namespace is "", that was added or updated.
func (i *Index) SetRole(namespace, name string, rules []rbacv1.PolicyRule) {
	i.lock.Lock()
	defer i.lock.Unlock()
	role := object{namespace, name}
	if gone := i.leaving[namespace]; gone != nil {
		gone.roles.Delete(role)
	}
	i.setRoleLocked(role, sightOf(rules))
}

// DeleteRole takes in that a Role, or a ClusterRole if namespace is "", was deleted.
func (i *Index) DeleteRole(namespace, name string) {
	i.lock.Lock()
	defer i.lock.Unlock()
	role := object{namespace, name}
	if gone := i.leaving[namespace]; gone != nil {
		gone.roles.Insert(role)
		return
	}
	i.setRoleLocked(role, sight{})
}

// SetBinding takes in a RoleBinding, or a ClusterRoleBinding if namespace is "", that was added or updated.
func (i *Index) SetBinding(namespace, name string, ref rbacv1.RoleRef, subjects []rbacv1.Subject) {
	i.lock.Lock()
	defer i.lock.Unlock()
	id := object{namespace, name}
	if gone := i.leaving[namespace]; gone != nil {
		gone.bindings.Delete(id)
	}
	i.setBindingLocked(id, &binding{role: roleOf(namespace, ref), subjects: subjectsOf(namespace, subjects)})
}

// DeleteBinding takes in that a RoleBinding, or a ClusterRoleBinding if namespace is "", was deleted.
func (i *Index) DeleteBinding(namespace, name string) {
	i.lock.Lock()
	defer i.lock.Unlock()
	id := object{namespace, name}
	if gone := i.leaving[namespace]; gone != nil {
		gone.bindings.Insert(id)
		return
	}
	i.setBindingLocked(id, nil)
}

// NamespaceTerminating takes in that the namespace is being deleted.
func (i *Index) NamespaceTerminating(name string) {
	i.lock.Lock()
	defer i.lock.Unlock()
	if i.leaving[name] == nil {
		i.leaving[name] = &farewell{roles: sets.New[object](), bindings: sets.New[object]()}
	}
}

// NamespaceGone takes in that the namespace does not exist any more.
func (i *Index) NamespaceGone(name string) {
	i.lock.Lock()
	defer i.lock.Unlock()
	gone := i.leaving[name]
	if gone == nil {
		return
	}
	delete(i.leaving, name)
	for id := range gone.bindings {
		i.setBindingLocked(id, nil)
	}
	for role := range gone.roles {
		i.setRoleLocked(role, sight{})
	}
}

// roleOf returns the role that a binding in the namespace refers to.
func roleOf(namespace string, ref rbacv1.RoleRef) object {
	if ref.Kind == "Role" {
		return object{namespace, ref.Name}
	}
	return object{name: ref.Name}
}

func (i *Index) setRoleLocked(role object, s sight) {
	if s.equal(i.roles[role]) {
		return
	}
	delta := tally{}
	for id := range i.boundTo[role] {
		delta.add(-1, i.grantsOf(id))
	}
	if s.equal(sight{}) {
		delete(i.roles, role)
	} else {
		i.roles[role] = s
	}
	for id := range i.boundTo[role] {
		delta.add(+1, i.grantsOf(id))
	}
	i.applyLocked(delta)
}

// setBindingLocked sets the binding, or removes it if b is nil.
func (i *Index) setBindingLocked(id object, b *binding) {
	delta := tally{}
	if old, ok := i.bindings[id]; ok {
		delta.add(-1, i.grantsOf(id))
		i.unbindLocked(id, old.role)
	}
	if b != nil {
		i.bindings[id] = *b
		i.bindLocked(id, b.role)
		delta.add(+1, i.grantsOf(id))
	}
	i.applyLocked(delta)
}

func (i *Index) bindLocked(id, role object) {
	if i.boundTo[role] == nil {
		i.boundTo[role] = sets.New[object]()
	}
	i.boundTo[role].Insert(id)
}

func (i *Index) unbindLocked(id, role object) {
	delete(i.bindings, id)
	i.boundTo[role].Delete(id)
	if len(i.boundTo[role]) == 0 {
		delete(i.boundTo, role)
	}
}

// grantsOf returns what the binding grants by its role as it is now; nothing, if the role does not exist.
func (i *Index) grantsOf(id object) []grant {
	b := i.bindings[id]
	namespaces := i.roles[b.role].everywhere()
	if id.namespace != "" {
		namespaces = i.roles[b.role].within(id.namespace)
	}
	grants := make([]grant, 0, len(namespaces)*len(b.subjects))
	for _, namespace := range namespaces {
		for _, who := range b.subjects {
			grants = append(grants, grant{subject: who, namespace: namespace})
		}
	}
	return grants
}

// tally collects by how much the counts of grants change. The count of its keys is always 0.
type tally map[grant]int

func (t tally) add(n int, grants []grant) {
	for _, g := range grants {
		t[g] += n
	}
}

// applyLocked adds the tally to the counts, and publishes what appeared or disappeared by it, if anything did.
func (i *Index) applyLocked(delta tally) {
	change := Change{namespaces: map[subject][]string{}}
	for g, n := range delta {
		if i.countLocked(g, n) {
			change.namespaces[g.subject] = append(change.namespaces[g.subject], g.namespace)
		}
	}
	if len(change.namespaces) > 0 {
		i.publishLocked(change)
	}
}

// countLocked adds n to the count of the grant, and tells whether the grant appeared or disappeared by that.
func (i *Index) countLocked(g grant, n int) bool {
	old, existed := i.grants.Get(g)
	g.count = old.count + n
	if g.count == 0 {
		i.grants.Delete(g)
		return existed
	}
	i.grants.ReplaceOrInsert(g)
	return !existed
}

func (i *Index) publishLocked(change Change) {
	if !i.synced {
		return
	}
	i.snapshot = &Snapshot{grants: i.grants.Clone()}
	for _, publish := range slices.Clone(i.publish) {
		publish(i.snapshot, change)
	}
}
