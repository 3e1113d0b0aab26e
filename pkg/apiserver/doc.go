// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package apiserver assembles the server: the scheme, what feeds the caches, the storage of each kind, the
// controllers, and when the server is ready.
package apiserver
