// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package quota keeps the ledger of what is allocated to Spaces, and never lets more be allocated than there is.
//
// A Space is charged what its quota allows, whether or not that is used, and one of the resource Spaces: to its account,
// and to the cluster. Both may have a budget. What the ledger counts as charged is the most that may be true: of a Space
// that is being changed, for each resource, the larger of what it had and of what it shall have. So the sum of the limits
// of all namespaces that exist is never above a budget which was not above it before.
//
// A write is reserved before it is tried, and committed with the revision that it got, or rolled back. The ledger follows
// the namespaces, too, in the order of their revisions: what is observed takes the place of what was committed until
// then. Reservations, commits and observations may come in any order, and more than once; the ledger ends up the same.
//
// It knows nothing of the API server that it works for. See design/0010.
package quota
