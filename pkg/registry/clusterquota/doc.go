// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package clusterquota serves the ClusterQuota "cluster", which is a view of the system namespace: it is there as long as
// that is, and can be read and changed, but neither created nor deleted.
package clusterquota
