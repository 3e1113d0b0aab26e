// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/uuid"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// journal is what was done in a world, one line each, and what does not succeed there.
type journal struct {
	lock  sync.Mutex
	lines []string
	fails map[string]error
	once  map[string]error // only the first time
}

// add writes the line, and returns the error that is prepared for it.
func (j *journal) add(words ...string) error {
	j.lock.Lock()
	defer j.lock.Unlock()
	line := strings.Join(words, " ")
	j.lines = append(j.lines, line)
	if err, ok := j.once[line]; ok {
		delete(j.once, line)
		return err
	}
	return j.fails[line]
}

// take returns the lines since the last time, in order.
func (j *journal) take() []string {
	j.lock.Lock()
	defer j.lock.Unlock()
	lines := j.lines
	j.lines = nil
	return lines
}

// store is a client of one kind, which keeps objects in memory.
type store[T metav1.Object, L runtime.Object, C configuration] struct {
	journal *journal
	kind    kind[T, L, C]
	list    func(items []T) L

	lock    sync.Mutex
	objects map[string]T
}

// within has the kind write into a store.
func within[T metav1.Object, L runtime.Object, C configuration](j *journal, k *kind[T, L, C], list func([]T) L) *store[T, L, C] {
	s := &store[T, L, C]{journal: j, list: list, objects: map[string]T{}}
	k.in = func(string) client[T, L, C] { return s }
	s.kind = *k
	return s
}

// copyOf returns a copy of the object with the fields of the JSON.
func (s *store[T, L, C]) copyOf(object T, fields ...any) T {
	result := s.kind.empty()
	for _, from := range append([]any{object}, fields...) {
		data, err := json.Marshal(from)
		if err == nil {
			err = json.Unmarshal(data, result)
		}
		if err != nil {
			panic(err)
		}
	}
	return result
}

func (s *store[T, L, C]) put(object T) {
	s.objects[object.GetName()] = s.copyOf(object)
}

func (s *store[T, L, C]) missing(name string) error {
	return apierrors.NewNotFound(schema.GroupResource{Resource: s.kind.name}, name)
}

func (s *store[T, L, C]) Apply(_ context.Context, config C, opts metav1.ApplyOptions) (T, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	before, ok := s.objects[*config.GetName()]
	if !ok {
		before = s.kind.empty()
		before.SetUID(uuid.NewUUID())
	}
	after := s.copyOf(before, config)
	if err := s.journal.add("apply", s.kind.name, *config.GetName()); err != nil {
		return s.kind.empty(), err
	}
	if ok && !s.kind.fixed(before, after) || !opts.Force || opts.FieldManager != FieldManager {
		return s.kind.empty(), apierrors.NewInvalid(schema.GroupKind{Kind: s.kind.name}, *config.GetName(), nil)
	}
	s.put(after)
	return after, nil
}

func (s *store[T, L, C]) Create(_ context.Context, object T, opts metav1.CreateOptions) (T, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if err := s.journal.add("create", s.kind.name, object.GetName()); err != nil {
		return s.kind.empty(), err
	}
	if _, ok := s.objects[object.GetName()]; ok || opts.FieldManager != FieldManager {
		return s.kind.empty(), apierrors.NewAlreadyExists(schema.GroupResource{Resource: s.kind.name}, object.GetName())
	}
	created := s.copyOf(object)
	created.SetUID(uuid.NewUUID())
	s.put(created)
	return s.copyOf(created), nil
}

func (s *store[T, L, C]) Get(_ context.Context, name string, _ metav1.GetOptions) (T, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if object, ok := s.objects[name]; ok {
		return s.copyOf(object), nil
	}
	return s.kind.empty(), s.missing(name)
}

func (s *store[T, L, C]) Update(_ context.Context, object T, _ metav1.UpdateOptions) (T, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if err := s.journal.add("update", s.kind.name, object.GetName()); err != nil {
		return object, err
	}
	s.put(object)
	return object, nil
}

func (s *store[T, L, C]) Delete(ctx context.Context, name string, opts metav1.DeleteOptions) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	if err := errors.Join(ctx.Err(), s.journal.add("delete", s.kind.name, name)); err != nil {
		return err
	}
	object, ok := s.objects[name]
	if !ok {
		return s.missing(name)
	}
	if opts.Preconditions == nil || *opts.Preconditions.UID != object.GetUID() {
		return apierrors.NewConflict(schema.GroupResource{Resource: s.kind.name}, name, nil)
	}
	delete(s.objects, name)
	return nil
}

func (s *store[T, L, C]) List(_ context.Context, opts metav1.ListOptions) (L, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	var items []T
	for _, name := range slices.Sorted(maps.Keys(s.objects)) {
		object := s.objects[name]
		if opts.LabelSelector == spaces.LabelManaged+"="+object.GetLabels()[spaces.LabelManaged] {
			items = append(items, s.copyOf(object))
		}
	}
	return s.list(items), s.journal.add("list", s.kind.name)
}

// names returns the names of the objects that are there.
func (s *store[T, L, C]) names() []string {
	s.lock.Lock()
	defer s.lock.Unlock()
	return slices.Sorted(maps.Keys(s.objects))
}
