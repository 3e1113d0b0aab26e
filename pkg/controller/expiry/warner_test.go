// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package expiry

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"
)

// warn has people told until the test ends.
func (c *cluster) warn(t *testing.T, before ...time.Duration) *Warner {
	t.Helper()
	w := NewWarner(c, c, before, clock.RealClock{})
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { w.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		done.Wait()
	})
	return w
}

func TestWarner(t *testing.T) {
	gone := apierrors.NewNotFound(corev1.Resource("namespaces"), "a")
	for name, tc := range map[string]struct {
		refuse []error
		steps  func(*cluster, *Warner)
		want   []string
	}{
		"an hour before, and ten minutes": {
			steps: func(c *cluster, w *Warner) {
				c.set("a", Deadline{At: c.start.Add(3 * time.Hour), TTL: 3 * time.Hour})
				w.Enqueue("a")
				time.Sleep(4 * time.Hour)
			},
			want: []string{"a 1h0m0s before, by 1h0m0s, after 2h0m0s", "a 10m0s before, by 10m0s, after 2h50m0s"},
		},
		"not of what somebody has asked for just now": {
			steps: func(c *cluster, w *Warner) {
				c.set("a", Deadline{At: c.start.Add(time.Hour), TTL: time.Hour})
				c.set("b", Deadline{At: c.start.Add(time.Minute), TTL: time.Minute})
				w.Enqueue("a")
				w.Enqueue("b")
				time.Sleep(4 * time.Hour)
			},
			want: []string{"a 10m0s before, by 10m0s, after 50m0s"},
		},
		"once, however often it is looked at": {
			steps: func(c *cluster, w *Warner) {
				c.set("a", Deadline{At: c.start.Add(30 * time.Minute), TTL: 3 * time.Hour})
				for range 5 {
					w.Enqueue("a")
					time.Sleep(time.Minute)
				}
			},
			want: []string{"a 30m0s before, by 1h0m0s, after 0s"},
		},
		"late rather than never, but not when it is too late": {
			steps: func(c *cluster, w *Warner) {
				c.set("a", Deadline{At: c.start.Add(5 * time.Minute), TTL: 3 * time.Hour})
				c.set("b", Deadline{At: c.start, TTL: 3 * time.Hour})
				w.Enqueue("a")
				w.Enqueue("b")
				time.Sleep(time.Hour)
			},
			want: []string{"a 5m0s before, by 10m0s, after 0s"},
		},
		"again when it was renewed": {
			steps: func(c *cluster, w *Warner) {
				c.set("a", Deadline{At: c.start.Add(time.Hour + time.Minute), TTL: 2 * time.Hour})
				w.Enqueue("a")
				time.Sleep(2 * time.Minute)
				c.set("a", Deadline{At: c.start.Add(2 * time.Hour), TTL: 2 * time.Hour})
				w.Enqueue("a")
				time.Sleep(time.Hour + time.Second)
			},
			want: []string{"a 1h0m0s before, by 1h0m0s, after 1m0s", "a 1h0m0s before, by 1h0m0s, after 1h0m0s"},
		},
		"not of what is gone": {
			steps: func(c *cluster, w *Warner) {
				c.set("a", Deadline{At: c.start.Add(2 * time.Hour), TTL: 3 * time.Hour})
				w.Enqueue("a")
				time.Sleep(time.Minute)
				c.drop("a")
				w.Forget("a")
				time.Sleep(2 * time.Hour)
			},
		},
		"again if that did not work": {
			refuse: []error{errors.New("nobody answers")},
			steps: func(c *cluster, w *Warner) {
				c.set("a", Deadline{At: c.start.Add(5 * time.Minute), TTL: 3 * time.Hour})
				w.Enqueue("a")
				time.Sleep(time.Minute)
			},
			want: []string{"a 4m59.99s before, by 10m0s, after 10ms"},
		},
		"nobody where it has gone meanwhile": {
			refuse: []error{gone},
			steps: func(c *cluster, w *Warner) {
				c.set("a", Deadline{At: c.start.Add(5 * time.Minute), TTL: 3 * time.Hour})
				w.Enqueue("a")
				time.Sleep(time.Minute)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCluster(tc.refuse...)
				tc.steps(c, c.warn(t, 10*time.Minute, time.Hour))
				synctest.Wait()
				if diff := cmp.Diff(tc.want, c.announced); diff != "" {
					t.Errorf("told (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestWarnerThatIsNotWanted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster()
		c.set("a", Deadline{At: c.start.Add(2 * time.Hour), TTL: 3 * time.Hour})
		c.warn(t).Enqueue("a")
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if c.announced != nil {
			t.Errorf("told %q", c.announced)
		}
	})
}
