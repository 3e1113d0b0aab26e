// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	utilflowcontrol "k8s.io/apiserver/pkg/util/flowcontrol"
)

const (
	// resultBuffer is how many events may wait for the reader of a watch, besides those in the log.
	resultBuffer = 16
	// slowCheck is how often a watch whose reader does not read looks whether the log still has its place.
	slowCheck = time.Second
	// bookmarkEvery is the longest time without a bookmark, and bookmarkBeforeEnd how long before the request's
	// deadline the last one is sent, as the kube-apiserver does.
	bookmarkEvery     = time.Minute
	bookmarkBeforeEnd = 2 * time.Second
	// bookmarkSoon is how long after a grant one is sent.
	bookmarkSoon = time.Second
)

// watcher is one watch. One goroutine, run, walks along the log and is the only one to send; Stop may be called from
// anywhere, any number of times.
type watcher struct {
	store *Store
	scope scope

	place         *place
	at            *view  // what the watch has told everything up to
	from          uint64 // the revision to resume from, while at is nil
	resumed       bool   // it may have been told elsewhere what it knows
	recent        []*entry
	settled       time.Time // when no replica can know of a grant any more that is to come here
	initial       bool
	endOfInitial  bool
	result        chan watch.Event
	stopped       chan struct{}
	stop          sync.Once
	bookmarkTimer *time.Timer
	hastened      bool // the next bookmark comes soon
}

var (
	errStopped = errors.New("the watch has been stopped")
	errTooSlow = apiExpired(watchTooSlow)
)

func newWatcher(store *Store, scope scope) *watcher {
	return &watcher{
		store:   store,
		scope:   scope,
		result:  make(chan watch.Event, resultBuffer),
		stopped: make(chan struct{}),
		place:   newPlace(store.Feed.head().access.Identities(scope.caller)),
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
	case errors.Is(err, errTooSlow):
		w.drop(ctx, failure(err))
	default:
		_ = w.send(ctx, failure(err))
	}
}

// drop ends the watch of a reader who does not read: the failure comes before what it has not read yet.
func (w *watcher) drop(ctx context.Context, failure watch.Event) {
	for {
		select {
		case w.result <- failure:
			abandon(ctx)
			return
		default:
		}
		select {
		case <-w.result:
		default:
		}
	}
}

// follow returns why the watch ended.
func (w *watcher) follow(ctx context.Context) error {
	if err := w.begin(ctx); err != nil {
		return err
	}
	utilflowcontrol.WatchInitialized(ctx)
	w.store.Feed.join(w.place, w.at)
	defer w.store.Feed.leave(w.place)
	if w.from != 0 {
		if err := w.goOn(ctx); err != nil {
			return err
		}
	}
	for {
		if err := w.advance(ctx); err != nil {
			return err
		}
		bookmark, err := w.wait(ctx)
		if err != nil {
			return err
		}
		if bookmark {
			w.hastened = false
			w.bookmarkTimer.Reset(untilBookmark(ctx))
			if err := w.sendBookmark(ctx, nil); err != nil {
				return err
			}
		}
	}
}

// advance goes on to the end of the log.
func (w *watcher) advance(ctx context.Context) error {
	entries, head, err := w.store.Feed.next(w.place)
	if err != nil {
		return errTooSlow
	}
	if err := w.tell(ctx, entries); err != nil {
		return err
	}
	w.at = head
	return nil
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
	if w.at = w.store.Feed.listedAt(clientOf(ctx), w.from); w.at != nil {
		return nil
	}
	if w.at, w.recent, err = w.store.Feed.resume(w.from); err != nil {
		return apiExpired(watchExpired)
	}
	w.resumed, w.settled = true, w.store.Feed.config.Clock.Now().Add(skew)
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
	_, err := w.store.Feed.awaitRevision(ctx, w.from)
	return err
}

func (w *watcher) tell(ctx context.Context, entries []*entry) error {
	for _, e := range entries {
		events, err := w.events(e)
		if err != nil {
			return err
		}
		if err := w.sendAll(ctx, events); err != nil {
			return err
		}
		w.at = e.after
		if e.access != nil {
			w.hasten(ctx, events)
		}
	}
	return nil
}

// events returns what to tell of the entry. A client that may have been told elsewhere what it knows is told of some
// ends, too, of what it does not see here.
func (w *watcher) events(e *entry) ([]watch.Event, error) {
	events, err := w.scope.events(e)
	switch {
	case err != nil || w.from == 0:
		return events, err
	case e.access == nil && len(events) == 0:
		return w.store.endInDoubt(&w.scope, e)
	case w.resumed && e.access != nil && e.after.arrived.Before(w.settled):
		ends, err := w.store.grantInDoubt(&w.scope, e)
		return append(events, ends...), err
	default:
		return events, nil
	}
}

// wait returns when there may be something to tell, or a bookmark is due.
func (w *watcher) wait(ctx context.Context) (bookmark bool, err error) {
	select {
	case <-w.place.bell:
		return false, nil
	case <-w.bookmarkTimer.C:
		return true, w.advance(ctx)
	case <-w.stopped:
		return false, errStopped
	case <-w.store.Feed.closed:
		return false, errShuttingDown
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// hasten has the next bookmark sent soon if an event has taken the client back: what is ADDED by a grant has its old
// resource version, and the log may have dropped that when the client resumes from it.
func (w *watcher) hasten(ctx context.Context, events []watch.Event) {
	granted := slices.ContainsFunc(events, func(event watch.Event) bool { return event.Type == watch.Added })
	if !granted || w.hastened {
		return
	}
	w.hastened = true
	w.bookmarkTimer.Reset(min(bookmarkSoon, untilBookmark(ctx)))
}

func (w *watcher) sendBookmark(ctx context.Context, annotations map[string]string) error {
	if !w.scope.predicate.AllowWatchBookmarks {
		return nil
	}
	bookmark, err := w.store.bookmark(w.at.revision, annotations)
	if err != nil {
		return err
	}
	return w.send(ctx, *bookmark)
}

func (w *watcher) sendAll(ctx context.Context, events []watch.Event) error {
	for _, event := range events {
		if err := w.send(ctx, event); err != nil {
			return err
		}
	}
	return nil
}

// send waits for the reader, as long as the log has the place of the watch.
func (w *watcher) send(ctx context.Context, event watch.Event) error {
	select {
	case w.result <- event:
		return nil
	default:
	}
	slow := time.NewTicker(slowCheck)
	defer slow.Stop()
	for {
		select {
		case w.result <- event:
			return nil
		case <-slow.C:
			if w.at != nil && !w.store.Feed.keeps(w.at) {
				return errTooSlow
			}
		case <-w.stopped:
			return errStopped
		case <-w.store.Feed.closed:
			return errShuttingDown
		case <-ctx.Done():
			return ctx.Err()
		}
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
