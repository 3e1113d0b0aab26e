// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
)

func clusterRole(name string) *rbacv1.ClusterRole {
	return &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: getAny}
}

func roleIn(namespace, name string) *rbacv1.Role {
	return &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Rules: getAny}
}

func bindingIn(namespace, name string, ref rbacv1.RoleRef) *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, RoleRef: ref, Subjects: users("alice")}
}

func clusterBinding(name string) *rbacv1.ClusterRoleBinding {
	return &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name}, RoleRef: viewer, Subjects: users("alice")}
}

// rbacStore is the store of one kind.
type rbacStore interface {
	cache.ReflectorStore
	firstReplaced() <-chan struct{}
}

// stores are the four that a Follower has, by their resource.
func stores(i *Index) map[string]rbacStore {
	return map[string]rbacStore{
		"clusterroles":        newKind(i.setClusterRole, i.DeleteRole, i.clusterRoles),
		"roles":               newKind(i.setRole, i.DeleteRole, i.localRoles),
		"clusterrolebindings": newKind(i.setClusterRoleBinding, i.DeleteBinding, i.clusterRoleBindings),
		"rolebindings":        newKind(i.setRoleBinding, i.DeleteBinding, i.roleBindings),
	}
}

func replace(t *testing.T, s cache.ReflectorStore, objects ...any) {
	t.Helper()
	if err := s.Replace(objects, "1"); err != nil {
		t.Fatal(err)
	}
}

func TestReplaceRemovesWhatIsGoneOfItsKind(t *testing.T) {
	all := []string{"by the binding of the role", "by the binding of the cluster role", "by the cluster binding"}
	for name, tc := range map[string]struct {
		resource string
		stay     []any
		want     []string
	}{
		"cluster roles":                  {resource: "clusterroles", want: all[:1]},
		"roles":                          {resource: "roles", want: all[1:]},
		"role bindings":                  {resource: "rolebindings", want: all[2:]},
		"cluster role bindings":          {resource: "clusterrolebindings", want: all[:2]},
		"one of the role bindings":       {resource: "rolebindings", stay: []any{bindingIn("a", "b", local)}, want: []string{all[0], all[2]}},
		"one of the same name elsewhere": {resource: "roles", stay: []any{roleIn("c", "local")}, want: all[1:]},
		"nothing of the cluster roles":   {resource: "clusterroles", stay: []any{clusterRole("viewer")}, want: all},
	} {
		t.Run(name, func(t *testing.T) {
			index := NewIndex()
			stores := stores(index)
			replace(t, stores["clusterroles"], clusterRole("viewer"))
			replace(t, stores["roles"], roleIn("a", "local"))
			replace(t, stores["rolebindings"], bindingIn("a", "b", local), bindingIn("b", "b", viewer))
			replace(t, stores["clusterrolebindings"], clusterBinding("b"))
			index.Synced()
			replace(t, stores[tc.resource], tc.stay...)
			var got []string
			for n, namespace := range []string{"a", "b", everyNamespace} {
				if len(index.Snapshot().viewersOf(namespace)) > 0 {
					got = append(got, all[n])
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("alice still sees (-want +got):\n%s", diff)
			}
		})
	}
}

func TestKindIsSyncedByItsFirstList(t *testing.T) {
	index := NewIndex()
	for resource, s := range stores(index) {
		select {
		case <-s.firstReplaced():
			t.Errorf("%s are synced before there was a list", resource)
		default:
		}
		replace(t, s)
		replace(t, s)
		<-s.firstReplaced()
	}
}

func TestKindRefusesOtherKinds(t *testing.T) {
	s := stores(NewIndex())["roles"]
	other := clusterRole("viewer")
	for name, err := range map[string]error{
		"add": s.Add(other), "update": s.Update(other), "delete": s.Delete(other), "replace": s.Replace([]any{other}, "1"),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	select {
	case <-s.firstReplaced():
		t.Error("synced by a list that it refused")
	default:
	}
}

func TestKindFollowsOneObject(t *testing.T) {
	index := synced()
	s := stores(index)["rolebindings"]
	for _, do := range []func(any) error{s.Add, s.Update} {
		if err := do(bindingIn("a", "b", viewer)); err != nil || !index.Snapshot().Sees(alice, "a") {
			t.Errorf("alice does not see a; error %v", err)
		}
	}
	if err := s.Delete(bindingIn("a", "b", viewer)); err != nil || index.Snapshot().Sees(alice, "a") {
		t.Errorf("alice still sees a; error %v", err)
	}
	if err := s.Resync(); err != nil {
		t.Error(err)
	}
}

func TestFollowerPublishesWhenAllKindsAreListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		index := NewIndex()
		stores := stores(index)
		f := &Follower{index: index}
		for _, s := range stores {
			f.synced = append(f.synced, s.firstReplaced())
		}
		published := 0
		index.Subscribe(func(*Snapshot, Change) { published++ })
		done := make(chan bool, 1)
		go func() { done <- f.AwaitSync(t.Context()) }()
		replace(t, stores["clusterroles"], clusterRole("viewer"))
		replace(t, stores["roles"])
		replace(t, stores["clusterrolebindings"], clusterBinding("b"))
		synctest.Wait()
		if len(done) > 0 || published != 1 {
			t.Errorf("published %d times before the last kind was listed, want once, on subscription", published)
		}
		replace(t, stores["rolebindings"])
		if !<-done || published != 2 || !index.Snapshot().Sees(alice, "anything") {
			t.Errorf("published %d times, want twice", published)
		}
	})
}

func TestFollowerGivesUpWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f := &Follower{index: NewIndex(), synced: []<-chan struct{}{make(chan struct{})}}
	if f.AwaitSync(ctx) || f.index.synced {
		t.Error("synced without a list")
	}
}
