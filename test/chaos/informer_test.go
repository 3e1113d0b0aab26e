// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

// variant is how an informer works.
type variant struct {
	// direct leads past the kube-apiserver, to one replica or the other.
	direct bool
	// streaming gets the first list by a watch.
	streaming bool
	// bookmarks asks for those that are not part of a list.
	bookmarks bool
	// quick tries again sooner than an informer does by itself. The others wait ever longer, for up to a minute: so as
	// not to wait for them all the time, they are replaced after each pause.
	quick bool
	// brief ends watches after some seconds.
	brief  bool
	labels string
	fields string
}

// informer is one of client-go, and everything it has been told. It implements cache.ListerWatcherWithContext.
type informer struct {
	variant

	person  *person
	user    cluster.Clients
	line    *line
	history *history
	store   cache.Store
	stop    func()
	// leak is called when the informer was shown what it must not see.
	leak func(namespace, text string)

	lock    sync.Mutex
	journal []event
	total   int
	// last is when the informer received something, be it only a bookmark.
	last time.Time
}

// event is something that an informer has asked or was told.
type event struct {
	time time.Time
	what watch.EventType
	name string
	text string
}

// The events of a journal that are not those of a watch.
const (
	listed  watch.EventType = "LISTED"
	asked   watch.EventType = "asked"
	refuted watch.EventType = "refused"
)

// journalLength is how many events are kept of each informer.
const journalLength = 400

// briefly is how long watches last that end soon.
const briefly = 12

// start runs the informer, until stop is called. It may be started again, and is then a new one.
func (i *informer) start(ctx context.Context) {
	ctx, cancel := context.WithCancel(klog.NewContext(ctx, klog.Logger{}))
	var run func(context.Context)
	if i.quick {
		i.store = cache.NewStore(cache.DeletionHandlingMetaNamespaceKeyFunc)
		run = cache.NewReflectorWithOptions(i, &v1alpha1.Space{}, i.store, cache.ReflectorOptions{
			Backoff: &wait.Backoff{Duration: 50 * time.Millisecond, Cap: time.Second, Factor: 2, Jitter: 1, Steps: 10},
		}).RunWithContext
	} else {
		shared := cache.NewSharedIndexInformer(i, &v1alpha1.Space{}, 0, nil)
		i.store, run = shared.GetStore(), shared.RunWithContext
	}
	var running sync.WaitGroup
	running.Go(func() { run(ctx) })
	i.stop = func() {
		cancel()
		running.Wait()
	}
}

func (i *informer) String() string {
	text := fmt.Sprintf("the informer of %s (", i.person.Name)
	for _, part := range []struct {
		yes  bool
		text string
	}{
		{i.direct, "direct "},
		{i.streaming, "streaming "},
		{i.bookmarks, "with bookmarks "},
		{i.quick, "quick "},
		{i.brief, "brief "},
	} {
		if part.yes {
			text += part.text
		}
	}
	return text + i.labels + i.fields + ")"
}

// wide tells whether the informer follows all that its user sees.
func (i *informer) wide() bool { return i.labels == "" && i.fields == "" }

// IsWatchListSemanticsUnSupported decides whether the reflector lists before it watches.
func (i *informer) IsWatchListSemanticsUnSupported() bool { return !i.streaming }

// List implements cache.Lister.
func (i *informer) List(options metav1.ListOptions) (runtime.Object, error) {
	return i.ListWithContext(context.Background(), options)
}

// Watch implements cache.Watcher.
func (i *informer) Watch(options metav1.ListOptions) (watch.Interface, error) {
	return i.WatchWithContext(context.Background(), options)
}

// ListWithContext implements cache.ListerWithContext.
func (i *informer) ListWithContext(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
	i.note(asked, "", "list from "+options.ResourceVersion)
	list, err := i.fresh(ctx, options)
	if err != nil {
		i.note(refuted, "", err.Error())
		return nil, err
	}
	since := i.received()
	i.note(listed, "", fmt.Sprintf("%d at %s", len(list.Items), list.ResourceVersion))
	for n := range list.Items {
		i.shown(listed, &list.Items[n], since)
	}
	return list, nil
}

// fresh lists what the informer follows.
func (i *informer) fresh(ctx context.Context, options metav1.ListOptions) (*v1alpha1.SpaceList, error) {
	options.LabelSelector, options.FieldSelector = i.labels, i.fields
	return spacesOf(i.user).List(ctx, options)
}

// WatchWithContext implements cache.WatcherWithContext.
func (i *informer) WatchWithContext(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
	options.LabelSelector, options.FieldSelector = i.labels, i.fields
	initial := options.SendInitialEvents != nil && *options.SendInitialEvents
	options.AllowWatchBookmarks = options.AllowWatchBookmarks && (i.bookmarks || initial)
	if i.brief {
		options.TimeoutSeconds = new(int64(briefly))
	}
	i.note(asked, "", fmt.Sprintf("watch from %s, with initial events: %t", options.ResourceVersion, initial))
	w, err := spacesOf(i.user).Watch(ctx, options)
	if err != nil {
		i.note(refuted, "", err.Error())
		return nil, err
	}
	s := &stream{informer: i, initial: initial, since: i.lastReceived(), began: time.Now()}
	return watch.Filter(w, s.receive), nil
}

// received says that the informer has received something, and returns when it did before.
func (i *informer) received() (since time.Time) {
	i.lock.Lock()
	defer i.lock.Unlock()
	since = i.last
	i.last = time.Now()
	return since
}

func (i *informer) lastReceived() time.Time {
	i.lock.Lock()
	defer i.lock.Unlock()
	return i.last
}

func (i *informer) note(what watch.EventType, name, text string) {
	i.lock.Lock()
	defer i.lock.Unlock()
	i.total++
	if len(i.journal) >= 2*journalLength {
		i.journal = append(i.journal[:0], i.journal[journalLength:]...)
	}
	i.journal = append(i.journal, event{time.Now(), what, name, text})
}

func (i *informer) count() int {
	i.lock.Lock()
	defer i.lock.Unlock()
	return i.total
}

// find returns when the informer was told this of the object, since the given time.
func (i *informer) find(what watch.EventType, name string, since time.Time) (time.Time, bool) {
	i.lock.Lock()
	defer i.lock.Unlock()
	for _, e := range i.journal {
		if e.what == what && e.name == name && !e.time.Before(since) {
			return e.time, true
		}
	}
	return time.Time{}, false
}

// events returns the latest events of the journal that are about the object, or about the informer itself.
func (i *informer) events(name string, count int) []event {
	i.lock.Lock()
	defer i.lock.Unlock()
	var events []event
	for _, e := range i.journal {
		if e.name == name || e.name == "" {
			events = append(events, e)
		}
	}
	return events[max(0, len(events)-count):]
}
