// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// client is what is used of the typed client of one kind, in one namespace.
type client[T any, L runtime.Object, C any] interface {
	Apply(ctx context.Context, config C, opts metav1.ApplyOptions) (T, error)
	Create(ctx context.Context, object T, opts metav1.CreateOptions) (T, error)
	Get(ctx context.Context, name string, opts metav1.GetOptions) (T, error)
	Update(ctx context.Context, object T, opts metav1.UpdateOptions) (T, error)
	Delete(ctx context.Context, name string, opts metav1.DeleteOptions) error
	List(ctx context.Context, opts metav1.ListOptions) (L, error)
}

// configuration is a typed apply configuration.
type configuration interface {
	GetName() *string
	GetNamespace() *string
}

// kind writes the objects of one kind. Errors say what was done to which object, and wrap those of the kube-apiserver.
type kind[T metav1.Object, L runtime.Object, C configuration] struct {
	name string
	in   func(namespace string) client[T, L, C]
	// empty returns an empty object.
	empty func() T
	// equal tells whether two objects say the same, and fixed whether they do in what an update does not change, or does
	// not let change together with the rest.
	equal, fixed func(a, b T) bool
	// assign has one object say what another one does.
	assign func(to, from T)
}

// attempts is how often an object is written that somebody else writes at the same time.
const attempts = 5

// put makes the object what the configuration says, and no more than that. In a fresh namespace there is no such object
// yet, and the plain creation costs the kube-apiserver half of what an apply does. Where a creation was interrupted it may be
// there, and bar another one; see enforcement.
func (k kind[T, L, C]) put(ctx context.Context, config C, fresh bool) (T, error) {
	if fresh {
		created, err := k.create(ctx, config)
		if !apierrors.IsAlreadyExists(err) && !exceeds(err, *config.GetName()+",") {
			return created, k.explain(err, "create", *config.GetNamespace(), *config.GetName())
		}
	}
	return k.impose(ctx, config)
}

func (k kind[T, L, C]) create(ctx context.Context, config C) (T, error) {
	wanted, err := k.wanted(config)
	if err != nil {
		return wanted, err
	}
	return k.in(*config.GetNamespace()).Create(ctx, wanted, metav1.CreateOptions{FieldManager: FieldManager})
}

// impose writes the object until nobody else does at the same time.
func (k kind[T, L, C]) impose(ctx context.Context, config C) (object T, err error) {
	for range attempts {
		if object, err = k.write(ctx, k.in(*config.GetNamespace()), config); !apierrors.IsConflict(err) {
			break
		}
	}
	return object, k.explain(err, "apply", *config.GetNamespace(), *config.GetName())
}

// write applies the configuration, which does not touch what others have set besides. If the object says more than
// the configuration then, or goes with another object, it is overwritten. If it has something fixed in the way, it is
// replaced.
func (k kind[T, L, C]) write(ctx context.Context, in client[T, L, C], config C) (T, error) {
	wanted, err := k.wanted(config)
	if err != nil {
		return wanted, err
	}
	found, err := k.apply(ctx, in, config)
	if apierrors.IsInvalid(err) {
		before, getErr := in.Get(ctx, wanted.GetName(), metav1.GetOptions{})
		if getErr == nil && !k.fixed(before, wanted) {
			return k.anew(ctx, in, before, config)
		}
	}
	switch {
	case err != nil || k.equal(found, wanted) && len(found.GetOwnerReferences()) == 0:
		return found, err
	case !k.fixed(found, wanted):
		return k.anew(ctx, in, found, config)
	default:
		k.assign(found, wanted)
		found.SetOwnerReferences(nil)
		return k.update(ctx, in, found)
	}
}

func (kind[T, L, C]) update(ctx context.Context, in client[T, L, C], object T) (T, error) {
	return in.Update(ctx, object, metav1.UpdateOptions{FieldManager: FieldManager})
}

func (kind[T, L, C]) apply(ctx context.Context, in client[T, L, C], config C) (T, error) {
	return in.Apply(ctx, config, metav1.ApplyOptions{FieldManager: FieldManager, Force: true})
}

// wanted returns the object that the configuration describes.
func (k kind[T, L, C]) wanted(config C) (T, error) {
	object := k.empty()
	data, err := json.Marshal(config)
	if err == nil {
		err = json.Unmarshal(data, object)
	}
	return object, err
}

// anew replaces the object by a new one.
func (k kind[T, L, C]) anew(ctx context.Context, in client[T, L, C], found T, config C) (T, error) {
	if err := k.delete(ctx, in, found); err != nil {
		return found, err
	}
	return k.apply(ctx, in, config)
}

// delete deletes the object, and none that has taken its name.
func (kind[T, L, C]) delete(ctx context.Context, in client[T, L, C], object T) error {
	err := in.Delete(ctx, object.GetName(), metav1.DeleteOptions{
		Preconditions: metav1.NewUIDPreconditions(string(object.GetUID())),
	})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// replace writes the object as it is here, unless somebody else has written it in between.
func (k kind[T, L, C]) replace(ctx context.Context, object T) error {
	_, err := k.update(ctx, k.in(object.GetNamespace()), object)
	return k.explain(err, "update", object.GetNamespace(), object.GetName())
}

// remove deletes the object.
func (k kind[T, L, C]) remove(ctx context.Context, object T) error {
	err := k.delete(ctx, k.in(object.GetNamespace()), object)
	return k.explain(err, "delete", object.GetNamespace(), object.GetName())
}

// managed returns all objects in the namespace that we look after.
func (k kind[T, L, C]) managed(ctx context.Context, namespace string) ([]T, error) {
	list, err := k.in(namespace).List(ctx, metav1.ListOptions{LabelSelector: spaces.LabelManaged + "=true"})
	if err != nil {
		return nil, fmt.Errorf("list objects of kind %s in namespace %q: %w", k.name, namespace, err)
	}
	var objects []T
	err = meta.EachListItem(list, func(item runtime.Object) error {
		object, ok := any(item).(T)
		if !ok {
			return fmt.Errorf("list objects of kind %s in namespace %q: there is a %T", k.name, namespace, item)
		}
		objects = append(objects, object)
		return nil
	})
	return objects, err
}

// prune deletes what we look after in the namespace and what none of the configurations is for.
func (k kind[T, L, C]) prune(ctx context.Context, namespace string, keep []C) error {
	objects, err := k.managed(ctx, namespace)
	if err != nil {
		return err
	}
	var tasks []func() error
	for _, object := range objects {
		if !slices.ContainsFunc(keep, func(config C) bool { return *config.GetName() == object.GetName() }) {
			tasks = append(tasks, func() error { return k.remove(ctx, object) })
		}
	}
	return parallel(tasks...)
}

func (k kind[T, L, C]) explain(err error, verb, namespace, name string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s %q in namespace %q: %w", verb, k.name, name, namespace, err)
}
