// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/utils/ptr"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

// stream is a watch that the test reads event by event.
type stream struct {
	watch.Interface
}

// openWatch watches as the user does. It ends with the test.
func openWatch(t testing.TB, user cluster.Clients, opts metav1.ListOptions) stream {
	t.Helper()
	w := must(spacesOf(user).Watch(t.Context(), opts))(t)
	t.Cleanup(w.Stop)
	return stream{w}
}

// watchFromNow returns a watch that has told what there is, and what that is. To watch from the revision of a list would
// not do: a watch may begin with what happened just before.
func watchFromNow(t testing.TB, user cluster.Clients, opts metav1.ListOptions) (stream, []v1alpha1.Space) {
	t.Helper()
	opts.SendInitialEvents = ptr.To(true)
	opts.ResourceVersionMatch = metav1.ResourceVersionMatchNotOlderThan
	opts.AllowWatchBookmarks = true
	events := openWatch(t, user, opts)
	var items []v1alpha1.Space
	for event := events.next(t); event.Type != watch.Bookmark; event = events.next(t) {
		if event.Type != watch.Added {
			t.Fatalf("Among the initial events is %s", describe(event))
		}
		items = append(items, *event.Object.(*v1alpha1.Space))
	}
	return events, items
}

// next returns the next event.
func (s stream) next(t testing.TB) watch.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	select {
	case event, ok := <-s.ResultChan():
		if !ok {
			t.Fatal("The watch has ended; an event was expected")
		}
		return event
	case <-ctx.Done():
		t.Fatal("No event came")
	}
	return watch.Event{}
}

// want returns the Space of the next event, which must be of this type and about the Space of this name.
func (s stream) want(t testing.TB, kind watch.EventType, name string) *v1alpha1.Space {
	t.Helper()
	event := s.next(t)
	space, ok := event.Object.(*v1alpha1.Space)
	if !ok || event.Type != kind || space.Name != name {
		t.Fatalf("The next event is %s, want %s of %q", describe(event), kind, name)
	}
	return space
}

// wantEnd checks that the watch ends without another event.
func (s stream) wantEnd(t testing.TB) {
	t.Helper()
	select {
	case event, ok := <-s.ResultChan():
		if ok {
			t.Fatalf("The next event is %s, want the end", describe(event))
		}
	case <-t.Context().Done():
		t.Fatal("The watch goes on")
	}
}

// drain reads until the watch ends. Only if the server has crashed may it end with an error.
func (s stream) drain(t testing.TB, crashed bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		select {
		case event, ok := <-s.ResultChan():
			if !ok {
				return
			}
			if event.Type == watch.Error && !crashed {
				t.Errorf("The watch ended with %s", describe(event))
			}
		case <-ctx.Done():
			t.Fatal("The watch does not end")
		}
	}
}

func describe(event watch.Event) string {
	if space, ok := event.Object.(*v1alpha1.Space); ok {
		return fmt.Sprintf("%s of %q (resourceVersion %s, phase %s, labels %v)",
			event.Type, space.Name, space.ResourceVersion, space.Status.Phase, space.Labels)
	}
	return fmt.Sprintf("%s: %v", event.Type, event.Object)
}

// wantLast checks that deleted is the full last state of the Space, and not older.
func wantLast(t testing.TB, last, deleted *v1alpha1.Space) {
	t.Helper()
	if diff := cmp.Diff(last, deleted, cmpopts.IgnoreFields(metav1.ObjectMeta{}, "ResourceVersion")); diff != "" {
		t.Errorf("DELETED does not have the last object (-want +got):\n%s", diff)
	}
	wantNotOlder(t, deleted.ResourceVersion, last.ResourceVersion)
}

func wantNotOlder(t testing.TB, got, last string) {
	t.Helper()
	order, err := resourceversion.CompareResourceVersion(got, last)
	if err != nil || order < 0 {
		t.Errorf("The resource version went from %s to %s (%v)", last, got, err)
	}
}

// sight is something that can be given to a user and taken away, and lets the user see one namespace.
type sight struct {
	give, take func(t testing.TB)
}

// sights are the ways to let a user see a namespace. Each prepares what is there before and after.
func sights(admin cluster.Clients) map[string]func(t testing.TB, namespace, name string) sight {
	return map[string]func(t testing.TB, namespace, name string) sight{
		"a RoleBinding to the user": func(_ testing.TB, namespace, name string) sight {
			return byBinding(admin, namespace, user(name))
		},
		"a RoleBinding to a group of the user": func(_ testing.TB, namespace, name string) sight {
			return byBinding(admin, namespace, group(groupOf(name)))
		},
		"a RoleBinding that gets another subject": func(t testing.TB, namespace, name string) sight {
			bind(t, admin, namespace, "sight", clusterRole("view"))
			return bySubjects(admin, namespace, name)
		},
		"a ClusterRoleBinding to the user": func(t testing.TB, namespace, name string) sight {
			setClusterRole(t, admin, name, getNamespaces(namespace))
			return byClusterBinding(admin, name)
		},
		"an edit of a Role": func(t testing.TB, namespace, name string) sight {
			setRole(t, admin, namespace)
			bind(t, admin, namespace, "sight", role("sight"), user(name))
			return sight{
				give: func(t testing.TB) { setRole(t, admin, namespace, getNamespaces()) },
				take: func(t testing.TB) { setRole(t, admin, namespace) },
			}
		},
		"an edit of a ClusterRole": func(t testing.TB, namespace, name string) sight {
			setClusterRole(t, admin, name)
			bind(t, admin, namespace, "sight", clusterRole(name), user(name))
			return sight{
				give: func(t testing.TB) { setClusterRole(t, admin, name, getNamespaces(namespace)) },
				take: func(t testing.TB) { setClusterRole(t, admin, name, getNamespaces("elsewhere")) },
			}
		},
		"a ClusterRole that is aggregated to another": func(t testing.TB, namespace, name string) sight {
			aggregate(t, admin, name)
			bind(t, admin, namespace, "sight", clusterRole(name), user(name))
			setClusterRole(t, admin, name+"-part", getNamespaces())
			return sight{
				give: func(t testing.TB) { labelClusterRole(t, admin, name+"-part", `"`+name+`"`) },
				take: func(t testing.TB) { labelClusterRole(t, admin, name+"-part", "null") },
			}
		},
	}
}

func groupOf(name string) string { return name + "-friends" }

func byBinding(admin cluster.Clients, namespace string, subject rbacv1.Subject) sight {
	return sight{
		give: func(t testing.TB) { bind(t, admin, namespace, "sight", clusterRole("view"), subject) },
		take: func(t testing.TB) { unbind(t, admin, namespace, "sight") },
	}
}

func bySubjects(admin cluster.Clients, namespace, name string) sight {
	set := func(t testing.TB, subjects string) {
		patch := fmt.Appendf(nil, `{"subjects":[%s]}`, subjects)
		must(admin.Kube.RbacV1().RoleBindings(namespace).
			Patch(t.Context(), "sight", types.MergePatchType, patch, metav1.PatchOptions{}))(t)
	}
	subject := fmt.Sprintf(`{"apiGroup":%q,"kind":"User","name":%q}`, rbacv1.GroupName, name)
	return sight{
		give: func(t testing.TB) { set(t, subject) },
		take: func(t testing.TB) { set(t, "") },
	}
}

func byClusterBinding(admin cluster.Clients, name string) sight {
	bindings := admin.Kube.RbacV1().ClusterRoleBindings()
	return sight{
		give: func(t testing.TB) {
			binding := &rbacv1.ClusterRoleBinding{
				ObjectMeta: metav1.ObjectMeta{Name: name}, RoleRef: clusterRole(name), Subjects: []rbacv1.Subject{user(name)},
			}
			must(bindings.Create(t.Context(), binding, metav1.CreateOptions{}))(t)
		},
		take: func(t testing.TB) { check(t, bindings.Delete(t.Context(), name, metav1.DeleteOptions{})) },
	}
}

func setRole(t testing.TB, admin cluster.Clients, namespace string, rules ...rbacv1.PolicyRule) {
	t.Helper()
	check(t, put(t.Context(), admin.Kube.RbacV1().Roles(namespace), &rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Name: "sight"}, Rules: rules,
	}))
}

func setClusterRole(t testing.TB, admin cluster.Clients, name string, rules ...rbacv1.PolicyRule) {
	t.Helper()
	check(t, put(t.Context(), admin.Kube.RbacV1().ClusterRoles(), &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: rules,
	}))
	removeClusterRoleLater(t, admin, name)
}

func aggregate(t testing.TB, admin cluster.Clients, name string) {
	t.Helper()
	check(t, put(t.Context(), admin.Kube.RbacV1().ClusterRoles(), &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		AggregationRule: &rbacv1.AggregationRule{ClusterRoleSelectors: []metav1.LabelSelector{
			{MatchLabels: map[string]string{"example.com/part-of": name}},
		}},
	}))
	removeClusterRoleLater(t, admin, name)
}

func labelClusterRole(t testing.TB, admin cluster.Clients, name, value string) {
	t.Helper()
	patch := fmt.Appendf(nil, `{"metadata":{"labels":{"example.com/part-of":%s}}}`, value)
	must(admin.Kube.RbacV1().ClusterRoles().Patch(t.Context(), name, types.MergePatchType, patch, metav1.PatchOptions{}))(t)
}

func removeClusterRoleLater(t testing.TB, admin cluster.Clients, name string) {
	t.Cleanup(func() {
		_ = admin.Kube.RbacV1().ClusterRoles().Delete(context.WithoutCancel(t.Context()), name, metav1.DeleteOptions{})
	})
}

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
	events := openWatch(t, alice, metav1.ListOptions{ResourceVersion: space.ResourceVersion})

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
		if event.Type != watch.Modified {
			t.Fatalf("Between its deletion and its end the watch sent %s", describe(event))
		}
		last = event.Object.(*v1alpha1.Space)
	}
	if last.UID != space.UID || last.Status.Phase != v1alpha1.SpaceTerminating {
		t.Errorf("The last object has the UID %s and the phase %s", last.UID, last.Status.Phase)
	}
	_, err := admin.Kube.CoreV1().Namespaces().Get(t.Context(), name, metav1.GetOptions{})
	if !apierrors.IsNotFound(err) {
		t.Errorf("DELETED has come, and the namespace is there: %v", err)
	}
}

func awaitNoBindings(t testing.TB, admin cluster.Clients, namespace string) {
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
	opts := metav1.ListOptions{ResourceVersion: list.ResourceVersion, TimeoutSeconds: ptr.To[int64](4)}
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
		SendInitialEvents:    ptr.To(true),
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
