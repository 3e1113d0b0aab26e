// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package validation says which objects of the API the server accepts. It sees the hub types, so it holds for every
// version; what the types themselves can say about their fields is checked by code that is generated from them.
package validation
