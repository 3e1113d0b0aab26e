// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"tenancy.example.io/spaces/test/bench/wire"
)

// stalledWindow is how much is under way to a watcher that does not read. It is the least that there can be: what is
// measured is the servers' buffers, not the client's.
const stalledWindow = 64 << 10

// ending is how the watch of a stalled watcher ended, when it was read at last.
type ending int

const (
	// lives is a watch that goes on.
	lives ending = iota
	// expired is one that ended with an event that says 410.
	expired
	// closed is one that was cut.
	closed
)

// stall is how the stalled watchers fared.
type stall struct {
	endings [closed + 1]int
	// kept is how many of them the server still had when everybody else had gone, and they had not read on yet.
	kept int
	// held is the memory that the server had for all of them then, in bytes.
	held float64
}

// verdict is an error if a watch went on, though more had happened than the server remembers.
func (s stall) verdict() error {
	if s.endings[lives] == 0 {
		return nil
	}
	return fmt.Errorf("%d stalled watches went on when they were read; had enough happened?", s.endings[lives])
}

// drain reads what is left of a watch, for as long as that may take.
func drain(parent context.Context, stream *wire.Stream, patience time.Duration) (ending, error) {
	ctx, cancel := context.WithTimeout(parent, patience)
	defer cancel()
	context.AfterFunc(ctx, func() { _ = stream.Close() })
	for {
		event, err := stream.Next()
		switch {
		case err != nil && ctx.Err() != nil:
			return lives, parent.Err()
		case err != nil:
			return endOf(err)
		case event.Type() == "ERROR" && strings.Contains(string(event), `"code":410`):
			return expired, nil
		case event.Type() == "ERROR":
			return closed, fmt.Errorf("a stalled watch ended with %s", excerpt(event))
		}
	}
}

// endOf tells how a watch was cut: in good order, or within an event.
func endOf(err error) (ending, error) {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(err.Error(), "stream error") {
		return closed, nil
	}
	return closed, fmt.Errorf("reading a stalled watch: %w", err)
}
