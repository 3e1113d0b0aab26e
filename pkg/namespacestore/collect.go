// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import "context"

type collectionKey struct{}

// Collection is the rows behind the items of a list, in their order.
type Collection struct {
	Rows []*Row
}

// Collect has the next GetList put the rows that it lists into the collection, too.
func Collect(ctx context.Context) (context.Context, *Collection) {
	collection := &Collection{}
	return context.WithValue(ctx, collectionKey{}, collection), collection
}

func (c *Collection) take(rows []*Row) {
	if c != nil {
		c.Rows = rows
	}
}

func collectionOf(ctx context.Context) *Collection {
	collection, _ := ctx.Value(collectionKey{}).(*Collection)
	return collection
}
