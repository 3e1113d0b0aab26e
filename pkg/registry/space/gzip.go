// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
)

// gzipThreshold is the size from which on an answer is compressed, as k8s.io/apiserver does.
const gzipThreshold = 128 * 1024

// writeGzip writes the list compressed, if it is long enough for that.
func (l *list) writeGzip(w io.Writer, head []byte, parts parts) error {
	if kept := l.lister.segments.get(parts.revisions); kept != nil {
		return l.writeSegment(w, head, kept)
	}
	if lengthOf(head, parts.items.size()) <= gzipThreshold {
		return l.writePlain(w, head, parts)
	}
	made, err := newSegment(parts)
	if err != nil {
		return err
	}
	l.lister.segments.keep(made)
	return l.writeSegment(w, head, made)
}

// writeSegment writes one gzip member (RFC 1952). The items were compressed on their own; what is around them stands in
// stored blocks (RFC 1951, section 3.2.4).
//
// The first write is short: after a long one, k8s.io/apiserver would compress what is compressed already.
func (l *list) writeSegment(w io.Writer, head []byte, items *segment) error {
	l.reply.header.Set("Content-Encoding", "gzip")
	l.reply.header.Add("Vary", "Accept-Encoding")
	first := appendStored(slices.Clone(gzipHeader), head, false)
	last := appendStored(nil, end, true)
	sum := concatCRC(crc32.ChecksumIEEE(head), items.checksum, items.size)
	last = binary.LittleEndian.AppendUint32(last, crc32.Update(sum, crc32.IEEETable, end))
	last = binary.LittleEndian.AppendUint32(last, uint32(lengthOf(head, items.size)))
	l.reply.setLength(len(first) + len(items.deflated) + len(last))
	for _, part := range [][]byte{first, items.deflated, last} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// gzipHeader says deflate, no flags, no time, fastest, and that the system does not matter.
var gzipHeader = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255}

// appendStored appends a stored block of up to 65,535 bytes, which must begin at a byte.
func appendStored(out, data []byte, last bool) []byte {
	var final byte
	if last {
		final = 1
	}
	out = append(out, final)
	out = binary.LittleEndian.AppendUint16(out, uint16(len(data)))
	out = binary.LittleEndian.AppendUint16(out, ^uint16(len(data)))
	return append(out, data...)
}

// deflate returns the items compressed, as blocks of which none is the last, and which end at a byte.
func (i items) deflate() ([]byte, error) {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		return nil, fmt.Errorf("compress a list: %w", err)
	}
	i.eachPiece(func(piece []byte) {
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

// concatCRC returns the CRC-32 of what has the checksum a, followed by size bytes that have the checksum b. A checksum is
// a polynomial over GF(2); bytes that follow multiply it by a power of x.
func concatCRC(a, b uint32, size int) uint32 {
	power := uint32(1) << 23 // x to the 8: one byte
	for ; size > 0; size >>= 1 {
		if size&1 == 1 {
			a = multiplyCRC(a, power)
		}
		power = multiplyCRC(power, power)
	}
	return a ^ b
}

// multiplyCRC multiplies two polynomials modulo that of CRC-32. The highest bit is the lowest power, as in the checksum.
func multiplyCRC(a, b uint32) uint32 {
	var product uint32
	for ; a != 0; a <<= 1 {
		if a&(1<<31) != 0 {
			product ^= b
		}
		carry := b & 1
		b >>= 1
		if carry == 1 {
			b ^= crc32.IEEE
		}
	}
	return product
}
