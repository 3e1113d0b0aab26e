// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import "context"

type collectionKey struct{}

// Collection is the rows of a list, in their order, in the place of its items.
type Collection struct {
	Rows []*Row
}

// Collect has the next GetList put the rows that it lists into the collection, and no items into the list.
func Collect(ctx context.Context) (context.Context, *Collection) {
	collection := &Collection{}
	return context.WithValue(ctx, collectionKey{}, collection), collection
}

func collectionOf(ctx context.Context) *Collection {
	collection, _ := ctx.Value(collectionKey{}).(*Collection)
	return collection
}
