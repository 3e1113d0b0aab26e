// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"os/exec"
	"runtime"
	"syscall"
)

// launcher starts programs. An attached one ties their lives to ours: the kernel kills them when we end, however we
// end. A detached one gives them a session of their own, in which they outlive us.
type launcher struct {
	attached bool
	requests chan func()
}

// newLauncher returns a launcher whose programs must have ended before close is called.
func newLauncher(detached bool) *launcher {
	l := &launcher{attached: !detached, requests: make(chan func())}
	go l.run()
	return l
}

// run holds one thread as long as the launcher is open: the kernel's "signal on the death of the parent" means the
// thread that forked, not the process, and the Go runtime ends threads as it pleases. A goroutine that returns with
// its thread locked takes the thread along.
func (l *launcher) run() {
	runtime.LockOSThread()
	for request := range l.requests {
		request()
	}
}

// start is cmd.Start. Whoever calls it must call cmd.Wait.
func (l *launcher) start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: !l.attached, Setpgid: l.attached}
	if l.attached {
		endWithParent(cmd.SysProcAttr)
	}
	result := make(chan error, 1)
	l.requests <- func() { result <- cmd.Start() }
	return <-result
}

func (l *launcher) close() {
	close(l.requests)
}
