// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"errors"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/cache"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/access"
	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/pkg/namespacestore"
	"tenancy.example.io/spaces/pkg/registry/account"
	"tenancy.example.io/spaces/pkg/registry/clusterquota"
	"tenancy.example.io/spaces/pkg/registry/space"
	"tenancy.example.io/spaces/pkg/registry/spacetemplate"
)

// feeds follow what is behind our objects, each as objects of one kind: the namespaces, but for templates, which are in
// ConfigMaps.
type feeds struct {
	spaces, accounts, quotas *namespacestore.Feed
	templates                *namespacestore.Feed
}

func newFeeds(history int, clock clock.PassiveClock) feeds {
	feeds := feeds{
		spaces:    newFeed(space.NewMapping(codec()), history, clock),
		accounts:  newFeed(account.NewMapping(codec()), history, clock),
		quotas:    newFeed(clusterquota.NewMapping(codec()), history, clock),
		templates: newFeed(spacetemplate.NewMapping(codec()), history, clock),
	}
	feeds.templates.SetAccess(public{}, unchanged{})
	return feeds
}

func newFeed(mapping namespacestore.Mapping, history int, clock clock.PassiveClock) *namespacestore.Feed {
	return namespacestore.NewFeed(namespacestore.FeedConfig{Mapping: mapping, History: history, Clock: clock})
}

func codec() runtime.Codec { return Codecs.LegacyCodec(v1alpha1.SchemeGroupVersion) }

func (f feeds) ofNamespaces() []*namespacestore.Feed {
	return []*namespacestore.Feed{f.spaces, f.accounts, f.quotas}
}

func (f feeds) setAccess(snapshot *access.Snapshot, change access.Change) {
	for _, feed := range f.ofNamespaces() {
		feed.SetAccess(snapshot, change)
	}
}

func (f feeds) close() {
	for _, feed := range append(f.ofNamespaces(), f.templates) {
		feed.Close()
	}
}

// awaitSync returns whether the feeds have been given all that is there, when they have or the context has ended.
func awaitSync(ctx context.Context, feeds ...*namespacestore.Feed) bool {
	for _, feed := range feeds {
		select {
		case <-feed.Synced():
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// held are the feeds of namespaces, which are told nothing while it is not known who may see it: a revocation that is older
// would be missed.
type held struct {
	feeds
	books   *books
	await   func()
	slimmer *namespacestore.Slimmer
}

func newHeld(feeds feeds, books *books, await func()) held {
	return held{feeds: feeds, books: books, await: await, slimmer: namespacestore.NewSlimmer()}
}

var (
	_ cache.ReflectorStore         = held{}
	_ cache.ReflectorBookmarkStore = held{}
	_ cache.TransformingStore      = held{}
)

// Add implements cache.ReflectorStore.
func (h held) Add(obj any) error { return h.Update(obj) }

// Update implements cache.ReflectorStore.
func (h held) Update(obj any) error {
	return h.each([]any{obj},
		func(namespaces []*corev1.Namespace) error { return h.books.set(namespaces[0]) },
		func(feed *namespacestore.Feed) error { return feed.Update(obj) })
}

// Delete implements cache.ReflectorStore.
func (h held) Delete(obj any) error {
	return h.each([]any{obj},
		func(namespaces []*corev1.Namespace) error { h.books.remove(namespaces[0]); return nil },
		func(feed *namespacestore.Feed) error { return feed.Delete(obj) })
}

// Replace implements cache.ReflectorStore.
func (h held) Replace(list []any, resourceVersion string) error {
	revision, err := strconv.ParseUint(resourceVersion, 10, 64)
	if err != nil {
		return err
	}
	return h.each(list,
		func(namespaces []*corev1.Namespace) error { h.books.replace(namespaces, revision); return nil },
		func(feed *namespacestore.Feed) error { return feed.Replace(list, resourceVersion) })
}

// Transformer implements cache.TransformingStore.
func (h held) Transformer() cache.TransformFunc { return h.slimmer.Slim }

// Resync implements cache.ReflectorStore. There is nothing to do.
func (h held) Resync() error { return nil }

// Bookmark implements cache.ReflectorBookmarkStore.
func (h held) Bookmark(resourceVersion string) error {
	return h.each(nil,
		func([]*corev1.Namespace) error { return nil },
		func(feed *namespacestore.Feed) error { return feed.Bookmark(resourceVersion) })
}

// each tells the books of the objects, and then each feed, once that may be told: who finds something in a feed finds it in
// the ledger.
func (h held) each(objects []any, book func([]*corev1.Namespace) error, tell func(*namespacestore.Feed) error) error {
	h.await()
	namespaces := make([]*corev1.Namespace, 0, len(objects))
	for _, obj := range objects {
		if _, err := h.slimmer.Slim(obj); err != nil {
			return err
		}
		namespaces = append(namespaces, obj.(*corev1.Namespace))
	}
	errs := []error{book(namespaces)}
	for _, feed := range h.ofNamespaces() {
		errs = append(errs, tell(feed))
	}
	return errors.Join(errs...)
}
