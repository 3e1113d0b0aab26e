// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
	"tenancy.example.io/spaces/test/controlplane"
)

const (
	creators = 8
	// completionTime is how long after its start our server may take to complete what it finds half done.
	completionTime = 10 * time.Second
)

// What is created while our server ends is there afterwards, and whole; or it is not there at all.
func TestRestartDuringCreates(t *testing.T) {
	t.Parallel()
	c := cluster.ForTest(t)
	for how, tc := range map[string]struct {
		stop func(*testing.T, *controlplane.Process)
		// mayFail tells whether a create may be answered this error.
		mayFail func(error) bool
	}{
		"stopping": {stop: stopInTime, mayFail: apierrors.IsServiceUnavailable},
		"killing": {
			stop:    func(t *testing.T, server *controlplane.Process) { check(t, server.Kill()) },
			mayFail: func(error) bool { return true },
		},
	} {
		t.Run(how, func(t *testing.T) {
			prefix := unique(how)
			begun := startCreates(t, c.As(t, "alice", "devs"), prefix)
			eventually(t, "creates are going on", func(context.Context) error { return begun.enough(5 * creators) })
			tc.stop(t, c.Server)
			begun.end()
			for name, err := range begun.failed {
				if !tc.mayFail(err) {
					t.Errorf("The create of %s was answered: %v", name, err)
				}
			}
			t.Logf("%d Spaces were created; %d creates had another answer", len(begun.created), len(begun.failed))
			check(t, c.Server.Start(t.Context()))
			within(t, completionTime, "all that was created is whole", func(ctx context.Context) error {
				return begun.whole(ctx, c.Admin(t), prefix)
			})
		})
	}
}

// creates are under way. It is safe for concurrent use.
type creates struct {
	user    cluster.Clients
	running sync.WaitGroup
	ended   atomic.Bool
	number  atomic.Int64

	lock    sync.Mutex
	created sets.Set[string]
	failed  map[string]error
}

// startCreates creates Spaces of that prefix, one after the other in several places, until end is called.
func startCreates(t *testing.T, user cluster.Clients, prefix string) *creates {
	c := &creates{user: user, created: sets.New[string](), failed: map[string]error{}}
	for range creators {
		c.running.Go(func() {
			for !c.ended.Load() {
				c.create(t.Context(), prefix)
			}
		})
	}
	t.Cleanup(c.end)
	return c
}

// end waits for the creates that have begun.
func (c *creates) end() {
	c.ended.Store(true)
	c.running.Wait()
}

// create asks once.
func (c *creates) create(ctx context.Context, prefix string) {
	name := fmt.Sprintf("%s-%d", prefix, c.number.Add(1))
	var code int
	err := c.user.Spaces.SpacesV1alpha1().RESTClient().Post().Resource("spaces").Body(newSpace(name)).
		MaxRetries(0).Do(ctx).StatusCode(&code).Error()
	c.lock.Lock()
	defer c.lock.Unlock()
	switch {
	case err != nil:
		c.failed[name] = err
	case code != http.StatusCreated:
		c.failed[name] = fmt.Errorf("the answer was %d", code)
	default:
		c.created.Insert(name)
	}
}

func (c *creates) enough(count int) error {
	c.lock.Lock()
	defer c.lock.Unlock()
	if len(c.created) < count {
		return fmt.Errorf("%d were created, %d were not: %v", len(c.created), len(c.failed), c.failed)
	}
	return nil
}

// whole tells what is missing from the namespaces of the prefix.
func (c *creates) whole(ctx context.Context, admin cluster.Clients, prefix string) error {
	list, err := spacesOf(admin).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	var errs []error
	there := sets.New[string]()
	for i := range list.Items {
		if space := &list.Items[i]; strings.HasPrefix(space.Name, prefix) {
			there.Insert(space.Name)
			errs = append(errs, wholeSpace(ctx, admin, space))
		}
	}
	if missing := c.created.Difference(there); len(missing) > 0 {
		errs = append(errs, fmt.Errorf("%v were created, and are not there", sets.List(missing)))
	}
	return errors.Join(errs...)
}

func wholeSpace(ctx context.Context, admin cluster.Clients, space *v1alpha1.Space) error {
	if space.Status.Phase != v1alpha1.SpaceActive || space.Status.CreatedBy != "alice" {
		return fmt.Errorf("%s is %s, created by %q", space.Name, space.Status.Phase, space.Status.CreatedBy)
	}
	bindings, err := admin.Kube.RbacV1().RoleBindings(space.Name).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for i := range bindings.Items {
		binding := &bindings.Items[i]
		if len(bindings.Items) == 1 && binding.RoleRef == clusterRole("spaces:owner") &&
			len(binding.Subjects) == 1 && binding.Subjects[0] == user("alice") {
			return nil
		}
	}
	return fmt.Errorf("%s has the RoleBindings %v, want only that of its owner", space.Name, bindings.Items)
}
