// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package template fills templates of Spaces: it reads their manifests, puts the values of parameters into them, and says
// what is wrong with either. It is pure: it asks nobody, and its functions are safe for concurrent use as long as nobody
// changes what they are given. They change nothing of that themselves.
//
// Manifests are trees, and values take the place of texts in them: a value never becomes a key, a list or another
// placeholder, whatever it is. Whether the cluster has a kind, and whether its objects are in namespaces, is not known
// here.
package template
