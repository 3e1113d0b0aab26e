// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package backing is what all kinds have in common that are views of namespaces: how an object is kept in its namespace
// and shown again, and how the generic registry serves it from there.
package backing
