// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package controlplane runs a real Kubernetes control plane on this machine: etcd, kube-apiserver and
// kube-controller-manager, built from source, on loopback addresses only. Our own server joins it as an aggregated API
// server, with the permissions that its manifests give it and no others.
//
// Control planes are independent of each other: each has its own state directory and its own block of ports, so tests
// of several packages run theirs side by side. The programs end with the process that started them, however that ends,
// unless Options.Detach lets them live on.
package controlplane
