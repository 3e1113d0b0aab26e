// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package docs holds the documentation to the truth: it runs every command in README.md and docs/*.md on a real control
// plane, and compares what it says with what stands below it. Package transcript tells how that is written.
//
// A document has a directory that looks like the project after "make up" as far as commands need it, one shell for each
// person, and these fenced blocks:
//
//	console  commands, which are run
//	yaml     a file, which is written; its first line is its name, as in "# ci.yaml"
//	text     a picture
//	sh       commands that cannot be run here, each block with its reason in notRun
//
// Documents that change the ClusterQuota run alone, before the others: it rules all Spaces. The others run side by side,
// but for those with the same people in them: who looks at all of somebody's Spaces wants to see those of this document
// alone.
package docs

import (
	"os"
	"testing"

	"tenancy.example.io/spaces/test/cluster"
)

// shared is the cluster of all documents.
var shared *cluster.Cluster

func TestMain(m *testing.M) {
	os.Exit(cluster.Main(m, func(c *cluster.Cluster) { shared = c }))
}
