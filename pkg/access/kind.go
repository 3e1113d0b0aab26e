// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"fmt"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/tools/cache"
)

// kind is the store of a Reflector of one RBAC kind: it passes on what it is told to an Index.
type kind[T metav1.Object] struct {
	set    func(T)
	remove func(namespace, name string)
	// known returns the objects of the kind that the Index knows of.
	known func() []object
	// listed is called after each list.
	listed func()
	synced func()
	first  chan struct{} // closed by synced
}

var (
	_ cache.ReflectorStore    = &kind[metav1.Object]{}
	_ cache.TransformingStore = &kind[metav1.Object]{}
)

func newKind[T metav1.Object](set func(T), remove func(namespace, name string), known func() []object) *kind[T] {
	first := make(chan struct{})
	return &kind[T]{
		set: set, remove: remove, known: known,
		listed: func() {},
		first:  first, synced: sync.OnceFunc(func() { close(first) }),
	}
}

// firstReplaced is closed after the first list.
func (k *kind[T]) firstReplaced() <-chan struct{} { return k.first }

// Add implements cache.ReflectorStore.
func (k *kind[T]) Add(obj any) error { return k.Update(obj) }

// Update implements cache.ReflectorStore.
func (k *kind[T]) Update(obj any) error {
	object, ok := obj.(T)
	if !ok {
		return fmt.Errorf("follow RBAC: was given a %T", obj)
	}
	k.set(object)
	return nil
}

// Delete implements cache.ReflectorStore.
func (k *kind[T]) Delete(obj any) error {
	object, ok := obj.(T)
	if !ok {
		return fmt.Errorf("follow RBAC: was given a %T", obj)
	}
	k.remove(object.GetNamespace(), object.GetName())
	return nil
}

// Replace implements cache.ReflectorStore.
func (k *kind[T]) Replace(list []any, _ string) error {
	stay := sets.New[object]()
	for _, obj := range list {
		if err := k.Update(obj); err != nil {
			return err
		}
		named := obj.(T) // as Update has found
		stay.Insert(object{named.GetNamespace(), named.GetName()})
	}
	for _, id := range k.known() {
		if !stay.Has(id) {
			k.remove(id.namespace, id.name)
		}
	}
	k.listed()
	k.synced()
	return nil
}

// Transformer implements cache.TransformingStore. While a list arrives, all of it is held: without what nobody reads here.
func (k *kind[T]) Transformer() cache.TransformFunc { return withoutMetadata }

func withoutMetadata(obj any) (any, error) {
	if object, ok := obj.(metav1.Object); ok {
		object.SetManagedFields(nil)
		object.SetLabels(nil)
		object.SetAnnotations(nil)
	}
	return obj, nil
}

// Resync implements cache.ReflectorStore. There is nothing to do.
func (k *kind[T]) Resync() error { return nil }
