// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apiserver/pkg/authentication/user"
)

var equateEmpty = cmpopts.EquateEmpty()

var (
	getAny = []rbacv1.PolicyRule{{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"namespaces"}}}
	viewer = rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "viewer"}
	local  = rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "local"}

	alice  = &user.DefaultInfo{Name: "alice", Groups: []string{"devs", user.AllAuthenticated}}
	robot  = &user.DefaultInfo{Name: "system:serviceaccount:tools:robot", Groups: []string{"system:serviceaccounts"}}
	master = &user.DefaultInfo{Name: "root", Groups: []string{user.SystemPrivilegedGroup}}
)

func users(names ...string) []rbacv1.Subject {
	var subjects []rbacv1.Subject
	for _, name := range names {
		subjects = append(subjects, rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name})
	}
	return subjects
}

func groups(names ...string) []rbacv1.Subject {
	subjects := users(names...)
	for i := range subjects {
		subjects[i].Kind = rbacv1.GroupKind
	}
	return subjects
}

func serviceAccount(namespace, name string) []rbacv1.Subject {
	return []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: name}}
}

// synced returns an Index with the ClusterRole viewer, which publishes.
func synced() *Index {
	i := NewIndex()
	i.SetRole("", "viewer", getAny)
	i.Synced()
	return i
}

func TestIndexWhoSeesWhat(t *testing.T) {
	for name, tc := range map[string]struct {
		events func(*Index)
		caller user.Info
		want   []string
		all    bool
	}{
		"nobody sees anything by default":      {events: func(*Index) {}, caller: alice},
		"system:masters sees everything":       {events: func(*Index) {}, caller: master, all: true},
		"a RoleBinding opens its namespace":    {events: func(i *Index) { i.SetBinding("a", "b", viewer, users("alice")) }, caller: alice, want: []string{"a"}},
		"a group opens it to its members":      {events: func(i *Index) { i.SetBinding("a", "b", viewer, groups("devs")) }, caller: alice, want: []string{"a"}},
		"a user is not the group of that name": {events: func(i *Index) { i.SetBinding("a", "b", viewer, users("devs")) }, caller: alice},
		"a ServiceAccount of that namespace": {
			events: func(i *Index) { i.SetBinding("tools", "b", viewer, serviceAccount("", "robot")) },
			caller: robot, want: []string{"tools"},
		},
		"a ServiceAccount of another namespace": {
			events: func(i *Index) { i.SetBinding("a", "b", viewer, serviceAccount("tools", "robot")) },
			caller: robot, want: []string{"a"},
		},
		"a ServiceAccount without namespace in a ClusterRoleBinding is nobody": {
			events: func(i *Index) { i.SetBinding("", "b", viewer, serviceAccount("", "robot")) }, caller: robot,
		},
		"a ClusterRoleBinding opens all": {
			events: func(i *Index) {
				i.SetBinding("a", "b", viewer, users("alice"))
				i.SetBinding("", "b", viewer, users("alice"))
			},
			caller: alice, all: true,
		},
		"a ClusterRoleBinding to a role with names opens those": {
			events: func(i *Index) {
				i.SetRole("", "two", []rbacv1.PolicyRule{{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"namespaces"}, ResourceNames: []string{"x", "y"}}})
				i.SetBinding("", "b", rbacv1.RoleRef{Kind: "ClusterRole", Name: "two"}, users("alice"))
			},
			caller: alice, want: []string{"x", "y"},
		},
		"a Role counts in its namespace only": {
			events: func(i *Index) {
				i.SetRole("a", "local", getAny)
				i.SetBinding("a", "b", local, users("alice"))
				i.SetBinding("c", "b", local, users("alice"))
			},
			caller: alice, want: []string{"a"},
		},
		"a role that comes after its binding counts": {
			events: func(i *Index) {
				i.SetBinding("a", "b", local, users("alice"))
				i.SetRole("a", "local", getAny)
			},
			caller: alice, want: []string{"a"},
		},
		"a role that goes takes its bindings' effect along": {
			events: func(i *Index) {
				i.SetBinding("a", "b", viewer, users("alice"))
				i.DeleteRole("", "viewer")
			},
			caller: alice,
		},
		"a binding that is gone does not count": {
			events: func(i *Index) {
				i.SetBinding("a", "b", viewer, users("alice"))
				i.DeleteBinding("a", "b")
			},
			caller: alice,
		},
		"of two bindings one is enough": {
			events: func(i *Index) {
				i.SetBinding("a", "one", viewer, users("alice"))
				i.SetBinding("a", "two", viewer, groups("devs"))
				i.SetBinding("a", "three", viewer, users("alice"))
				i.DeleteBinding("a", "one")
				i.DeleteBinding("a", "three")
			},
			caller: alice, want: []string{"a"},
		},
		"a subject named twice counts until it is not named": {
			events: func(i *Index) {
				i.SetBinding("a", "b", viewer, users("alice", "alice"))
				i.SetBinding("a", "b", viewer, users("bob"))
			},
			caller: alice,
		},
		"deleting what was never there does no harm": {
			events: func(i *Index) {
				i.DeleteBinding("a", "b")
				i.DeleteRole("a", "local")
				i.NamespaceGone("a")
			},
			caller: alice,
		},
	} {
		t.Run(name, func(t *testing.T) {
			index := synced()
			tc.events(index)
			got, all := index.Snapshot().Namespaces(tc.caller)
			if diff := cmp.Diff(tc.want, got, equateEmpty); diff != "" || all != tc.all {
				t.Errorf("all = %v, want %v; namespaces (-want +got):\n%s", all, tc.all, diff)
			}
			for _, namespace := range append(tc.want, "unknown") {
				if want := all || namespace != "unknown"; index.Snapshot().Sees(tc.caller, namespace) != want {
					t.Errorf("Sees(%q) = %v, want %v", namespace, !want, want)
				}
			}
		})
	}
}

func TestIndexTerminatingNamespaceKeepsItsViewers(t *testing.T) {
	index := synced()
	index.SetRole("a", "local", getAny)
	index.SetBinding("a", "viewers", viewer, users("alice"))
	index.SetBinding("a", "locals", local, users("bob"))
	bob := &user.DefaultInfo{Name: "bob"}

	index.NamespaceTerminating("a")
	index.DeleteRole("a", "local")
	index.DeleteBinding("a", "locals")
	index.DeleteBinding("a", "viewers")
	for _, caller := range []user.Info{alice, bob} {
		if !index.Snapshot().Sees(caller, "a") {
			t.Errorf("%s lost sight of a namespace that is still there", caller.GetName())
		}
	}

	// The namespace is created anew, and its first binding is seen before the old one's end is.
	index.SetBinding("a", "viewers", viewer, users("alice"))
	index.NamespaceGone("a")
	if !index.Snapshot().Sees(alice, "a") {
		t.Error("alice does not see the new namespace")
	}
	if index.Snapshot().Sees(bob, "a") {
		t.Error("bob sees the new namespace by a binding in the old one")
	}
}

func TestIndexPublishesWhatChangesAndNothingElse(t *testing.T) {
	index := NewIndex()
	var published []Change
	index.Subscribe(func(_ *Snapshot, change Change) { published = append(published, change) })
	index.SetRole("", "viewer", getAny)
	index.SetBinding("z", "b", viewer, users("alice"))
	if len(published) != 1 {
		t.Fatalf("published %d times before it was synced, want once, on subscription", len(published))
	}
	if index.Snapshot().Sees(alice, "z") {
		t.Error("alice sees something before everything is known")
	}
	index.Synced()
	published = nil

	index.SetBinding("a", "b", viewer, users("alice"))
	index.SetBinding("a", "again", viewer, users("alice"))
	index.DeleteBinding("a", "b")
	index.SetRole("", "unrelated", getAny)
	index.DeleteBinding("a", "again")
	if len(published) != 2 {
		t.Fatalf("published %d changes, want 2: one when alice came to see a, one when she did not any more", len(published))
	}
	for _, change := range published {
		got, all := change.Namespaces(alice)
		if diff := cmp.Diff([]string{"a"}, got); diff != "" || all {
			t.Errorf("all = %v; change for alice (-want +got):\n%s", all, diff)
		}
		if got, all := change.Namespaces(robot); len(got) > 0 || all {
			t.Errorf("the change concerns robot: %v, %v", got, all)
		}
	}
}

func TestIndexWithholdsWhatIsNotCurrent(t *testing.T) {
	i := synced()
	current := true
	i.hold(func() bool { return current })
	var published []Change
	i.Subscribe(func(_ *Snapshot, change Change) { published = append(published, change) })
	published = nil

	current = false
	i.SetBinding("a", "b", viewer, users("alice"))
	i.SetBinding("c", "b", viewer, groups("devs"))
	i.DeleteBinding("a", "b")
	if len(published) > 0 || i.Snapshot().Sees(alice, "c") {
		t.Errorf("published %v while it was not current", published)
	}
	select {
	case <-i.withheld:
	default:
		t.Error("nobody is told that something was withheld")
	}
	current = true
	i.release()
	if len(published) != 1 || !i.Snapshot().Sees(alice, "c") || i.Snapshot().Sees(alice, "a") {
		t.Errorf("published %v, want all at once", published)
	}
	got, _ := published[0].Namespaces(alice)
	if diff := cmp.Diff([]string{"a", "c"}, got); diff != "" {
		t.Errorf("changed for alice (-want +got):\n%s", diff)
	}
}
