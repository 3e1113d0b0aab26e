// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

const (
	readyTimeout = 90 * time.Second
	pollInterval = 25 * time.Millisecond
	killTimeout  = 10 * time.Second
)

// Process is one program of a control plane. It can be stopped and started again, on the same port and data.
//
// Start, Stop, Kill and Restart of one Process must not overlap; everything else may be called at any time.
type Process struct {
	command  command
	dir      string
	launcher *launcher

	lock    sync.Mutex
	current identity
}

// Name says which program this is; further replicas of our server have a number at the end.
func (p *Process) Name() string {
	return p.command.name
}

// Port is the one it serves on.
func (p *Process) Port() int {
	return p.command.ports[0]
}

// LogPath is the file with everything the program has written, over all its runs.
func (p *Process) LogPath() string {
	return filepath.Join(p.dir, logDirectory, p.command.name+".log")
}

// PID is that of the present or last run, or 0.
func (p *Process) PID() int {
	return p.run().PID
}

// Running says whether the program runs, ready or not.
func (p *Process) Running() bool {
	return p.run().alive()
}

// Start returns when the program is ready to serve. When it is not, within a time or before ctx ends, it is stopped,
// and the error is a *StartError, unless ctx was cancelled. Starting a running program does nothing.
func (p *Process) Start(ctx context.Context) error {
	if p.Running() {
		return nil
	}
	if err := checkFree(p.command.name, p.command.ports); err != nil {
		return err
	}
	offset, err := p.fork()
	if err != nil {
		return err
	}
	if err := p.awaitReady(ctx); err != nil {
		// The process has no use any more, and why it is not ready is the better answer.
		_ = p.Kill()
		if errors.Is(err, context.Canceled) {
			return fmt.Errorf("starting %s: %w", p.command.name, err)
		}
		return &StartError{Process: p.command.name, Log: p.LogPath(), Tail: tail(p.LogPath(), offset), Err: err}
	}
	return nil
}

// Stop asks the program to end, and kills it when it has not done so after a while.
func (p *Process) Stop() error {
	return p.end(syscall.SIGTERM, p.command.grace)
}

// Kill ends the program without warning, as a crash would.
func (p *Process) Kill() error {
	return p.end(syscall.SIGKILL, killTimeout)
}

// Restart stops and starts.
func (p *Process) Restart(ctx context.Context) error {
	if err := p.Stop(); err != nil {
		return err
	}
	return p.Start(ctx)
}

// Signal sends a signal to the running program, SIGSTOP and SIGCONT for example.
func (p *Process) Signal(signal syscall.Signal) error {
	run := p.run()
	if !run.alive() {
		return fmt.Errorf("%s: %w", p.command.name, os.ErrProcessDone)
	}
	if err := syscall.Kill(run.PID, signal); err != nil {
		return fmt.Errorf("signalling %s: %w", p.command.name, err)
	}
	return nil
}

func (p *Process) run() identity {
	p.lock.Lock()
	defer p.lock.Unlock()
	return p.current
}

func (p *Process) setRun(run identity) {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.current = run
}

// fork starts the program and writes its pid file. It returns where in the log this run begins.
func (p *Process) fork() (int64, error) {
	fingerprint, err := p.command.fingerprint()
	if err != nil {
		return 0, err
	}
	log, offset, err := openLog(p.LogPath())
	if err != nil {
		return 0, err
	}
	defer log.Close()
	cmd := &exec.Cmd{
		Path:   p.command.program,
		Args:   append([]string{p.command.program}, p.command.args...),
		Env:    append(os.Environ(), p.command.env...),
		Dir:    p.dir,
		Stdout: log,
		Stderr: log,
	}
	if err := p.launcher.start(cmd); err != nil {
		return 0, fmt.Errorf("starting %s: %w", p.command.name, err)
	}
	// An unreadable identity means that it has ended already, which awaitReady reports.
	run, _ := identify(cmd.Process.Pid)
	p.setRun(run)
	go func() {
		// Nobody asks how it ended: the log says more.
		_ = cmd.Wait()
	}()
	return offset, record{
		identity:     run,
		Program:      p.command.program,
		Command:      fingerprint,
		Order:        p.command.order,
		GraceSeconds: p.command.grace.Seconds(),
	}.write(p.dir, p.command.name)
}

var errEnded = errors.New("it ended")

func (p *Process) awaitReady(ctx context.Context) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, pollInterval, readyTimeout, true, func(ctx context.Context) (bool, error) {
		if !p.Running() {
			return false, errEnded
		}
		last = p.command.ready(ctx)
		return last == nil, nil
	})
	switch {
	case err == nil || errors.Is(err, errEnded) || last == nil:
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("not ready after %s: %w", readyTimeout, last)
}

func (p *Process) end(signal syscall.Signal, grace time.Duration) error {
	if err := terminate(p.run(), signal, grace); err != nil {
		return fmt.Errorf("stopping %s: %w", p.command.name, err)
	}
	return removeRecord(p.dir, p.command.name)
}

// terminate returns when the run is over.
func terminate(run identity, signal syscall.Signal, grace time.Duration) error {
	if !run.alive() {
		return nil
	}
	if err := syscall.Kill(run.PID, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signalling process %d: %w", run.PID, err)
	}
	if awaitEnd(run, grace) {
		return nil
	}
	if signal == syscall.SIGKILL {
		return fmt.Errorf("process %d is still there %s after it was killed", run.PID, grace)
	}
	return terminate(run, syscall.SIGKILL, killTimeout)
}

func awaitEnd(run identity, timeout time.Duration) bool {
	deadline := time.NewTimer(timeout)
	defer deadline.Stop()
	again := time.NewTicker(pollInterval)
	defer again.Stop()
	for run.alive() {
		select {
		case <-deadline.C:
			return false
		case <-again.C:
		}
	}
	return true
}

// runsAsWanted says whether the running program is the one on disk, with the same arguments.
func (p *Process) runsAsWanted() (bool, error) {
	r, err := readRecord(p.dir, p.command.name)
	if err != nil || r == nil {
		return false, err
	}
	fingerprint, err := p.command.fingerprint()
	return err == nil && r.Command == fingerprint, err
}
