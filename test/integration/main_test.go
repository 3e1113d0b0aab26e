// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package integration tests the server as its users meet it: through a stock kube-apiserver, with a stock
// kube-controller-manager at work.
package integration

import (
	"context"
	"fmt"
	"os"
	"testing"

	"tenancy.example.io/spaces/test/cluster"
)

// shared is the cluster of all tests that do not disturb others. They use names that begin with their own.
var shared *cluster.Cluster

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if shared, err = cluster.Start(context.Background(), os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "Starting the cluster:", err)
		return 1
	}
	code := m.Run()
	if err := shared.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "Stopping the cluster:", err)
		return 1
	}
	return code
}
