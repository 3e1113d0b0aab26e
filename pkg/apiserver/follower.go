// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/access"
	"tenancy.example.io/spaces/pkg/namespacestore"
)

// lag is how far behind the kube-apiserver a replica's access may be while it tells of namespaces; access.Pulse bounds
// it. See docs/design/0005-replicas.md.
const lag = time.Second

// follower fills the caches from the kube-apiserver.
type follower struct {
	client    rest.Interface
	roles     *access.Follower
	feeds     feeds
	readiness *readiness
	clock     clock.Clock
}

// run returns when the context has ended. Namespaces are read some time after the roles. A watch that comes from
// another replica with a revision that this one knows has then been told there of everything that led to the roles as
// they were first read here.
func (f *follower) run(ctx context.Context) {
	var following sync.WaitGroup
	defer following.Wait()
	following.Go(func() { f.roles.Run(ctx) })
	if !f.roles.AwaitSync(ctx) {
		return
	}
	f.readiness.access.Store(true)
	select {
	case <-f.clock.After(lag):
	case <-ctx.Done():
		return
	}
	following.Go(func() { f.namespaces(ctx.Done()).RunWithContext(ctx) })
	for _, feed := range f.feeds.all() {
		following.Go(func() { f.confirm(ctx, feed) })
	}
	f.readiness.namespaces.Store(f.feeds.awaitSync(ctx))
}

// confirmEvery is how often all namespaces are listed, at most, to find out how far the cache has come.
const confirmEvery = 5 * time.Second

// confirm finds out, whenever a client comes with a newer revision from another replica, whether that is because
// nothing has happened since. Otherwise the client would wait for the next bookmark, up to a minute, and be told nothing.
func (f *follower) confirm(ctx context.Context, feed *namespacestore.Feed) {
	for {
		select {
		case <-feed.Behind():
		case <-ctx.Done():
			return
		}
		f.roles.Pulse.Await(ctx.Done())
		var list corev1.NamespaceList
		err := f.client.Get().Resource("namespaces").Do(ctx).Into(&list)
		if err == nil {
			err = feed.Confirm(list.Items, list.ResourceVersion)
		}
		if err != nil {
			klog.FromContext(ctx).V(2).Info("Could not find out how far the cache has come", "err", err)
		}
		select {
		case <-f.clock.After(confirmEvery):
		case <-ctx.Done():
		}
	}
}

func (f *follower) namespaces(done <-chan struct{}) *cache.Reflector {
	return cache.NewReflectorWithOptions(
		cache.NewListWatchFromClient(f.client, "namespaces", "", fields.Everything()),
		&corev1.Namespace{},
		held{feeds: f.feeds, await: func() { f.roles.Pulse.Await(done) }},
		cache.ReflectorOptions{Name: "namespaces"})
}
