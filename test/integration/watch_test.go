// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

func TestWatchFollowsAccess(t *testing.T) {
	t.Parallel()
	admin := shared.Admin(t)
	selections := map[string]func(name string) metav1.ListOptions{
		"all that is visible": func(string) metav1.ListOptions { return metav1.ListOptions{} },
		"by label":            func(name string) metav1.ListOptions { return metav1.ListOptions{LabelSelector: "team=" + name} },
		"by name": func(name string) metav1.ListOptions {
			return metav1.ListOptions{FieldSelector: "metadata.name=" + name}
		},
	}
	for how, prepare := range sights(admin) {
		for which, selection := range selections {
			t.Run(how+", watching "+which, func(t *testing.T) {
				name := unique("watch-access")
				createNamespace(t, admin, name, map[string]string{"team": name})
				follow(t, admin, name, prepare(t, name, name), selection(name))
			})
		}
	}
}

// follow gives the sight of the namespace to the user of the same name, takes it and gives it again.
func follow(t *testing.T, admin cluster.Clients, name string, sight sight, opts metav1.ListOptions) {
	events, items := watchFromNow(t, shared.As(t, name, groupOf(name)), opts)
	if len(items) > 0 {
		t.Fatalf("Before the grant the user sees %v", namesOf(items))
	}
	sight.give(t)
	added := events.want(t, watch.Added, name)
	if diff := cmp.Diff(must(spacesOf(admin).Get(t.Context(), name, metav1.GetOptions{}))(t), added); diff != "" {
		t.Errorf("ADDED does not have the object (-want +got):\n%s", diff)
	}
	sight.take(t)
	wantLast(t, added, events.want(t, watch.Deleted, name))
	sight.give(t)
	wantNotOlder(t, events.want(t, watch.Added, name).ResourceVersion, added.ResourceVersion)

	// Nothing has come between what has come, if nothing is left.
	patchNamespace(t, admin, name, `{"metadata":{"annotations":{"fence":"1"}}}`)
	events.want(t, watch.Modified, name)
}

func TestWatchOfWhatTwoBindingsGrant(t *testing.T) {
	t.Parallel()
	admin := shared.Admin(t)
	name, fence := unique("watch-two"), unique("watch-two-fence")
	createNamespace(t, admin, name, nil)
	createNamespace(t, admin, fence, nil)
	bind(t, admin, name, "first", clusterRole("view"), user(name))
	bind(t, admin, name, "second", clusterRole("edit"), user(name), group(groupOf(name)))
	alice := shared.As(t, name, groupOf(name))
	awaitSight(t, alice, name)
	events, items := watchFromNow(t, alice, metav1.ListOptions{})

	unbind(t, admin, name, "first")
	bind(t, admin, fence, "fence", clusterRole("view"), user(name))
	events.want(t, watch.Added, fence)

	unbind(t, admin, name, "second")
	wantLast(t, &items[0], events.want(t, watch.Deleted, name))
}

func TestWatchFollowsLabels(t *testing.T) {
	t.Parallel()
	admin := shared.Admin(t)
	relabels := map[string]func(t *testing.T, name, team string){
		"of the namespace": func(t *testing.T, name, team string) {
			patchNamespace(t, admin, name, `{"metadata":{"labels":{"team":"`+team+`"}}}`)
		},
		"of the Space": func(t *testing.T, name, team string) {
			patch := []byte(`{"metadata":{"labels":{"team":"` + team + `"}}}`)
			must(spacesOf(admin).Patch(t.Context(), name, types.MergePatchType, patch, metav1.PatchOptions{}))(t)
		},
	}
	for how, relabel := range relabels {
		t.Run(how, func(t *testing.T) {
			name := unique("watch-labels")
			createSpace(t, admin, newSpace(name))
			events, _ := watchFromNow(t, admin, metav1.ListOptions{LabelSelector: "team=" + name})
			relabel(t, name, name)
			added := events.want(t, watch.Added, name)
			relabel(t, name, "other")
			wantLast(t, added, events.want(t, watch.Deleted, name))
			relabel(t, name, "another")
			relabel(t, name, name)
			events.want(t, watch.Added, name)
		})
	}
}

// The RoleBindings in a namespace go before it does. Its owner sees it until it has gone.
func TestWatchOfDeletion(t *testing.T) {
	t.Parallel()
	admin := shared.Admin(t)
	name := unique("watch-deletion")
	alice := shared.As(t, name, "devs")
	space := createSpace(t, alice, newSpace(name))
	release := hold(t, admin, name)
	// From the resource version of the write a recent grant may be told again; see docs/design/0005-replicas.md.
	events, _ := watchFromNow(t, alice, metav1.ListOptions{})

	check(t, spacesOf(alice).Delete(t.Context(), name, metav1.DeleteOptions{}))
	terminating := events.want(t, watch.Modified, name)
	if terminating.Status.Phase != v1alpha1.SpaceTerminating || terminating.DeletionTimestamp == nil {
		t.Errorf("The first MODIFIED has the phase %s and deletionTimestamp %v", terminating.Status.Phase, terminating.DeletionTimestamp)
	}
	awaitNoBindings(t, admin, name)
	must(spacesOf(alice).Get(t.Context(), name, metav1.GetOptions{}))(t)
	awaitSight(t, alice, name)

	release()
	last := terminating
	for event := events.next(t); event.Type != watch.Deleted; event = events.next(t) {
		switch event.Type {
		case watch.Modified:
			last = event.Object.(*v1alpha1.Space)
		case watch.Bookmark: // it may take long to delete a namespace while another test has stopped a server
		default:
			t.Fatalf("Between its deletion and its end the watch sent %s", describe(event))
		}
	}
	if last.UID != space.UID || last.Status.Phase != v1alpha1.SpaceTerminating {
		t.Errorf("The last object has the UID %s and the phase %s", last.UID, last.Status.Phase)
	}
	_, err := admin.Kube.CoreV1().Namespaces().Get(t.Context(), name, metav1.GetOptions{})
	if !apierrors.IsNotFound(err) {
		t.Errorf("DELETED has come, and the namespace is there: %v", err)
	}
}

func awaitNoBindings(t *testing.T, admin cluster.Clients, namespace string) {
	t.Helper()
	eventually(t, "the RoleBindings have gone", func(ctx context.Context) error {
		bindings, err := admin.Kube.RbacV1().RoleBindings(namespace).List(ctx, metav1.ListOptions{})
		if err == nil && len(bindings.Items) > 0 {
			err = errors.New(bindings.Items[0].Name + " is still there")
		}
		return err
	})
}

func TestWatchResumes(t *testing.T) {
	t.Parallel()
	admin := shared.Admin(t)
	name := unique("watch-resume")
	lost, found, changed := name+"-lost", name+"-found", name+"-changed"
	for _, namespace := range []string{lost, found, changed} {
		createNamespace(t, admin, namespace, nil)
	}
	bind(t, admin, lost, "sight", clusterRole("view"), user(name))
	bind(t, admin, changed, "sight", clusterRole("view"), user(name))
	alice := shared.As(t, name)
	awaitSight(t, alice, lost, changed)
	list := must(spacesOf(alice).List(t.Context(), metav1.ListOptions{}))(t)

	unbind(t, admin, lost, "sight")
	bind(t, admin, found, "sight", clusterRole("view"), user(name))
	patchNamespace(t, admin, changed, `{"metadata":{"labels":{"changed":"yes"}}}`)
	awaitSight(t, alice, found)

	// A client may be told again what it knows, but nothing may be missing.
	events := openWatch(t, alice, metav1.ListOptions{ResourceVersion: list.ResourceVersion})
	missing := map[string]watch.EventType{lost: watch.Deleted, found: watch.Added, changed: watch.Modified}
	for len(missing) > 0 {
		event := events.next(t)
		if space, ok := event.Object.(*v1alpha1.Space); ok && missing[space.Name] == event.Type {
			delete(missing, space.Name)
		}
	}
}

func TestWatchFromTooLongAgo(t *testing.T) {
	t.Parallel()
	events := openWatch(t, shared.Admin(t), metav1.ListOptions{ResourceVersion: "1"})
	event := events.next(t)
	if err := apierrors.FromObject(event.Object); event.Type != watch.Error || !apierrors.IsResourceExpired(err) {
		t.Errorf("The event is %s, want an ERROR that says Expired", describe(event))
	}
	events.wantEnd(t)
}

func TestWatchSendsBookmarks(t *testing.T) {
	t.Parallel()
	alice := shared.As(t, unique("watch-bookmarks"))
	list := must(spacesOf(alice).List(t.Context(), metav1.ListOptions{}))(t)
	opts := metav1.ListOptions{ResourceVersion: list.ResourceVersion, TimeoutSeconds: new(int64(4))}
	without := openWatch(t, alice, opts)
	opts.AllowWatchBookmarks = true
	with := openWatch(t, alice, opts)
	bookmark := with.want(t, watch.Bookmark, "")
	wantNotOlder(t, bookmark.ResourceVersion, list.ResourceVersion)
	with.wantEnd(t)
	without.wantEnd(t)
}

func TestWatchSendsInitialEvents(t *testing.T) {
	t.Parallel()
	admin := shared.Admin(t)
	name := unique("watch-initial")
	for _, suffix := range []string{"-b", "-c", "-a"} {
		createNamespace(t, admin, name+suffix, nil)
		bind(t, admin, name+suffix, "sight", clusterRole("view"), user(name))
	}
	alice := shared.As(t, name)
	awaitSight(t, alice, name+"-a", name+"-b", name+"-c")
	events := openWatch(t, alice, metav1.ListOptions{
		SendInitialEvents:    new(true),
		ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan,
		AllowWatchBookmarks:  true,
	})
	for _, suffix := range []string{"-a", "-b", "-c"} {
		events.want(t, watch.Added, name+suffix)
	}
	bookmark := events.want(t, watch.Bookmark, "")
	if got := bookmark.Annotations[metav1.InitialEventsAnnotationKey]; got != "true" {
		t.Errorf("The bookmark has the annotations %v", bookmark.Annotations)
	}
	unbind(t, admin, name+"-b", "sight")
	deleted := events.want(t, watch.Deleted, name+"-b")
	wantNotOlder(t, deleted.ResourceVersion, bookmark.ResourceVersion)
}
