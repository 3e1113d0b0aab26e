// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

var gcWait = flag.Duration("gc-wait", defaultGCWait(),
	"how long TestGarbageCollector waits for what must not happen; 5m is longer than any period of the kube-controller-manager")

// defaultGCWait is short for somebody who waits, and long where CI is set.
func defaultGCWait() time.Duration {
	if os.Getenv("CI") != "" {
		return 5 * time.Minute
	}
	return 30 * time.Second
}

const (
	gcSpaces = 100
	// gcAtATime is how many of them are created at a time.
	gcAtATime = 10
	// gcOwners is every how manyth of them has dependents.
	gcOwners = 5
	// gcHome is the namespace of the dependents.
	gcHome = "gc-home"
)

// The controllers that watch every kind get along with ours, and collect what belongs to Spaces when they go, and
// nothing else.
func TestGarbageCollector(t *testing.T) {
	t.Parallel()
	c := cluster.ForTest(t)
	log := restartControllers(t, c)
	g := garbage{admin: c.Admin(t)}
	createNamespace(t, g.admin, gcHome, nil)
	g.spaces = createMany(t, c.As(t, "alice", "devs"))
	g.addDependents(t)
	log.awaitSync(t)

	g.awaitDependents(t, "those of other UIDs are collected", func(owner int, kind string) bool { return kind != ofAnother })
	for _, space := range g.spaces[:gcSpaces/2] {
		check(t, spacesOf(g.admin).Delete(t.Context(), space.Name, metav1.DeleteOptions{}))
	}
	for _, space := range g.spaces[:gcSpaces/2] {
		awaitGone(t, g.admin, space.Name)
	}
	lasts := func(owner int, kind string) bool { return owner >= gcSpaces/2 && kind != ofAnother }
	g.awaitDependents(t, "those of deleted owners are collected", lasts)
	until(t, time.Now().Add(*gcWait))
	g.awaitDependents(t, "the others are still there", lasts)
	g.wantSpaces(t, g.spaces[gcSpaces/2:])
	log.wantNoErrors(t)
}

// garbage is what the garbage collector has to tell from what is none.
type garbage struct {
	admin  cluster.Clients
	spaces []*v1alpha1.Space
}

func createMany(t *testing.T, alice cluster.Clients) []*v1alpha1.Space {
	t.Helper()
	spaces := make([]*v1alpha1.Space, gcSpaces)
	errs := make([]error, gcSpaces)
	var creating sync.WaitGroup
	for worker := range gcAtATime {
		creating.Go(func() {
			for i := worker; i < gcSpaces; i += gcAtATime {
				spaces[i], errs[i] = spacesOf(alice).Create(t.Context(), newSpace(fmt.Sprintf("gc-%02d", i)), metav1.CreateOptions{})
			}
		})
	}
	creating.Wait()
	check(t, errors.Join(errs...))
	return spaces
}

// The kinds of dependents.
const (
	ofSpace     = "of-space"
	ofNamespace = "of-namespace"
	// ofAnother has an owner of the same name as the Space, and of another UID.
	ofAnother = "of-another"
)

func dependent(kind string, owner int) string { return fmt.Sprintf("%s-%02d", kind, owner) }

func (g *garbage) addDependents(t *testing.T) {
	t.Helper()
	for i := 0; i < gcSpaces; i += gcOwners {
		space := g.spaces[i]
		namespace := must(g.admin.Kube.CoreV1().Namespaces().Get(t.Context(), space.Name, metav1.GetOptions{}))(t)
		if namespace.UID == space.UID {
			t.Fatalf("%s has the UID of its namespace", space.Name)
		}
		for kind, owner := range map[string]metav1.OwnerReference{
			ofSpace:     {APIVersion: v1alpha1.SchemeGroupVersion.String(), Kind: "Space", UID: space.UID},
			ofAnother:   {APIVersion: v1alpha1.SchemeGroupVersion.String(), Kind: "Space", UID: uuid.NewUUID()},
			ofNamespace: {APIVersion: "v1", Kind: "Namespace", UID: namespace.UID},
		} {
			owner.Name = space.Name
			configMap := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
				Name: dependent(kind, i), OwnerReferences: []metav1.OwnerReference{owner},
			}}
			must(g.admin.Kube.CoreV1().ConfigMaps(gcHome).Create(t.Context(), configMap, metav1.CreateOptions{}))(t)
		}
	}
}

// awaitDependents returns when exactly those dependents are there that the function says.
func (g *garbage) awaitDependents(t *testing.T, what string, lasts func(owner int, kind string) bool) {
	t.Helper()
	want := map[string]bool{}
	for i := 0; i < gcSpaces; i += gcOwners {
		for _, kind := range []string{ofSpace, ofNamespace, ofAnother} {
			if lasts(i, kind) {
				want[dependent(kind, i)] = true
			}
		}
	}
	eventually(t, what, func(ctx context.Context) error {
		list, err := g.admin.Kube.CoreV1().ConfigMaps(gcHome).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		got := map[string]bool{}
		for i := range list.Items {
			if item := &list.Items[i]; len(item.OwnerReferences) > 0 {
				got[item.Name] = item.DeletionTimestamp == nil
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			return errors.New("(-want +got):\n" + diff)
		}
		return nil
	})
}

// wantSpaces checks that these and no others of alice's are there, unharmed.
func (g *garbage) wantSpaces(t *testing.T, spaces []*v1alpha1.Space) {
	t.Helper()
	want, got := map[string]types.UID{}, map[string]types.UID{}
	for _, space := range spaces {
		want[space.Name] = space.UID
	}
	list := must(spacesOf(g.admin).List(t.Context(), metav1.ListOptions{}))(t)
	for i := range list.Items {
		space := &list.Items[i]
		if space.Status.CreatedBy == "alice" && space.Status.Phase == v1alpha1.SpaceActive {
			got[space.Name] = space.UID
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("These Spaces are left (-want +got):\n%s", diff)
	}
}

// controllerLog is what the kube-controller-manager has written since our server was available.
type controllerLog struct {
	path   string
	offset int64
}

// restartControllers restarts the kube-controller-manager, which otherwise looks for new kinds every 30 seconds only.
func restartControllers(t *testing.T, c *cluster.Cluster) controllerLog {
	t.Helper()
	discovery := c.Admin(t).Kube.Discovery()
	eventually(t, "discovery has our kind", func(context.Context) error {
		_, lists, err := discovery.ServerGroupsAndResources()
		for _, list := range lists {
			if err == nil && list.GroupVersion == v1alpha1.SchemeGroupVersion.String() && len(list.APIResources) > 0 {
				return nil
			}
		}
		return fmt.Errorf("it has not: %w", err)
	})
	manager := c.ControllerManager()
	check(t, manager.Stop())
	size := must(os.Stat(manager.LogPath()))(t).Size()
	check(t, manager.Start(t.Context()))
	return controllerLog{path: manager.LogPath(), offset: size}
}

func (l controllerLog) text(t *testing.T) string {
	t.Helper()
	return string(must(os.ReadFile(l.path))(t)[l.offset:])
}

// awaitSync returns when the controllers that watch all kinds say that they do, and ours is among them.
func (l controllerLog) awaitSync(t *testing.T) {
	t.Helper()
	eventually(t, "the kube-controller-manager watches our kind", func(context.Context) error {
		for _, sequence := range [][]string{
			{"syncing garbage collector with updated resources", "spaces.tenancy.example.io/v1alpha1, Resource=spaces", "synced garbage collector"},
			{"Garbage collector: all resource monitors have synced"},
			{"syncing resource quota controller with updated resources", "synced quota controller"},
		} {
			if missing := l.missing(t, sequence); missing != "" {
				return fmt.Errorf("its log has not: %s", missing)
			}
		}
		return nil
	})
}

// missing returns the first part of the sequence that does not follow in the log.
func (l controllerLog) missing(t *testing.T, sequence []string) string {
	t.Helper()
	rest := l.text(t)
	for _, part := range sequence {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return part
		}
		rest = after
	}
	return ""
}

// wantNoErrors checks that the kube-controller-manager has nothing to complain of about our API.
func (l controllerLog) wantNoErrors(t *testing.T) {
	t.Helper()
	for line := range strings.SplitSeq(l.text(t), "\n") {
		complains := strings.HasPrefix(line, "E") || strings.HasPrefix(line, "W") || strings.Contains(line, "failed to discover")
		if complains && strings.Contains(line, v1alpha1.SchemeGroupVersion.Group) {
			t.Errorf("The kube-controller-manager wrote: %s", line)
		}
	}
}
