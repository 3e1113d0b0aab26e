// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package fanout measures how many watchers of Spaces can follow how many changes, what that costs, and that those who
// do not read what they asked for harm nobody.
//
// The users of a world see a few namespaces each, and watch. Changes come at a steady rate, and each carries a mark, by
// which all that is told can be held against all that was done: nothing is lost, told twice, or told out of order. Then
// the same clients watch the same namespaces at the kube-apiserver, which is what the figures stand beside.
package fanout
