// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
)

// catchUp tells how what the recent entries have granted or revoked looks at the place of the watch. It may be known.
func (w *watcher) catchUp(ctx context.Context, recent []*entry) error {
	events, err := w.recall(recent)
	if err != nil {
		return err
	}
	for _, event := range events {
		if err := w.send(ctx, event); err != nil {
			return err
		}
	}
	w.hasten(ctx, events)
	return nil
}

// recall returns how what the entries have changed of the caller's access looks at the place of the watch: ADDED what
// the caller sees there, and DELETED what it does not.
func (w *watcher) recall(recent []*entry) ([]watch.Event, error) {
	touched := w.scope.touched(recent)
	var events []watch.Event
	for _, name := range slices.Sorted(maps.Keys(touched)) {
		event, err := w.recallOne(name, touched[name])
		if err != nil {
			return nil, err
		}
		if event != nil {
			events = append(events, *event)
		}
	}
	return events, nil
}

// touched returns the names whose visibility the entries have changed, each with the last row of it that the caller was
// allowed to see by them, if there was one.
func (s *scope) touched(recent []*entry) map[string]*Row {
	touched := map[string]*Row{}
	for _, e := range recent {
		if e.access == nil {
			continue
		}
		names, all := e.touches(s.caller)
		if all {
			names = e.after.names()
		}
		for _, name := range names {
			if s.covers(name) {
				touched[name] = s.allowed(e, name)
			}
		}
	}
	return touched
}

// allowed returns the row that the caller was allowed to see before or after the entry, which changes no rows.
func (s *scope) allowed(e *entry, name string) *Row {
	if e.before.access.Sees(s.caller, name) || e.after.access.Sees(s.caller, name) {
		return e.after.get(name)
	}
	return nil
}

func (w *watcher) recallOne(name string, allowed *Row) (*watch.Event, error) {
	now, err := w.scope.get(w.at, name)
	if err != nil {
		return nil, err
	}
	if now != nil {
		return &watch.Event{Type: watch.Added, Object: now.Object.DeepCopyObject()}, nil
	}
	if w.at.get(name) == nil && allowed == nil {
		return nil, nil
	}
	last, err := w.last(name, allowed)
	if err != nil {
		return nil, err
	}
	return &watch.Event{Type: watch.Deleted, Object: last}, versioner.UpdateObject(last, w.at.revision)
}

// last returns the object that the caller was allowed to see last, or one that has nothing but its name.
func (w *watcher) last(name string, allowed *Row) (runtime.Object, error) {
	if allowed != nil {
		return allowed.Object.DeepCopyObject(), nil
	}
	object := w.store.New()
	accessor, err := meta.Accessor(object)
	if err != nil {
		return nil, err
	}
	accessor.SetName(name)
	return object, nil
}
