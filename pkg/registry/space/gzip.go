// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"slices"
)

// gzipThreshold is the size from which on an answer is compressed, as k8s.io/apiserver does.
const gzipThreshold = 128 * 1024

type replyKey struct{}

// reply is what a list needs to know of the answer that it becomes.
type reply struct {
	header http.Header
}

// WithGzip has a long list answered compressed: the client takes gzip, and this is the header of the answer.
func WithGzip(ctx context.Context, header http.Header) context.Context {
	return context.WithValue(ctx, replyKey{}, &reply{header: header})
}

func replyOf(ctx context.Context) *reply {
	r, _ := ctx.Value(replyKey{}).(*reply)
	return r
}

func (r *reply) compresses(size int) bool { return r != nil && size > gzipThreshold }

// compressed writes the body as one gzip member (RFC 1952). The items are compressed on their own, and kept: as long as
// none of them changes, only what is around them is new, and stands in stored blocks (RFC 1951, section 3.2.4).
//
// The first write is short: after a long one, k8s.io/apiserver would compress what is compressed already.
func (r *reply) compressed(b *body, segments *segments, w io.Writer) error {
	items, err := segments.of(b)
	if err != nil {
		return err
	}
	r.header.Set("Content-Encoding", "gzip")
	r.header.Add("Vary", "Accept-Encoding")
	start := storedBlock(slices.Clone(gzipHeader), b.head, false)
	end := storedBlock(nil, bodyEnd, true)
	end = binary.LittleEndian.AppendUint32(end, b.checksum())
	end = binary.LittleEndian.AppendUint32(end, uint32(b.size))
	for _, part := range [][]byte{start, items, end} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// gzipHeader says deflate, no flags, no time, fastest, and that the system does not matter.
var gzipHeader = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255}

// storedBlock appends a stored block of up to 65,535 bytes, which must begin at a byte.
func storedBlock(out, data []byte, last bool) []byte {
	var final byte
	if last {
		final = 1
	}
	out = append(out, final)
	out = binary.LittleEndian.AppendUint16(out, uint16(len(data)))
	out = binary.LittleEndian.AppendUint16(out, ^uint16(len(data)))
	return append(out, data...)
}

func (b *body) checksum() uint32 {
	sum := crc32.ChecksumIEEE(b.head)
	b.eachPiece(func(piece []byte) { sum = crc32.Update(sum, crc32.IEEETable, piece) })
	return crc32.Update(sum, crc32.IEEETable, bodyEnd)
}

// deflate returns the items compressed, as blocks of which none is the last, and which end at a byte.
func (b *body) deflate() ([]byte, error) {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		return nil, fmt.Errorf("compress a list: %w", err)
	}
	b.eachPiece(func(piece []byte) {
		if err == nil {
			_, err = w.Write(piece)
		}
	})
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		return nil, fmt.Errorf("compress a list: %w", err)
	}
	return bytes.Clone(out.Bytes()), nil
}
