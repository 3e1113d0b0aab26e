// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apiserver/pkg/apis/example"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	clocktesting "k8s.io/utils/clock/testing"

	"tenancy.example.io/spaces/pkg/namespacestore"
)

const (
	// history is how many entries the log holds: more than any test makes, but for the one that creates a thousand pods.
	history     = 512
	syncTimeout = 30 * time.Second
)

// fixture is what one test of the suite runs on: a store with no rows and no history, whose namespaces nothing else
// shows.
type fixture struct {
	ctx     context.Context //nolint:containedctx // Of one test, which hands it on to the suite.
	store   *podStore
	feed    *namespacestore.Feed
	mapping *podMapping
	client  kubernetes.Interface
	clock   *clocktesting.FakePassiveClock
}

func newFixture(t *testing.T, config *rest.Config) *fixture {
	t.Helper()
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	mapping, err := newPodMapping("t" + rand.String(6))
	if err != nil {
		t.Fatal(err)
	}
	clock := clocktesting.NewFakePassiveClock(time.Now())
	feed := namespacestore.NewFeed(namespacestore.FeedConfig{Mapping: mapping, History: history, Clock: clock})
	feed.SetAccess(everything{}, nothing{})
	backing := newNamespaces(client)
	store := &podStore{mapping: mapping, Interface: namespacestore.New(namespacestore.Config{
		Resource:   example.Resource("pods"),
		New:        func() runtime.Object { return &example.Pod{} },
		Mapping:    mapping,
		Feed:       feed,
		Namespaces: backing,
	})}
	backing.await = store.await
	follow(t, client, feed)
	return &fixture{ctx: t.Context(), store: store, feed: feed, mapping: mapping, client: client, clock: clock}
}

// withoutBookmarks is a store that the Reflector has no bookmarks for: the suite expects that no revision is made but by
// itself, and bookmarks bring those of other kinds of objects.
type withoutBookmarks struct {
	cache.ReflectorStore
}

// follow has the Feed follow the namespaces until the test ends. It returns when it knows those that exist.
func follow(t *testing.T, client kubernetes.Interface, feed *namespacestore.Feed) {
	t.Helper()
	reflector := cache.NewReflectorWithOptions(
		cache.NewListWatchFromClient(client.CoreV1().RESTClient(), "namespaces", "", fields.Everything()),
		&corev1.Namespace{}, withoutBookmarks{feed}, cache.ReflectorOptions{Name: "namespaces"})
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	running.Go(func() { reflector.RunWithContext(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
	err := wait.PollUntilContextTimeout(ctx, pollInterval, syncTimeout, true, func(context.Context) (bool, error) {
		return feed.HasSynced(), nil
	})
	if err != nil {
		t.Fatal("The namespaces were not read:", err)
	}
}

// increaseRV makes a revision that no row has.
func (f *fixture) increaseRV(ctx context.Context, t *testing.T) int64 {
	t.Helper()
	backing := newNamespaces(f.client)
	namespace, err := backing.Get(ctx, metav1.NamespaceDefault, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	touched, err := backing.Annotate(ctx, namespace, namespacestore.Annotations{podAnnotation: new(rand.String(10))})
	if err != nil {
		t.Fatal(err)
	}
	return int64(parse(t, touched.ResourceVersion))
}

// compact has the log forget what was before the resource version. As etcd's compaction does, it takes a revision for
// itself; the Feed is told of that as of all revisions that no namespace has: by a bookmark.
func (f *fixture) compact(ctx context.Context, t *testing.T, resourceVersion string) {
	t.Helper()
	now, err := f.store.GetCurrentResourceVersion(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.feed.Bookmark(format(now + 1)); err != nil {
		t.Fatal(err)
	}
	f.remembers(ctx, t, format(now+1)) // it counts when it is asked for
	before := format(parse(t, resourceVersion) - 1)
	f.clock.SetTime(f.clock.Now().Add(time.Hour)) // what is young stays in any case
	for range history + 1 {
		if !f.remembers(ctx, t, before) {
			return
		}
		f.feed.SetAccess(everything{}, nothing{})
	}
	t.Fatalf("The log has room for %d entries, and still knows what was at %s", history, before)
}

func (f *fixture) remembers(ctx context.Context, t *testing.T, resourceVersion string) bool {
	t.Helper()
	err := f.store.GetList(ctx, keyPrefix, storage.ListOptions{
		ResourceVersion:      resourceVersion,
		ResourceVersionMatch: metav1.ResourceVersionMatchExact,
		Predicate:            storage.Everything,
		Recursive:            true,
	}, &example.PodList{})
	if err != nil && !apierrors.IsResourceExpired(err) {
		t.Fatal(err)
	}
	return err == nil
}

// validate checks that what is stored under the key is a pod without what the store adds to it.
func (f *fixture) validate(ctx context.Context, t *testing.T, key string) {
	t.Helper()
	namespace, err := f.client.CoreV1().Namespaces().Get(ctx, f.mapping.Name(key), metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	pod, _, err := f.mapping.stored(ctx, namespace)
	if err != nil {
		t.Fatal(err)
	}
	if link := pod.GetSelfLink(); pod.ResourceVersion != "" || link != "" {
		t.Errorf("The pod is stored with the resource version %q and the self link %q", pod.ResourceVersion, link)
	}
}

func parse(t *testing.T, resourceVersion string) uint64 {
	t.Helper()
	revision, err := storage.APIObjectVersioner{}.ParseResourceVersion(resourceVersion)
	if err != nil {
		t.Fatal(err)
	}
	return revision
}

func format(revision uint64) string { return strconv.FormatUint(revision, 10) }

// everything is the Access of a world where everybody sees everything.
type everything struct{}

func (everything) Sees(user.Info, string) bool           { return true }
func (everything) Namespaces(user.Info) ([]string, bool) { return nil, true }
func (everything) Identities(user.Info) []any            { return []any{everything{}} }
func (everything) Viewers(string) iter.Seq[any]          { return slices.Values([]any{everything{}}) }

// nothing is the AccessChange that changes nothing.
type nothing struct{}

func (nothing) Namespaces(user.Info) ([]string, bool) { return nil, false }
func (nothing) Viewers() iter.Seq[any]                { return slices.Values[[]any](nil) }
func (nothing) Concerns(string) bool                  { return false }
