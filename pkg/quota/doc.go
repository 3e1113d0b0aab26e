// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package quota keeps the ledger of what is allocated to Spaces, and never lets more be allocated than there is.
//
// A Space is charged what its quota allows, whether or not that is used, and one of the resource Spaces: to its account,
// and to the cluster. Both may have a budget.
//
// Whoever wants more for a Space first writes that as a claim into its namespace. The cluster gives that write a revision,
// and so all claims an order, which is the same for everybody who follows the namespaces. A claim is admitted if it fits
// beside everything that was granted, and beside the claims before it; those behind it count this one, whether it is
// admitted in the end or not. So of any that are admitted, the one with the last claim has counted all the others: what is
// granted never exceeds a budget that it did not exceed before. Nobody has to be the only one who decides, nor to decide
// in time.
//
// The ledger is the sum of all that, as one process knows it. It knows nothing of the API server that it works for. See
// design/0010.
package quota
