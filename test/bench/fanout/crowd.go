// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"tenancy.example.io/spaces/test/bench/wire"
)

// perConnection is how many watches share a connection, which is as many as a server allows.
const perConnection = 100

// crowd is all watchers of one subject.
type crowd struct {
	readers []*reader
	stalled []*wire.Stream
	clients []*wire.Client
	told    atomic.Int64

	stop    context.CancelFunc // ends all watches
	quiet   context.CancelFunc // ends those of the readers
	reading sync.WaitGroup
}

// gather returns when all watches are open, and those who read have read what there is. The stalled have connections of
// their own, as nobody else's client would have them on the same one.
func (b *bench) gather(ctx context.Context, s subject) (*crowd, error) {
	c := &crowd{readers: make([]*reader, b.Watchers-b.Stalled), stalled: make([]*wire.Stream, b.Stalled)}
	all, stop := context.WithCancel(ctx)
	some, quiet := context.WithCancel(all)
	c.stop, c.quiet = stop, quiet
	if err := c.connect(b); err != nil {
		c.leave()
		return nil, err
	}
	// The watches have contexts that outlive their opening.
	err := parallel(ctx, writers, b.Watchers, func(_ context.Context, number int) error {
		user, stalled := b.watcher(number)
		path, as := s.watch(user)
		if stalled {
			return c.openStalled(all, number, path, as)
		}
		return c.openReader(some, number, b.Sights, func(ctx context.Context) (*wire.Stream, error) {
			return c.client(number).Open(ctx, path, as)
		})
	})
	if err != nil {
		c.leave()
		return nil, fmt.Errorf("opening watches: %w", err)
	}
	for _, r := range c.readers {
		c.reading.Go(func() { r.follow(some) })
	}
	return c, nil
}

// connect makes the Clients: the last ones are for the stalled.
func (c *crowd) connect(b *bench) error {
	for first := 0; first < len(c.readers); first += perConnection {
		client, err := wire.NewClient(b.admin, 0)
		if err != nil {
			return err
		}
		c.clients = append(c.clients, client)
	}
	for first := 0; first < len(c.stalled); first += perConnection {
		client, err := wire.NewClient(b.admin, stalledWindow)
		if err != nil {
			return err
		}
		c.clients = append(c.clients, client)
	}
	return nil
}

func (c *crowd) client(number int) *wire.Client {
	if number < len(c.readers) {
		return c.clients[number/perConnection]
	}
	first := (len(c.readers) + perConnection - 1) / perConnection
	return c.clients[first+(number-len(c.readers))/perConnection]
}

func (c *crowd) openReader(ctx context.Context, number, sights int, open func(context.Context) (*wire.Stream, error)) error {
	stream, err := open(ctx)
	if err != nil {
		return err
	}
	c.readers[number] = &reader{stream: stream, told: &c.told}
	return c.readers[number].begin(sights)
}

func (c *crowd) openStalled(ctx context.Context, number int, path string, as wire.User) (err error) {
	c.stalled[number-len(c.readers)], err = c.client(number).Open(ctx, path, as)
	return err
}

// stopReading ends the watches of those who read, and returns what was wrong with them.
func (c *crowd) stopReading() error {
	c.quiet()
	c.reading.Wait()
	wrong := 0
	var first error
	for number, r := range c.readers {
		if r.fault == nil {
			continue
		}
		if wrong++; first == nil {
			first = fmt.Errorf("watcher %d: %w", number, r.fault)
		}
	}
	if wrong == 0 {
		return nil
	}
	return fmt.Errorf("%d watchers were told wrongly; %w", wrong, first)
}

func (c *crowd) deliveries() [][]delivery {
	result := make([][]delivery, 0, len(c.readers))
	for _, r := range c.readers {
		result = append(result, r.deliveries)
	}
	return result
}

// drain has all stalled watchers read at last.
func (c *crowd) drain(ctx context.Context, patience time.Duration, found *stall) error {
	endings, errs := make([]ending, len(c.stalled)), make([]error, len(c.stalled))
	var draining sync.WaitGroup
	for i, stream := range c.stalled {
		draining.Go(func() { endings[i], errs[i] = drain(ctx, stream, patience) })
	}
	draining.Wait()
	for _, e := range endings {
		found.endings[e]++
	}
	return errors.Join(errs...)
}

// leave ends all watches, and closes the connections.
func (c *crowd) leave() {
	c.stop()
	c.reading.Wait()
	for _, client := range c.clients {
		client.Close()
	}
}
