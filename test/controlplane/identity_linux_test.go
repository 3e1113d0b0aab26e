// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"context"
	"net"
	"os"
	"strconv"
	"testing"
)

// listenVariable makes TestListener listen on a port, in a process of its own.
const listenVariable = "CONTROLPLANE_TEST_LISTEN"

// TestListener is no test: it listens until it is killed.
func TestListener(t *testing.T) {
	port, err := strconv.Atoi(os.Getenv(listenVariable))
	if err != nil {
		t.Skip("Only of use to TestPortsAreFreeAfterTheEnd")
	}
	listener, err := listen(port)
	if err != nil {
		t.Fatal(err)
	}
	// It accepts nothing that would make it end.
	for {
		if _, err := listener.Accept(); err != nil {
			t.Fatal(err)
		}
	}
}

// A process whose first thread has ended looks dead, yet others keep its ports for a moment.
func TestPortsAreFreeAfterTheEnd(t *testing.T) {
	block, err := chooseBlock()
	if err != nil {
		t.Fatal(err)
	}
	defer block.release()
	t.Setenv(listenVariable, strconv.Itoa(block.base))
	connect := func(ctx context.Context) error {
		connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address(block.base))
		if err != nil {
			return err
		}
		return connection.Close()
	}
	p := newScript(t, "exec "+os.Args[0]+" -test.run='^TestListener$'", connect)
	p.command.ports = []int{block.base}
	for range 10 {
		mustStart(t, p)
		if err := p.Kill(); err != nil {
			t.Fatal(err)
		}
		if !isFree(block.base) {
			t.Fatal("The port is still taken")
		}
	}
}
