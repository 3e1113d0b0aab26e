// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"fmt"
	"os"
	"testing"

	"tenancy.example.io/spaces/test/controlplane"
)

// ForTest starts a Cluster that ends with the test. Arguments are for the server.
func ForTest(t *testing.T, args ...string) *Cluster {
	t.Helper()
	return ForTestWith(t, controlplane.Options{}, args...)
}

// ForTestWith is ForTest for a control plane with options of its own.
func ForTestWith(t *testing.T, options controlplane.Options, args ...string) *Cluster {
	t.Helper()
	options.Out = t.Output()
	c, err := StartWith(t.Context(), options, args...)
	if err != nil {
		t.Fatal("Starting a cluster:", err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error("Stopping the cluster:", err)
		}
	})
	return c
}

// Main is for the TestMain of a package whose tests share a Cluster: it starts one, shares it, runs the tests, stops it,
// and returns the code to exit with.
func Main(m *testing.M, share func(*Cluster)) int {
	c, err := Start(context.Background(), os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "Starting the cluster:", err)
		return 1
	}
	share(c)
	code := m.Run()
	if err := c.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "Stopping the cluster:", err)
		return 1
	}
	return code
}
