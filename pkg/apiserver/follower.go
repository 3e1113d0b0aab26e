// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"runtime/debug"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/access"
	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/namespacestore"
	"tenancy.example.io/spaces/pkg/registry/spacetemplate"
)

// lag is how far behind the kube-apiserver a replica's access may be while it tells of namespaces; access.Pulse bounds
// it. See docs/design/0005-replicas.md.
const lag = time.Second

// follower fills the caches from the kube-apiserver.
type follower struct {
	client    rest.Interface
	roles     *access.Follower
	feeds     feeds
	books     *books
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
	following.Go(func() { f.followTemplates(ctx) })
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
	for _, feed := range f.feeds.ofNamespaces() {
		following.Go(func() { f.confirm(ctx, feed, f.listNamespaces) })
	}
	synced := awaitSync(ctx, f.feeds.ofNamespaces()...)
	debug.FreeOSMemory() // lists take several times what is kept of them, and nothing of that is needed again
	f.readiness.namespaces.Store(synced)
}

// followTemplates returns when the context has ended. Who may see templates does not change, so nothing has to be known
// before.
func (f *follower) followTemplates(ctx context.Context) {
	var following sync.WaitGroup
	defer following.Wait()
	following.Go(func() { f.templates().RunWithContext(ctx) })
	following.Go(func() { f.confirm(ctx, f.feeds.templates, f.listTemplates) })
	f.readiness.templates.Store(awaitSync(ctx, f.feeds.templates))
}

// confirmEvery is how often everything is listed, at most, to find out how far the cache has come.
const confirmEvery = 5 * time.Second

// confirm finds out, whenever a client comes with a newer revision from another replica, whether that is because
// nothing has happened since. Otherwise the client would wait for the next bookmark, up to a minute, and be told nothing.
func (f *follower) confirm(ctx context.Context, feed *namespacestore.Feed, list lister) {
	for {
		select {
		case <-feed.Behind():
		case <-ctx.Done():
			return
		}
		namespaces, err := list(ctx)
		if err == nil {
			err = feed.Confirm(namespaces.Items, namespaces.ResourceVersion)
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

// lister lists all that is behind the objects of a feed, as namespaces.
type lister func(context.Context) (*corev1.NamespaceList, error)

func (f *follower) listNamespaces(ctx context.Context) (*corev1.NamespaceList, error) {
	f.roles.Pulse.Await(ctx.Done())
	list := &corev1.NamespaceList{}
	return list, f.client.Get().Resource("namespaces").Do(ctx).Into(list)
}

func (f *follower) listTemplates(ctx context.Context) (*corev1.NamespaceList, error) {
	var list corev1.ConfigMapList
	err := f.client.Get().Namespace(spacesapi.SystemNamespace).Resource("configmaps").
		Param("labelSelector", labels.FormatLabels(spacetemplate.Labels())).Do(ctx).Into(&list)
	namespaces := &corev1.NamespaceList{ListMeta: list.ListMeta}
	for i := range list.Items {
		namespaces.Items = append(namespaces.Items, *asNamespace(&list.Items[i]))
	}
	return namespaces, err
}

func (f *follower) namespaces(done <-chan struct{}) *cache.Reflector {
	return cache.NewReflectorWithOptions(
		cache.NewListWatchFromClient(f.client, "namespaces", "", fields.Everything()),
		&corev1.Namespace{},
		newHeld(f.feeds, f.books, func() { f.roles.Pulse.Await(done) }),
		cache.ReflectorOptions{Name: "namespaces"})
}

func (f *follower) templates() *cache.Reflector {
	return cache.NewReflectorWithOptions(
		cache.NewFilteredListWatchFromClient(f.client, "configmaps", spacesapi.SystemNamespace, func(options *metav1.ListOptions) {
			options.LabelSelector = labels.FormatLabels(spacetemplate.Labels())
		}),
		&corev1.ConfigMap{},
		fedByConfigMaps{f.feeds.templates},
		cache.ReflectorOptions{Name: "templates"})
}
