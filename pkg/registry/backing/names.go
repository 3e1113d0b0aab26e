// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package backing

import "strings"

// Names is the part of a namespacestore.Mapping that names what is behind objects of a kind: as the object, behind a prefix.
type Names struct {
	keys, prefix string
}

// NewNames returns the Names of a kind. The prefix may be empty.
func NewNames(kind Kind, prefix string) Names { return Names{keys: kind.KeyPrefix(), prefix: prefix} }

// Name implements namespacestore.Mapping.
func (n Names) Name(key string) string { return n.prefix + strings.TrimPrefix(key, n.keys) }

// Key implements namespacestore.Mapping.
func (n Names) Key(name string) string { return n.keys + strings.TrimPrefix(name, n.prefix) }
