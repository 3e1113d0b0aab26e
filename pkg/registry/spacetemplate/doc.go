// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package spacetemplate serves templates: how the ConfigMap behind a template, which the store knows as a namespace, is
// shown as one, and what a caller may do with it. Everybody who may ask for templates sees all of them. The verbs come
// from genericregistry.Store, over a namespacestore.Store.
package spacetemplate
