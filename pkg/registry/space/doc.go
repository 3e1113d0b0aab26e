// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package space serves Spaces: how a namespace is shown as one, what a caller may do with it, and what it looks like in
// a table. The verbs come from genericregistry.Store, over a namespacestore.Store.
package space
