// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"net"
	"sync"

	"k8s.io/client-go/rest"
)

// line is what a client is connected by. It can be cut, and led to another server. It is safe for concurrent use.
type line struct {
	lock    sync.Mutex
	address string // where new connections go, if not to where the client wants
	open    map[net.Conn]bool
}

// connect has the client of the config use the line.
func (l *line) connect(config *rest.Config) *rest.Config {
	config = rest.CopyConfig(config)
	config.Dial = l.dial
	return config
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	l.lock.Lock()
	if l.address != "" {
		address = l.address
	}
	l.lock.Unlock()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l.lock.Lock()
	defer l.lock.Unlock()
	if l.open == nil {
		l.open = map[net.Conn]bool{}
	}
	l.open[conn] = true
	return &connection{Conn: conn, line: l}, nil
}

// lead has new connections go to the address. Those that are open stay.
func (l *line) lead(address string) {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.address = address
}

// cut breaks all connections.
func (l *line) cut() {
	l.lock.Lock()
	defer l.lock.Unlock()
	for conn := range l.open {
		_ = conn.Close()
	}
	clear(l.open)
}

// connection is one on a line.
type connection struct {
	net.Conn
	line *line
}

// Close implements net.Conn.
func (c *connection) Close() error {
	c.line.lock.Lock()
	delete(c.line.open, c.Conn)
	c.line.lock.Unlock()
	return c.Conn.Close()
}
