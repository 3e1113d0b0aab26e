// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var (
	errNotReady = errors.New("connection refused")

	ready    = func(context.Context) error { return nil }
	notReady = func(context.Context) error { return errNotReady }
)

// writeScript makes a program to run in place of a real one.
func writeScript(t *testing.T, path, body string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// newScript is a process that runs a script.
func newScript(t *testing.T, body string, ready func(context.Context) error) *Process {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "script")
	writeScript(t, program, body)
	p := &Process{
		command:  command{name: "script", program: program, grace: 5 * time.Second, ready: ready},
		dir:      dir,
		launcher: newLauncher(false),
	}
	t.Cleanup(func() {
		if err := p.Kill(); err != nil {
			t.Error(err)
		}
		p.launcher.close()
	})
	return p
}

func mustStart(t *testing.T, p *Process) {
	t.Helper()
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestFailedStartNamesTheProcessAndShowsItsLog(t *testing.T) {
	tests := map[string]struct {
		script string
		want   []string
	}{
		"the last words": {
			script: "echo all is well; echo 'the disk is on fire' >&2; exit 3",
			want:   []string{"all is well", "the disk is on fire"},
		},
		"only the end of much": {
			script: "seq 1000",
			want:   numbers(981, 1000),
		},
		"a crash rather than its long stack": {
			script: "echo start; echo 'panic: no more tea'; seq 100",
			want:   append([]string{"panic: no more tea"}, numbers(1, 19)...),
		},
		"nothing said": {
			script: "exit 1",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			p := newScript(t, tc.script, notReady)
			err := p.Start(t.Context())
			var failed *StartError
			if !errors.As(err, &failed) {
				t.Fatalf("Start() = %v, want a StartError", err)
			}
			if failed.Process != "script" || !errors.Is(err, errEnded) {
				t.Errorf("Start() = %v, want that script ended", err)
			}
			if diff := cmp.Diff(tc.want, failed.Tail, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("Wrong lines (-want +got):\n%s", diff)
			}
			for _, want := range append(tc.want, p.LogPath()) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in the message %q", want, err)
				}
			}
		})
	}
}

func numbers(first, last int) []string {
	var lines []string
	for i := first; i <= last; i++ {
		lines = append(lines, strconv.Itoa(i))
	}
	return lines
}

func TestFailedStartShowsThisRunOnly(t *testing.T) {
	p := newScript(t, "echo run", notReady)
	for range 2 {
		var failed *StartError
		if err := p.Start(t.Context()); !errors.As(err, &failed) {
			t.Fatalf("Start() = %v, want a StartError", err)
		}
		if diff := cmp.Diff([]string{"run"}, failed.Tail); diff != "" {
			t.Errorf("Wrong lines (-want +got):\n%s", diff)
		}
	}
}

func TestCancelledStartLeavesNothingBehind(t *testing.T) {
	p := newScript(t, "exec sleep 1000", nil)
	ctx, cancel := context.WithCancel(t.Context())
	p.command.ready = func(context.Context) error {
		cancel()
		return errNotReady
	}
	if err := p.Start(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Start() = %v, want that it was cancelled", err)
	}
	if p.Running() {
		t.Error("The process goes on")
	}
	if _, err := os.Stat(recordFile(p.dir, "script")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("The pid file is still there: %v", err)
	}
}

func TestStop(t *testing.T) {
	tests := map[string]struct {
		script string
		grace  time.Duration
	}{
		"asks":                      {script: "exec sleep 1000", grace: time.Minute},
		"kills who does not listen": {script: "trap '' TERM; while :; do sleep 0.1; done", grace: 300 * time.Millisecond},
		"kills who is stopped":      {script: "kill -STOP $$", grace: 300 * time.Millisecond},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			p := newScript(t, tc.script, ready)
			p.command.grace = tc.grace
			mustStart(t, p)
			if err := p.Stop(); err != nil {
				t.Fatal(err)
			}
			if p.Running() {
				t.Error("The process goes on")
			}
		})
	}
}

func TestStopTakesAProcessThatHasEnded(t *testing.T) {
	p := newScript(t, "exec sleep 1000", ready)
	mustStart(t, p)
	if err := p.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if !awaitEnd(p.run(), time.Minute) {
		t.Fatal("The process survived")
	}
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
}

func TestRestart(t *testing.T) {
	p := newScript(t, "echo here; exec sleep 1000", ready)
	mustStart(t, p)
	first := p.PID()
	if err := p.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if second := p.PID(); !p.Running() || second == first {
		t.Errorf("Running: %t, pid %d after %d", p.Running(), second, first)
	}
}

func TestSignalNeedsARunningProcess(t *testing.T) {
	p := newScript(t, "exit 0", ready)
	if err := p.Signal(syscall.SIGTERM); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("Signal() = %v, want %v", err, os.ErrProcessDone)
	}
}

func TestStartFindsItsPortTaken(t *testing.T) {
	block, err := chooseBlock()
	if err != nil {
		t.Fatal(err)
	}
	defer block.release()
	p := newScript(t, "exec sleep 1000", ready)
	p.command.ports = []int{block.base + reservationPort}
	if err := p.Start(t.Context()); !errors.Is(err, ErrPortTaken) {
		t.Errorf("Start() = %v, want %v", err, ErrPortTaken)
	}
}
