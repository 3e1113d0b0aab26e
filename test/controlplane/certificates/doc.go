// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package certificates makes the certificates a control plane needs, and keeps them in files.
//
// It is for development and tests: keys lie unencrypted on disk, readable by their owner only, and nothing is ever
// revoked.
package certificates
