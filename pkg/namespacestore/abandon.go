// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import "context"

type abandonKey struct{}

// WithAbandon has abandon called if the reader of the request's watch does not read: the log does not have any more
// what it has to be told. The watch has ended then; what was written to the reader may still be on its way.
func WithAbandon(ctx context.Context, abandon func(context.Context)) context.Context {
	return context.WithValue(ctx, abandonKey{}, abandon)
}

func abandon(ctx context.Context) {
	if abandon, ok := ctx.Value(abandonKey{}).(func(context.Context)); ok {
		abandon(ctx)
	}
}
