// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"time"

	"tenancy.example.io/spaces/pkg/namespacestore"
)

// resumeEvery is how far apart what is there when the server starts is looked at. Nobody waits for it, and there may be very
// much.
const resumeEvery = 100 * time.Millisecond

// resume has everything looked at that is there when the server starts: somebody may have changed it while nobody watched. It
// returns when that is done, or the context has ended.
func (s *Server) resume(ctx context.Context) {
	if !awaitSync(ctx, s.feeds.ofNamespaces()...) {
		return
	}
	for _, feed := range []*namespacestore.Feed{s.feeds.spaces, s.feeds.accounts} {
		for _, name := range namesIn(feed) {
			select {
			case <-s.clock.After(resumeEvery):
				s.repairer.Enqueue(name)
			case <-ctx.Done():
				return
			}
		}
	}
}

// namesIn returns the names of all namespaces in the feed. Rows would hold on to more than that.
func namesIn(feed *namespacestore.Feed) []string {
	var names []string
	for _, row := range feed.Rows() {
		if inPlace(row) || !isSpace(row) {
			names = append(names, row.Namespace.Name)
		}
	}
	return names
}
