// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package account serves accounts: how the home of an account is shown as one, and what a caller may do with it. The
// verbs come from genericregistry.Store, over a namespacestore.Store.
package account
