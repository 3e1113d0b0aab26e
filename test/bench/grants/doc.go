// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package grants measures how soon a watch of Spaces tells of a grant and of its end, beside how soon the kube-apiserver
// itself lets the user in, and out, by the same RoleBinding.
package grants
