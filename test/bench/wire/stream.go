// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// Stream is the events of one watch, as lines of JSON. It is not for concurrent use, but for Close.
type Stream struct {
	body   io.ReadCloser
	reader *bufio.Reader
	long   []byte
}

// lineSize is more than most events take. What takes more costs a copy.
const lineSize = 4 << 10

func newStream(body io.ReadCloser) *Stream {
	return &Stream{body: body, reader: bufio.NewReaderSize(body, lineSize)}
}

// Next returns the next event, which is valid until Next is called again. The end is io.EOF.
func (s *Stream) Next() (Event, error) {
	s.long = s.long[:0]
	for {
		part, err := s.reader.ReadSlice('\n')
		if err == nil && len(s.long) == 0 {
			return part, nil
		}
		s.long = append(s.long, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return s.long, err
		}
	}
}

// Close ends the watch.
func (s *Stream) Close() error { return s.body.Close() }

// Event is a line of a watch, in the order that Go encodes it: its type, then the object.
type Event []byte

// Type is "ADDED", for example, and "" for what is not an event.
func (e Event) Type() string {
	rest, ok := bytes.CutPrefix(e, []byte(`{"type":"`))
	if !ok {
		return ""
	}
	name, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(name)
}

// Value is that of the first field with this name, or of the first label, if it is a string; or "". Values with
// escapes are not understood. The pattern is Field(name).
func (e Event) Value(pattern []byte) []byte {
	_, rest, found := bytes.Cut(e, pattern)
	if !found {
		return nil
	}
	value, _, _ := bytes.Cut(rest, []byte(`"`))
	return value
}

// Field is the pattern for Event.Value.
func Field(name string) []byte { return []byte(`"` + name + `":"`) }
