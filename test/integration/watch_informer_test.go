// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/pkg/generated/informers/externalversions"
	"tenancy.example.io/spaces/test/cluster"
)

// requests are the queries of all that a client has asked. It is safe for concurrent use.
type requests struct {
	lock    sync.Mutex
	queries []url.Values
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

func (r *requests) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		r.lock.Lock()
		r.queries = append(r.queries, request.URL.Query())
		r.lock.Unlock()
		return next.RoundTrip(request)
	})
}

func (r *requests) first() url.Values {
	r.lock.Lock()
	defer r.lock.Unlock()
	if len(r.queries) == 0 {
		return nil
	}
	return r.queries[0]
}

// startInformer runs the informer that the generated code makes, until the test ends, and returns when it has synced.
func startInformer(t *testing.T, user cluster.Clients) cache.SharedIndexInformer {
	t.Helper()
	factory := externalversions.NewSharedInformerFactory(user.Spaces, 0)
	informer := factory.Spaces().V1alpha1().Spaces().Informer()
	runInformer(t, informer)
	return informer
}

// startListingInformer does the same with an informer that lists before it watches.
func startListingInformer(t *testing.T, user cluster.Clients) cache.SharedIndexInformer {
	t.Helper()
	client := user.Spaces.SpacesV1alpha1().RESTClient()
	lists := cache.NewFilteredListWatchFromClient(client, "spaces", "", func(*metav1.ListOptions) {})
	informer := cache.NewSharedIndexInformer(withoutStreaming{lists}, &v1alpha1.Space{}, 0, nil)
	runInformer(t, informer)
	return informer
}

// withoutStreaming has a reflector list before it watches.
type withoutStreaming struct {
	*cache.ListWatch
}

func (withoutStreaming) IsWatchListSemanticsUnSupported() bool { return true }

func runInformer(t *testing.T, informer cache.SharedIndexInformer) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { informer.RunWithContext(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
	eventually(t, "the informer has synced", func(context.Context) error {
		if !informer.HasSynced() {
			return errors.New("it has not")
		}
		return nil
	})
}

// awaitStore returns when the informer has what a list has.
func awaitStore(t *testing.T, informer cache.SharedIndexInformer, user cluster.Clients) {
	t.Helper()
	eventually(t, "the informer has what a list has", func(ctx context.Context) error {
		list, err := spacesOf(user).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		if diff := cmp.Diff(itemsByName(list.Items), stored(informer)); diff != "" {
			return errors.New("(-list +informer):\n" + diff)
		}
		return nil
	})
}

func itemsByName(items []v1alpha1.Space) map[string]v1alpha1.Space {
	result := map[string]v1alpha1.Space{}
	for _, item := range items {
		result[item.Name] = item
	}
	return result
}

func stored(informer cache.SharedIndexInformer) map[string]v1alpha1.Space {
	result := map[string]v1alpha1.Space{}
	for _, object := range informer.GetStore().List() {
		space := object.(*v1alpha1.Space)
		result[space.Name] = *space
	}
	return result
}

func TestInformersFollow(t *testing.T) {
	t.Parallel()
	admin := shared.Admin(t)
	for how, tc := range map[string]struct {
		start     func(*testing.T, cluster.Clients) cache.SharedIndexInformer
		wantFirst map[string]string
	}{
		"a generated informer, which streams its first list": {
			start:     startInformer,
			wantFirst: map[string]string{"watch": "true", "sendInitialEvents": "true", "allowWatchBookmarks": "true"},
		},
		"an informer that lists before it watches": {
			start:     startListingInformer,
			wantFirst: map[string]string{"watch": "", "sendInitialEvents": "", "resourceVersion": "0"},
		},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			name := unique("informer")
			shown := createNamespace(t, admin, name+"-1", nil).Name
			bind(t, admin, shown, "sight", clusterRole("view"), user(name))
			asked := &requests{}
			alice := recorded(t, shared.As(t, name, "devs"), asked)
			informer := tc.start(t, alice)
			for key, want := range tc.wantFirst {
				if got := asked.first().Get(key); got != want {
					t.Errorf("The first request has %s=%s, want %s", key, got, want)
				}
			}
			followAll(t, admin, alice, informer, name)
		})
	}
}

// recorded returns the same user, whose requests are recorded.
func recorded(t *testing.T, user cluster.Clients, asked *requests) cluster.Clients {
	t.Helper()
	config := rest.CopyConfig(user.Config)
	config.Wrap(asked.wrap)
	return cluster.ClientsFor(t, config)
}

// followAll has everything happen that an informer may miss.
func followAll(t *testing.T, admin, alice cluster.Clients, informer cache.SharedIndexInformer, name string) {
	steps := []struct {
		what string
		do   func()
	}{
		{"nothing", func() {}},
		{"a Space was created", func() { createSpace(t, alice, newSpace(name+"-2")) }},
		{"a namespace was relabelled", func() { patchNamespace(t, admin, name+"-1", `{"metadata":{"labels":{"a":"b"}}}`) }},
		{"a grant was revoked", func() { unbind(t, admin, name+"-1", "sight") }},
		{"it was granted again", func() { bind(t, admin, name+"-1", "sight", clusterRole("view"), user(name)) }},
		{"a Space is being deleted", func() { check(t, spacesOf(alice).Delete(t.Context(), name+"-2", metav1.DeleteOptions{})) }},
		{"it is gone", func() { awaitGone(t, admin, name+"-2") }},
	}
	for _, step := range steps {
		step.do()
		awaitStore(t, informer, alice)
		t.Logf("The informer has what a list has after: %s", step.what)
	}
}

func TestInformerAfterManyToggles(t *testing.T) {
	t.Parallel()
	const toggles = 100
	admin := shared.Admin(t)
	name := unique("informer-toggles")
	var namespaces []string
	for i := range 4 {
		namespaces = append(namespaces, createNamespace(t, admin, fmt.Sprintf("%s-%d", name, i), nil).Name)
	}
	alice := shared.As(t, name)
	informer := startInformer(t, alice)

	granted := sets.New[string]()
	for range toggles {
		namespace := namespaces[rand.IntN(len(namespaces))]
		if granted.Has(namespace) {
			unbind(t, admin, namespace, "sight")
			granted.Delete(namespace)
			continue
		}
		bind(t, admin, namespace, "sight", clusterRole("view"), user(name))
		granted.Insert(namespace)
	}

	// Once the last grant of all has arrived, so has everything before it.
	fence := createNamespace(t, admin, name+"-fence", nil).Name
	bind(t, admin, fence, "sight", clusterRole("view"), user(name))
	granted.Insert(fence)
	eventually(t, "the informer has the last grant", func(context.Context) error {
		if _, ok := stored(informer)[fence]; !ok {
			return errors.New("it has not")
		}
		return nil
	})
	list := must(spacesOf(alice).List(t.Context(), metav1.ListOptions{}))(t)
	if diff := cmp.Diff(sets.List(granted), sets.List(namesOf(list.Items))); diff != "" {
		t.Errorf("The list is not what was granted (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(itemsByName(list.Items), stored(informer)); diff != "" {
		t.Errorf("The informer has not what the list has (-list +informer):\n%s", diff)
	}
}
