// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package provisioning puts into a namespace what belongs into a Space: guards, which limit what can be done there, and
// access. It does so when a Space is created, and whenever something of it may have changed since then.
//
// Guards come before access, and go after it: whoever gets in finds them in force. Everything is written by server-side
// apply, has the label spaces.LabelManaged, and is exactly as planned afterwards, whatever others have added to it. What
// has the label and is not planned is deleted. All of that can be interrupted anywhere, and done again.
package provisioning
