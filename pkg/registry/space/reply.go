// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"context"
	"net/http"
	"strconv"
)

type replyKey struct{}

// reply is what a list needs to know of the answer that it becomes.
type reply struct {
	header http.Header
	gzip   bool
}

// WithReply says that lists become answers as they are, and not as tables or with their metadata alone. The answer has
// the header, and may be compressed if the client takes gzip.
func WithReply(ctx context.Context, header http.Header, gzip bool) context.Context {
	return context.WithValue(ctx, replyKey{}, &reply{header: header, gzip: gzip})
}

// setLength says how many bytes will be written. An aggregator passes on what has no length write by write, without delay.
func (r *reply) setLength(length int) { r.header.Set("Content-Length", strconv.Itoa(length)) }

func replyOf(ctx context.Context) *reply {
	r, _ := ctx.Value(replyKey{}).(*reply)
	return r
}
