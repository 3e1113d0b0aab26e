// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"
	"errors"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/utils/ptr"
)

// Watch implements storage.Interface.
func (s *Store) Watch(ctx context.Context, key string, opts storage.ListOptions) (watch.Interface, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	prefix, err := s.prepareKey(key, opts.Recursive)
	if err != nil {
		return nil, err
	}
	revision, err := versioner.ParseResourceVersion(opts.ResourceVersion)
	if err != nil {
		return nil, err
	}
	w := newWatcher(s, scope{
		caller:    caller,
		name:      s.Mapping.Name(prefix),
		prefix:    opts.Recursive,
		predicate: opts.Predicate,
	})
	if err := w.start(ctx, revision, opts); err != nil {
		return nil, err
	}
	go w.run(ctx)
	return w, nil
}

// start sets where in the log the watch starts, and whether it tells first what is there.
func (w *watcher) start(ctx context.Context, revision uint64, opts storage.ListOptions) (err error) {
	w.initial = ptr.Deref(opts.SendInitialEvents, revision == 0)
	w.endOfInitial = ptr.Deref(opts.SendInitialEvents, false) && opts.Predicate.AllowWatchBookmarks
	switch {
	case w.initial:
		w.at, err = w.store.freshView(ctx, opts.ResourceVersion)
	case revision == 0:
		w.at = w.store.Feed.head()
	default:
		w.from = revision
	}
	return err
}

// scope is what a watch is about: the rows with one name or with a prefix, which the caller sees, and the predicate
// selects.
type scope struct {
	caller    user.Info
	name      string
	prefix    bool
	predicate storage.SelectionPredicate
}

func (s *scope) covers(name string) bool {
	if s.prefix {
		return strings.HasPrefix(name, s.name)
	}
	return name == s.name
}

// get returns the row of that name if the scope has it in the view, or nil.
func (s *scope) get(v *view, name string) (*Row, error) {
	row := v.seen(name, s.caller)
	if row == nil {
		return nil, nil
	}
	return s.selected(row)
}

func (s *scope) selected(row *Row) (*Row, error) {
	if matches, err := s.predicate.Matches(row.Object); err != nil || !matches {
		return nil, err
	}
	return row, nil
}

// each visits the rows that the scope has in the view, by name.
func (s *scope) each(v *view, visit func(*Row) error) error {
	if !s.prefix {
		row, err := s.get(v, s.name)
		if err != nil || row == nil {
			return err
		}
		return visit(row)
	}
	return v.each(s.caller, s.name, func(row *Row) error {
		row, err := s.selected(row)
		if err != nil || row == nil {
			return err
		}
		return visit(row)
	})
}

// events returns how the entry changes what the scope has, by name.
func (s *scope) events(e *entry) ([]watch.Event, error) {
	var events []watch.Event
	for _, name := range s.touched(e) {
		event, err := s.event(e, name)
		if err != nil {
			return nil, err
		}
		if event != nil {
			events = append(events, *event)
		}
	}
	return events, nil
}

func (s *scope) event(e *entry, name string) (*watch.Event, error) {
	before, err := s.get(e.before, name)
	if err != nil {
		return nil, err
	}
	after, err := s.get(e.after, name)
	switch {
	case err != nil:
		return nil, err
	case before == after:
		return nil, nil
	case before == nil:
		return e.event(watch.Added, after)
	case after == nil:
		return e.event(watch.Deleted, before)
	default:
		return e.event(watch.Modified, after)
	}
}

// event returns an event whose object is shared by all that are told of it. What was deleted is the last object, with
// the resource version of its going.
func (e *entry) event(what watch.EventType, row *Row) (*watch.Event, error) {
	object, err := e.share(row, what == watch.Deleted)
	if err != nil {
		return nil, err
	}
	return &watch.Event{Type: what, Object: object}, nil
}

// bookmark returns an event that says no more than how far the watch has come.
func (s *Store) bookmark(revision uint64, annotations map[string]string) (*watch.Event, error) {
	object := s.New()
	if err := versioner.UpdateObject(object, revision); err != nil {
		return nil, err
	}
	if annotations != nil {
		if err := annotate(object, annotations); err != nil {
			return nil, err
		}
	}
	return &watch.Event{Type: watch.Bookmark, Object: object}, nil
}

// failure returns the event that ends a watch for this reason.
func failure(err error) watch.Event {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		status = apierrors.NewInternalError(err)
	}
	object := status.Status()
	return watch.Event{Type: watch.Error, Object: runtime.Object(&object)}
}
