// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package integration tests the server as its users meet it: through a stock kube-apiserver, with a stock
// kube-controller-manager at work.
package integration

import (
	"os"
	"testing"

	"tenancy.example.io/spaces/test/cluster"
)

// shared is the cluster of all tests that do not disturb others. They use names that begin with their own.
var shared *cluster.Cluster

func TestMain(m *testing.M) {
	os.Exit(cluster.Main(m, func(c *cluster.Cluster) { shared = c }))
}
