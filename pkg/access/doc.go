// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package access knows who may see which namespace.
//
// A caller sees a namespace if native RBAC lets the caller "get namespaces/NAME". An Index turns Roles, ClusterRoles
// and their bindings inside out, into subject → namespaces and back, one event at a time, and hands out immutable
// Snapshots of that relation: places in its history, which goes as far back as there are Snapshots. A Follower feeds it,
// and its Pulse tells whether all it is fed with is equally new. A Reviewer asks the kube-apiserver itself, for what the
// relation does not hold: other verbs, and authorizers other than RBAC.
package access
