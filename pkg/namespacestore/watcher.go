// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"
	"errors"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	utilflowcontrol "k8s.io/apiserver/pkg/util/flowcontrol"
)

const (
	// resultBuffer is how many events may wait for the reader of a watch.
	resultBuffer = 100
	// bookmarkEvery is the longest time without a bookmark, and bookmarkBeforeEnd how long before the request's
	// deadline the last one is sent, as the kube-apiserver does.
	bookmarkEvery     = time.Minute
	bookmarkBeforeEnd = 2 * time.Second
)

// watcher is one watch. One goroutine, run, walks along the log and is the only one to send; Stop may be called from
// anywhere, any number of times.
type watcher struct {
	store *Store
	scope scope

	at            *view  // what the watch has told everything up to
	from          uint64 // the revision to resume from, while at is nil
	initial       bool
	endOfInitial  bool
	result        chan watch.Event
	stopped       chan struct{}
	stop          sync.Once
	bookmarkTimer *time.Timer
}

var errStopped = errors.New("the watch has been stopped")

func newWatcher(store *Store, scope scope) *watcher {
	return &watcher{
		store:   store,
		scope:   scope,
		result:  make(chan watch.Event, resultBuffer),
		stopped: make(chan struct{}),
	}
}

// ResultChan implements watch.Interface.
func (w *watcher) ResultChan() <-chan watch.Event { return w.result }

// Stop implements watch.Interface.
func (w *watcher) Stop() { w.stop.Do(func() { close(w.stopped) }) }

func (w *watcher) run(ctx context.Context) {
	defer close(w.result)
	w.bookmarkTimer = time.NewTimer(untilBookmark(ctx))
	defer w.bookmarkTimer.Stop()
	err := w.follow(ctx)
	switch {
	case errors.Is(err, errStopped), errors.Is(err, errShuttingDown), ctx.Err() != nil:
	default:
		_ = w.send(ctx, failure(err))
	}
}

// follow returns why the watch ended.
func (w *watcher) follow(ctx context.Context) error {
	if err := w.begin(ctx); err != nil {
		return err
	}
	utilflowcontrol.WatchInitialized(ctx)
	for {
		entries, advanced, err := w.store.Feed.after(w.at)
		if errors.Is(err, errExpired) {
			return apiExpired(watchTooSlow)
		}
		if err := w.tell(ctx, entries); err != nil {
			return err
		}
		if len(entries) > 0 {
			continue
		}
		if err := w.wait(ctx, advanced); err != nil {
			return err
		}
	}
}

func (w *watcher) begin(ctx context.Context) error {
	if w.at == nil {
		return w.resume(ctx)
	}
	if !w.initial {
		return nil
	}
	err := w.scope.each(w.at, func(row *Row) error {
		return w.send(ctx, watch.Event{Type: watch.Added, Object: row.Object.DeepCopyObject()})
	})
	if err != nil || !w.endOfInitial {
		return err
	}
	return w.sendBookmark(ctx, map[string]string{metav1.InitialEventsAnnotationKey: "true"})
}

// resume finds the place of the revision in the log. For one that is yet to come it waits, in silence.
func (w *watcher) resume(ctx context.Context) (err error) {
	if w.store.Feed.head().revision < w.from {
		utilflowcontrol.WatchInitialized(ctx)
	}
	if err := w.awaitRevision(ctx); err != nil {
		return err
	}
	if w.at, err = w.store.Feed.resume(w.from); err != nil {
		return apiExpired(watchExpired)
	}
	return nil
}

func (w *watcher) awaitRevision(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-w.stopped:
			cancel(errStopped)
		case <-w.store.Feed.closed:
			cancel(errShuttingDown)
		case <-ctx.Done():
		}
	}()
	_, err := w.store.Feed.await(ctx, func(v *view) bool { return v.revision >= w.from })
	return err
}

func (w *watcher) tell(ctx context.Context, entries []*entry) error {
	for _, e := range entries {
		events, err := w.scope.events(e)
		if err != nil {
			return err
		}
		for _, event := range events {
			if err := w.send(ctx, event); err != nil {
				return err
			}
		}
		w.at = e.after
	}
	return nil
}

func (w *watcher) wait(ctx context.Context, advanced <-chan struct{}) error {
	select {
	case <-advanced:
		return nil
	case <-w.bookmarkTimer.C:
		w.bookmarkTimer.Reset(untilBookmark(ctx))
		if !w.scope.predicate.AllowWatchBookmarks {
			return nil
		}
		return w.sendBookmark(ctx, nil)
	case <-w.stopped:
		return errStopped
	case <-w.store.Feed.closed:
		return errShuttingDown
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *watcher) sendBookmark(ctx context.Context, annotations map[string]string) error {
	bookmark, err := w.store.bookmark(w.at.revision, annotations)
	if err != nil {
		return err
	}
	return w.send(ctx, *bookmark)
}

func (w *watcher) send(ctx context.Context, event watch.Event) error {
	select {
	case w.result <- event:
		return nil
	case <-w.stopped:
		return errStopped
	case <-w.store.Feed.closed:
		return errShuttingDown
	case <-ctx.Done():
		return ctx.Err()
	}
}

// untilBookmark returns when the next bookmark is due, from now.
func untilBookmark(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return bookmarkEvery
	}
	last := time.Until(deadline) - bookmarkBeforeEnd
	if last <= 0 {
		return bookmarkEvery
	}
	return min(bookmarkEvery, last)
}

func annotate(object runtime.Object, annotations map[string]string) error {
	accessor, err := meta.Accessor(object)
	if err != nil {
		return err
	}
	accessor.SetAnnotations(annotations)
	return nil
}
