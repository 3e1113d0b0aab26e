// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"
	"sync"
)

type collectionKey struct{}

// Collection is the rows of a list, in their order, in the place of its items.
type Collection struct {
	Rows []*Row
	// Notes are about these rows, or nil where they are not all that the caller sees.
	Notes *Notes
}

// Notes is what somebody has worked out about rows, for the next list of exactly the same ones. It is safe for concurrent
// use.
type Notes struct {
	lock  sync.Mutex
	noted any
}

// Noted returns what work makes of the rows that the notes are about, which it is asked for once. Without notes it is
// asked each time. It must be the same function whenever notes are asked.
func Noted[T any](n *Notes, work func() (T, error)) (T, error) {
	if n == nil {
		return work()
	}
	n.lock.Lock()
	defer n.lock.Unlock()
	if done, ok := n.noted.(T); ok {
		return done, nil
	}
	done, err := work()
	if err == nil {
		n.noted = done
	}
	return done, err
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
