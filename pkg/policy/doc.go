// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package policy says what Spaces are like, by the policies of the cluster and of their account: what they get unless
// they ask for something else, and how far they may go. It is pure: it reads no clock and asks nobody, and its functions
// are safe for concurrent use as long as nobody changes what they are given.
//
// Policies are taken to be valid. What is no positive duration is no ceiling.
package policy
