// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// +k8s:deepcopy-gen=package

// Package spaces is the hub version of the API group spaces.tenancy.example.io: the types the server works with
// inside. What clients send and read is a versioned package below, such as v1alpha1.
package spaces
