// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package controlplane

import "syscall"

// endWithParent has no means here: programs outlive a parent that was killed, and Down stops them.
func endWithParent(*syscall.SysProcAttr) {}
