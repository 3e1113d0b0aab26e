// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package namespacestore is a storage.Interface whose rows are namespaces.
//
// An object that it serves is a pure function of the one namespace behind it, and has that namespace's resource
// version; what the namespace has no field for is kept in one annotation of it. A Mapping says how. Writes go to the
// kube-apiserver, with the UID and the resource version of the namespace as preconditions. Reads come from a Feed,
// which follows all namespaces and everybody's access to them, and are scoped to the caller in the context: a row
// that the caller may not see does not exist.
//
// What is behind a kind need not be namespaces: who gives the Store its Namespaces, and tells the Feed of them, may show
// other objects as such. Those may be gone as soon as they are deleted.
//
// Every change, of a row or of somebody's access, is an entry in the log of the Feed, between two immutable views. A
// LIST reads one view, and what its caller saw last is kept, so that the next one has only to take in what has changed. A
// WATCH walks along the log, and tells its caller how what the caller sees in one view differs from the view before: that
// one rule makes ADDED of a grant, and DELETED of a revocation or of a label that does not match any more. A watcher has
// a place in the log, and is woken by entries that concern its caller. A slow one is not waited for, and ends when the
// log has dropped its place. One that resumes may come from another replica, which learned of things in another order; see
// docs/design/0005-replicas.md.
package namespacestore
