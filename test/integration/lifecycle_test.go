// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

// punctuality is how long after its time a Space may still be there.
const punctuality = 2 * time.Second

// wantExpiry waits until the namespace is being deleted, and checks that it is so since the time at which its Space
// expires, and not before.
func wantExpiry(t *testing.T, admin cluster.Clients, space *v1alpha1.Space) {
	t.Helper()
	expires := expiryOf(t, space)
	deleted := awaitDeletion(t, admin, space.Name)
	if early, late := deleted.Before(expires), deleted.After(expires.Add(punctuality)); early || late {
		t.Errorf("%s was deleted at %s, want %s, or %s later at most", space.Name, deleted, expires, punctuality)
	}
}

func expiryOf(t *testing.T, space *v1alpha1.Space) time.Time {
	t.Helper()
	if space.Status.ExpiresAt == nil {
		t.Fatalf("%s does not expire", space.Name)
	}
	return space.Status.ExpiresAt.Time
}

// awaitDeletion returns since when the namespace is being deleted.
func awaitDeletion(t *testing.T, admin cluster.Clients, name string) (deleted time.Time) {
	t.Helper()
	eventually(t, name+" is being deleted", func(ctx context.Context) error {
		namespace, err := admin.Kube.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if namespace.DeletionTimestamp == nil {
			return errors.New("it is not")
		}
		deleted = namespace.DeletionTimestamp.Time
		return nil
	})
	return deleted
}

// wantSurvivor checks that the Space is there, the same and intact, when the moment has come.
func wantSurvivor(t *testing.T, admin cluster.Clients, space *v1alpha1.Space, moment time.Time) {
	t.Helper()
	until(t, moment)
	now := must(spacesOf(admin).Get(t.Context(), space.Name, metav1.GetOptions{}))(t)
	if now.UID != space.UID || now.Status.Phase != v1alpha1.SpaceActive {
		t.Errorf("%s has the UID %s and is %s, want %s and Active", now.Name, now.UID, now.Status.Phase, space.UID)
	}
}

func setTTL(t *testing.T, user cluster.Clients, name, ttl string) *v1alpha1.Space {
	t.Helper()
	patch := fmt.Appendf(nil, `{"spec":{"ttl":%s}}`, ttl)
	return must(spacesOf(user).Patch(t.Context(), name, types.MergePatchType, patch, metav1.PatchOptions{}))(t)
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	admin, alice := shared.Admin(t), shared.As(t, unique("expiry-alice"), "devs")
	for what, test := range map[string]func(t *testing.T, name string){
		"a Space is deleted when its ttl is over": func(t *testing.T, name string) {
			wantExpiry(t, admin, createSpace(t, alice, newSpace(name, withTTL("3s"))))
		},
		"a ttl that is set later counts from then on": func(t *testing.T, name string) {
			createSpace(t, alice, newSpace(name))
			wantExpiry(t, admin, setTTL(t, alice, name, `"3s"`))
		},
		"a ttl that becomes shorter counts from then on": func(t *testing.T, name string) {
			createSpace(t, alice, newSpace(name, withTTL("1h")))
			wantExpiry(t, admin, setTTL(t, alice, name, `"3s"`))
		},
		"a ttl that becomes longer saves the Space": func(t *testing.T, name string) {
			space := createSpace(t, alice, newSpace(name, withTTL("3s")))
			setTTL(t, alice, name, `"1h"`)
			wantSurvivor(t, admin, space, expiryOf(t, space).Add(punctuality))
		},
		"a ttl that is taken away saves the Space": func(t *testing.T, name string) {
			space := createSpace(t, alice, newSpace(name, withTTL("3s")))
			setTTL(t, alice, name, "null")
			wantSurvivor(t, admin, space, expiryOf(t, space).Add(punctuality))
		},
		"a ttl of 0s is for ever": func(t *testing.T, name string) {
			space := createSpace(t, alice, newSpace(name, withTTL("0s")))
			if space.Status.ExpiresAt != nil {
				t.Errorf("It expires at %s", space.Status.ExpiresAt)
			}
		},
		"another change does not move the deadline": func(t *testing.T, name string) {
			space := createSpace(t, alice, newSpace(name, withTTL("3s")))
			patch := []byte(`{"metadata":{"labels":{"changed":"yes"}}}`)
			must(spacesOf(alice).Patch(t.Context(), name, types.MergePatchType, patch, metav1.PatchOptions{}))(t)
			wantExpiry(t, admin, space)
		},
		"a Space that is created anew survives the deadline of the old one": func(t *testing.T, name string) {
			old := createSpace(t, alice, newSpace(name, withTTL("20s")))
			check(t, spacesOf(alice).Delete(t.Context(), name, metav1.DeleteOptions{}))
			awaitGone(t, admin, name)
			again := createSpace(t, alice, newSpace(name))
			if !time.Now().Before(expiryOf(t, old)) {
				t.Skip("The deletion took longer than the ttl")
			}
			wantSurvivor(t, admin, again, expiryOf(t, old).Add(punctuality))
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			test(t, unique("expiry"))
		})
	}
}

func TestUnmanagedNamespacesAreNotTouched(t *testing.T) {
	t.Parallel()
	admin := shared.Admin(t)
	name := unique("unmanaged")
	before := createNamespace(t, admin, name, nil)
	awaitSight(t, admin, name)
	for what, tc := range map[string]struct {
		try  func(ctx context.Context) error
		says string
	}{
		"delete": {
			try: func(ctx context.Context) error {
				return spacesOf(admin).Delete(ctx, name, metav1.DeleteOptions{})
			},
			says: "the namespace was not created as a Space; delete it as a namespace",
		},
		"delete as a dry run": {
			try: func(ctx context.Context) error {
				return spacesOf(admin).Delete(ctx, name, metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}})
			},
			says: "the namespace was not created as a Space; delete it as a namespace",
		},
		"patch": {
			try: func(ctx context.Context) error {
				patch := []byte(`{"metadata":{"labels":{"a":"b"}}}`)
				_, err := spacesOf(admin).Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{})
				return err
			},
			says: "the namespace was not created as a Space; change it as a namespace",
		},
	} {
		t.Run(what, func(t *testing.T) {
			err := tc.try(t.Context())
			if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("The answer is %v, want 403 that says %q", err, tc.says)
			}
		})
	}
	after := must(admin.Kube.CoreV1().Namespaces().Get(t.Context(), name, metav1.GetOptions{}))(t)
	if after.ResourceVersion != before.ResourceVersion {
		t.Errorf("The namespace was changed: %+v", after)
	}
}

func TestChangesOfTerminatingSpaces(t *testing.T) {
	t.Parallel()
	admin, alice := shared.Admin(t), shared.As(t, unique("terminating-alice"), "devs")
	name := unique("terminating")
	createSpace(t, alice, newSpace(name))
	hold(t, admin, name)
	check(t, spacesOf(alice).Delete(t.Context(), name, metav1.DeleteOptions{}))
	check(t, spacesOf(alice).Delete(t.Context(), name, metav1.DeleteOptions{}))

	space := must(spacesOf(admin).Get(t.Context(), name, metav1.GetOptions{}))(t)
	withTTL("1h")(space)
	_, err := spacesOf(admin).Update(t.Context(), space, metav1.UpdateOptions{})
	if !apierrors.IsConflict(err) {
		t.Errorf("The update was answered %v, want 409", err)
	}
	_, err = spacesOf(alice).Create(t.Context(), newSpace(name), metav1.CreateOptions{})
	if !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err) {
		t.Errorf("Another create was answered %v, want 409", err)
	}
}

func TestDeleteCollectionPassesOver(t *testing.T) {
	t.Parallel()
	name := unique("collection")
	admin, alice := shared.Admin(t), shared.As(t, name+"-alice", "devs")
	chosen := withLabel("chosen", name)
	for _, mine := range []*v1alpha1.Space{
		newSpace(name+"-mine-1", chosen), newSpace(name+"-mine-2", chosen), newSpace(name + "-mine-other"),
	} {
		createSpace(t, alice, mine)
	}
	createSpace(t, admin, newSpace(name+"-seen", chosen))
	createSpace(t, admin, newSpace(name+"-unseen", chosen))
	createNamespace(t, admin, name+"-unmanaged", map[string]string{"chosen": name})
	bind(t, admin, name+"-seen", "sight", clusterRole("view"), user(name+"-alice"))
	bind(t, admin, name+"-unmanaged", "sight", clusterRole("spaces:owner"), user(name+"-alice"))
	awaitSight(t, alice, name+"-seen", name+"-unmanaged")

	chosenOnes := metav1.ListOptions{LabelSelector: "chosen=" + name}
	check(t, spacesOf(alice).DeleteCollection(t.Context(), metav1.DeleteOptions{}, chosenOnes))
	wantTerminating(t, admin, map[string]bool{
		name + "-mine-1": true, name + "-mine-2": true, name + "-mine-other": false,
		name + "-seen": false, name + "-unseen": false, name + "-unmanaged": false,
	})
	check(t, spacesOf(admin).DeleteCollection(t.Context(), metav1.DeleteOptions{}, chosenOnes))
	wantTerminating(t, admin, map[string]bool{
		name + "-mine-other": false, name + "-seen": true, name + "-unseen": true, name + "-unmanaged": false,
	})
}

// wantTerminating checks which of the namespaces are being deleted. Those may be gone already.
func wantTerminating(t *testing.T, admin cluster.Clients, want map[string]bool) {
	t.Helper()
	for name, terminating := range want {
		namespace, err := admin.Kube.CoreV1().Namespaces().Get(t.Context(), name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) && terminating {
			continue
		}
		check(t, err)
		if got := namespace.DeletionTimestamp != nil; got != terminating {
			t.Errorf("That %s is being deleted is %v, want %v", name, got, terminating)
		}
	}
}

// Whoever has written reads what was written, and nothing is tried twice.
func TestWritersReadTheirWrites(t *testing.T) {
	t.Parallel()
	alice := shared.As(t, unique("writer-alice"), "devs")
	name := unique("writer")
	for i := range 100 {
		space := createSpace(t, alice, newSpace(fmt.Sprintf("%s-%d", name, i)))
		got := must(spacesOf(alice).Get(t.Context(), space.Name, metav1.GetOptions{}))(t)
		wantListed(t, alice, got)
		withLabel("round", "second")(got)
		updated := must(spacesOf(alice).Update(t.Context(), got, metav1.UpdateOptions{}))(t)
		wantListed(t, alice, updated)
	}
}

// wantListed checks that a list has the Space as it is.
func wantListed(t *testing.T, user cluster.Clients, space *v1alpha1.Space) {
	t.Helper()
	list := must(spacesOf(user).List(t.Context(), metav1.ListOptions{}))(t)
	if got := itemsByName(list.Items)[space.Name]; got.ResourceVersion != space.ResourceVersion {
		t.Fatalf("The list has %s with the resource version %q, want %q", space.Name, got.ResourceVersion, space.ResourceVersion)
	}
}

func TestSpacesAreUsableAtOnce(t *testing.T) {
	t.Parallel()
	alice := shared.As(t, unique("user-alice"), "devs")
	for range 20 {
		space := createSpace(t, alice, newSpace(unique("usable")))
		configMap := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "first"}}
		if _, err := alice.Kube.CoreV1().ConfigMaps(space.Name).Create(t.Context(), configMap, metav1.CreateOptions{}); err != nil {
			t.Errorf("Right after %s was created: %v", space.Name, err)
		}
	}
}

// These disturb others: one stops our server, the other deletes everything.
func TestLifecycleOfAll(t *testing.T) {
	t.Parallel()
	c := cluster.ForTest(t)
	admin, alice := c.Admin(t), c.As(t, "alice", "devs")
	t.Run("what expires while our server is away is deleted when it is back", func(t *testing.T) {
		short := createSpace(t, alice, newSpace("short", withTTL("2s")))
		long := createSpace(t, alice, newSpace("long", withTTL("20s")))
		check(t, c.Server.Kill())
		until(t, expiryOf(t, short).Add(punctuality))
		check(t, c.Server.Start(t.Context()))
		awaitDeletion(t, admin, short.Name)
		wantExpiry(t, admin, long)
	})
	t.Run("whoever deletes all deletes what is managed", func(t *testing.T) {
		createSpace(t, alice, newSpace("managed"))
		createNamespace(t, admin, "unmanaged", nil)
		check(t, spacesOf(admin).DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{}))
		wantTerminating(t, admin, map[string]bool{
			"managed": true, "unmanaged": false, "default": false, "kube-system": false, "kube-public": false, "spaces-system": false,
		})
	})
}
