// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"fmt"
	"sync"

	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/tools/cache"
)

// controllerWorkers is how many Spaces each controller works on at a time.
const controllerWorkers = 4

// Run serves until the context ends, and returns when all requests have been answered and everything has stopped.
// It can be called once.
func (s *Server) Run(ctx context.Context) error {
	// The caches follow the cluster until the last request is answered, which is after the context has ended.
	following, stop := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	if err := s.addHooks(following, &running); err != nil {
		return fmt.Errorf("add hooks: %w", err)
	}
	return s.generic.PrepareRun().RunWithContext(ctx)
}

func (s *Server) addHooks(following context.Context, running *sync.WaitGroup) error {
	err := s.generic.AddPostStartHook("follow-namespaces", func(genericapiserver.PostStartHookContext) error {
		running.Go(func() { s.reflector.RunWithContext(following) })
		return s.awaitNamespaces(following)
	})
	if err != nil {
		return err
	}
	err = s.generic.AddPostStartHook("follow-access", func(genericapiserver.PostStartHookContext) error {
		s.roles.StartWithContext(following)
		running.Go(s.roles.Shutdown)
		if err := s.follow(following); err != nil {
			return nil // it was stopped
		}
		s.readiness.access.Store(true)
		return nil
	})
	if err != nil {
		return err
	}
	err = s.generic.AddPostStartHook("run-controllers", func(hook genericapiserver.PostStartHookContext) error {
		running.Go(func() { s.runControllers(hook) })
		return nil
	})
	if err != nil {
		return err
	}
	return s.generic.AddPreShutdownHook("close-watches", func() error {
		s.feed.Close()
		return nil
	})
}

func (s *Server) awaitNamespaces(ctx context.Context) error {
	if !cache.WaitForCacheSync(ctx.Done(), s.feed.HasSynced) {
		return nil // it was stopped
	}
	s.readiness.namespaces.Store(true)
	return nil
}

func (s *Server) runControllers(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { s.expiry.Run(ctx, controllerWorkers) })
	running.Go(func() { s.completer.Run(ctx, controllerWorkers) })
	running.Wait()
}
