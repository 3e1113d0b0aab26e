// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package repair

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"sync"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// Watch tells of every namespace that an object with our label changes in, or goes from, until the context ends. Of the
// objects it keeps no more than a hash of what they say. spaces.TemplateBinding comes and goes by our own doing: if that
// were a change, each attempt to fill a Space would lead to the next one.
func Watch(ctx context.Context, client kubernetes.Interface, changed func(namespace string)) {
	var watching sync.WaitGroup
	for _, k := range []struct {
		client   rest.Interface
		resource string
		example  runtime.Object
	}{
		{client.CoreV1().RESTClient(), "resourcequotas", &corev1.ResourceQuota{}},
		{client.CoreV1().RESTClient(), "limitranges", &corev1.LimitRange{}},
		{client.NetworkingV1().RESTClient(), "networkpolicies", &networkingv1.NetworkPolicy{}},
		{client.RbacV1().RESTClient(), "rolebindings", &rbacv1.RoleBinding{}},
	} {
		source := cache.NewFilteredListWatchFromClient(k.client, k.resource, metav1.NamespaceAll, func(options *metav1.ListOptions) {
			options.LabelSelector = spaces.LabelManaged + "=true"
			options.FieldSelector = fields.OneTermNotEqualSelector(metav1.ObjectNameField, spaces.TemplateBinding).String()
		})
		reflector := cache.NewReflectorWithOptions(source, k.example, newSightings(changed), cache.ReflectorOptions{Name: "repair-" + k.resource})
		watching.Go(func() { reflector.RunWithContext(ctx) })
	}
	watching.Wait()
}

// sightings is the store of a Reflector. Only that uses it.
type sightings struct {
	changed func(namespace string)
	seed    maphash.Seed
	// seen has the objects by a hash of their names, since there are very many: of a million objects, two have the same
	// one in one of thirty million cases. They would be taken for one that changes whenever either does.
	seen map[uint64]seen
}

// seen is what is known of an object: where it is, and a hash of what it says.
type seen struct {
	namespace string
	says      uint64
}

var (
	_ cache.ReflectorStore    = &sightings{}
	_ cache.TransformingStore = &sightings{}
)

// sighting is what is left of an object while a list of them arrives.
type sighting struct {
	metav1.ObjectMeta
	says uint64
}

func newSightings(changed func(string)) *sightings {
	return &sightings{changed: changed, seed: maphash.MakeSeed(), seen: map[uint64]seen{}}
}

// Add implements cache.ReflectorStore. What is new was put there by us: nobody else may.
func (s *sightings) Add(object any) error { return s.see(object) }

// Update implements cache.ReflectorStore.
func (s *sightings) Update(object any) error { return s.see(object) }

func (s *sightings) see(object any) error {
	key, now, err := s.look(object)
	if err != nil {
		return err
	}
	s.note(s.seen, key, now)
	return nil
}

// note takes note of what an object says now, where these were seen before.
func (s *sightings) note(before map[uint64]seen, key uint64, now seen) {
	if last, known := before[key]; known && last.says != now.says {
		s.changed(now.namespace)
	}
	s.seen[key] = now
}

// Delete implements cache.ReflectorStore.
func (s *sightings) Delete(object any) error {
	key, last, err := s.look(object)
	if err != nil {
		return err
	}
	delete(s.seen, key)
	s.changed(last.namespace)
	return nil
}

// Replace implements cache.ReflectorStore.
func (s *sightings) Replace(objects []any, _ string) error {
	gone := s.seen
	s.seen = make(map[uint64]seen, len(objects))
	for _, object := range objects {
		key, now, err := s.look(object)
		if err != nil {
			return err
		}
		s.note(gone, key, now)
		delete(gone, key)
	}
	for _, last := range gone {
		s.changed(last.namespace)
	}
	return nil
}

// Transformer implements cache.TransformingStore.
func (s *sightings) Transformer() cache.TransformFunc {
	return func(object any) (any, error) {
		named, err := meta.Accessor(object)
		if err != nil {
			return nil, fmt.Errorf("watch for changes: %w", err)
		}
		says, err := s.hash(object)
		return &sighting{metav1.ObjectMeta{Namespace: named.GetNamespace(), Name: named.GetName()}, says}, err
	}
}

// Resync implements cache.ReflectorStore. There is nothing to do.
func (s *sightings) Resync() error { return nil }

// look returns what is to be known of the object, and its key.
func (s *sightings) look(object any) (key uint64, now seen, err error) {
	named, err := meta.Accessor(object)
	if err != nil {
		return 0, seen{}, fmt.Errorf("watch for changes: %w", err)
	}
	says, err := s.hash(object)
	key = maphash.Comparable(s.seed, [2]string{named.GetNamespace(), named.GetName()})
	return key, seen{named.GetNamespace(), says}, err
}

// hash is the same for objects that say the same. The status of a ResourceQuota changes all the time.
func (s *sightings) hash(object any) (uint64, error) {
	var says any
	switch o := object.(type) {
	case *sighting:
		return o.says, nil
	case *corev1.ResourceQuota:
		says = []any{o.Labels, o.UID, o.Spec}
	case *corev1.LimitRange:
		says = []any{o.Labels, o.UID, o.Spec}
	case *networkingv1.NetworkPolicy:
		says = []any{o.Labels, o.UID, o.Spec}
	case *rbacv1.RoleBinding:
		says = []any{o.Labels, o.UID, o.RoleRef, o.Subjects}
	default:
		return 0, fmt.Errorf("watch for changes: have a %T", object)
	}
	text, err := json.Marshal(says)
	if err != nil {
		return 0, fmt.Errorf("watch for changes: %w", err)
	}
	return maphash.Bytes(s.seed, text), nil
}
