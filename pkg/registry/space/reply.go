// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"context"
	"net/http"
)

type replyKey struct{}

// reply is what a list needs to know of the answer that it becomes.
type reply struct {
	// header is that of the answer if the client takes gzip, or else nil.
	header http.Header
}

// WithReply says that lists become answers as they are, and not as tables or with their metadata alone. If the client
// takes gzip, header is that of the answer, otherwise it is nil.
func WithReply(ctx context.Context, header http.Header) context.Context {
	return context.WithValue(ctx, replyKey{}, &reply{header: header})
}

func replyOf(ctx context.Context) *reply {
	r, _ := ctx.Value(replyKey{}).(*reply)
	return r
}
