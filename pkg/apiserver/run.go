// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"fmt"
	"sync"

	genericapiserver "k8s.io/apiserver/pkg/server"

	"tenancy.example.io/spaces/pkg/controller/repair"
)

const (
	// controllerWorkers is how many Spaces each controller works on at a time.
	controllerWorkers = 4
	// expiryWorkers is how many Spaces are deleted at a time. Each waits for the kube-apiserver, for most of the time.
	expiryWorkers = 8
)

// Run serves until the context ends, and returns when all requests have been answered and everything has stopped.
// It can be called once.
func (s *Server) Run(ctx context.Context) error {
	// The caches follow the cluster until the last request is answered, which is after the context has ended.
	following, stop := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	running.Go(func() { s.runControllers(ctx) })
	if err := s.addHooks(following, &running); err != nil {
		return fmt.Errorf("add hooks: %w", err)
	}
	return s.generic.PrepareRun().RunWithContext(ctx)
}

// addHooks has the caches filled once the server listens, and all watches closed before it stops listening.
func (s *Server) addHooks(following context.Context, running *sync.WaitGroup) error {
	err := s.generic.AddPostStartHook("follow-cluster", func(genericapiserver.PostStartHookContext) error {
		running.Go(func() { s.follower.run(following) })
		return nil
	})
	if err != nil {
		return err
	}
	return s.generic.AddPreShutdownHook("close-watches", func() error {
		s.feeds.close()
		return nil
	})
}

// runControllers returns when the context has ended. Until the caches are there the controllers have nothing to do.
func (s *Server) runControllers(ctx context.Context) {
	s.refusals.run(s.client)
	defer s.refusals.broadcaster.Shutdown()
	var running sync.WaitGroup
	running.Go(func() { s.expiry.Run(ctx, expiryWorkers) })
	running.Go(func() { s.warner.Run(ctx) })
	running.Go(func() { s.completer.Run(ctx, controllerWorkers) })
	running.Go(func() { s.repairer.Run(ctx, controllerWorkers) })
	running.Go(func() { s.ender.Run(ctx, controllerWorkers) })
	running.Go(func() { repair.Watch(ctx, s.client, s.repairer.Changed) })
	running.Go(func() { s.accountant.Run(ctx, controllerWorkers) })
	running.Go(func() { s.nodes.run(ctx) })
	running.Go(func() { s.resume(ctx) })
	running.Wait()
}
