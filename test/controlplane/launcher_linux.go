// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import "syscall"

func endWithParent(attributes *syscall.SysProcAttr) {
	attributes.Pdeathsig = syscall.SIGKILL
}
