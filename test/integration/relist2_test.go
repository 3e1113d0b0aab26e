package integration

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"tenancy.example.io/spaces/test/cluster"
)

func TestReplicaHop(t *testing.T) {
	t.Parallel()
	c := own(t)
	admin, alice := c.Admin(t), c.As(t, "alice")
	second := must(c.StartSpaces(t.Context(), filepath.Join(c.Bin, "spaces-apiserver")))(t)
	a := cluster.ClientsFor(t, c.DirectConfig(alice.Config, c.Server))
	b := cluster.ClientsFor(t, c.DirectConfig(alice.Config, second))
	createNamespace(t, admin, "x", nil)
	createNamespace(t, admin, "y", nil)
	bind(t, admin, "y", "sight", clusterRole("view"), user("alice"))
	lost, chances := 0, 0
	for i := range 300 {
		from, to := a, b
		if i%2 == 1 {
			from, to = b, a
		}
		bind(t, admin, "x", "sight", clusterRole("view"), user("alice"))
		awaitSight(t, a, "x", "y")
		awaitSight(t, b, "x", "y")
		events, _ := watchFromNow(t, from, metav1.ListOptions{})
		go unbindQuiet(admin)
		patchNamespace(t, admin, "y", fmt.Sprintf(`{"metadata":{"annotations":{"i":"%d"}}}`, i))
		ev := events.next(t)
		if ev.Type == watch.Deleted {
			// told already
			events.Stop()
			continue
		}
		rv := ev.Object.(metav1.Object).GetResourceVersion()
		events.Stop()
		chances++
		eventually(t, "both know the revoke", func(ctx context.Context) error {
			for _, u := range []cluster.Clients{a, b} {
				l, err := spacesOf(u).List(ctx, metav1.ListOptions{})
				if err != nil {
					return err
				}
				if len(l.Items) != 1 {
					return errors.New("no")
				}
			}
			return nil
		})
		w := openWatch(t, to, metav1.ListOptions{ResourceVersion: rv})
		ok := false
		deadline := time.After(300 * time.Millisecond)
	loop:
		for {
			select {
			case e := <-w.ResultChan():
				if e.Type == watch.Deleted {
					ok = true
					break loop
				}
			case <-deadline:
				break loop
			}
		}
		w.Stop()
		if !ok {
			lost++
		}
	}
	t.Logf("chances %d lost %d", chances, lost)
}

func unbindQuiet(admin cluster.Clients) {
	_ = admin.Kube.RbacV1().RoleBindings("x").Delete(context.Background(), "sight", metav1.DeleteOptions{})
}
