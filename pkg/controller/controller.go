// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package controller is what all controllers have in common: a queue of names, and workers that reconcile them.
package controller

import (
	"context"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
	"k8s.io/utils/clock"
)

// Reconciler brings the object of that name to where it should be. It returns when to call it again, or 0; after an
// error it is called again with backoff.
type Reconciler func(ctx context.Context, name string) (again time.Duration, err error)

// Controller calls a Reconciler for the names in its queue, never for the same name at the same time. It is safe for
// concurrent use.
type Controller struct {
	name      string
	reconcile Reconciler
	queue     workqueue.TypedRateLimitingInterface[string]
}

// New returns a Controller that has nothing to do yet.
func New(name string, reconcile Reconciler, now clock.WithTicker) *Controller {
	limiter := workqueue.NewTypedItemExponentialFailureRateLimiter[string](10*time.Millisecond, time.Minute)
	return &Controller{
		name:      name,
		reconcile: reconcile,
		queue: workqueue.NewTypedRateLimitingQueueWithConfig(limiter,
			workqueue.TypedRateLimitingQueueConfig[string]{Name: name, Clock: now}),
	}
}

// Enqueue has the name reconciled soon.
func (c *Controller) Enqueue(name string) { c.queue.Add(name) }

// EnqueueAfter has the name reconciled after that time.
func (c *Controller) EnqueueAfter(name string, after time.Duration) { c.queue.AddAfter(name, after) }

// Waiting is how many names are to be reconciled now.
func (c *Controller) Waiting() int { return c.queue.Len() }

// Run reconciles with that many workers until the context ends, and returns when they have ended. It can be called once.
func (c *Controller) Run(ctx context.Context, workers int) {
	logger := klog.LoggerWithName(klog.FromContext(ctx), c.name)
	ctx = klog.NewContext(ctx, logger)
	logger.Info("Started controller", "workers", workers)
	defer logger.Info("Stopped controller")
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for c.work(ctx) {
			}
		})
	}
	<-ctx.Done()
	c.queue.ShutDown()
	running.Wait()
}

func (c *Controller) work(ctx context.Context) bool {
	name, shutdown := c.queue.Get()
	if shutdown {
		return false
	}
	defer c.queue.Done(name)
	again, err := c.reconcile(ctx, name)
	switch {
	case ctx.Err() != nil:
	case apierrors.IsConflict(err):
		// Somebody else was faster, which the cache is about to know.
		klog.FromContext(ctx).V(4).Info("Found that something has changed, and try again", "name", name, "err", err)
		c.queue.AddRateLimited(name)
	case err != nil:
		utilruntime.HandleErrorWithContext(ctx, err, "Reconciling did not succeed, and is tried again", "name", name)
		c.queue.AddRateLimited(name)
	default:
		c.queue.Forget(name)
		if again > 0 {
			c.queue.AddAfter(name, again)
		}
	}
	return true
}
