// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// parentVariable makes TestParent the parent of a program, in a process of its own.
const parentVariable = "CONTROLPLANE_TEST_PARENT"

// TestParent is no test: it starts a program, says its id, and waits to be killed.
func TestParent(t *testing.T) {
	mode := os.Getenv(parentVariable)
	if mode == "" {
		t.Skip("Only of use to TestProgramsEndWithTheirParent")
	}
	l := newLauncher(mode == "detached")
	cmd := exec.CommandContext(t.Context(), "sleep", "1000")
	if err := l.start(cmd); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(os.Stdout, "pid=%d\n", cmd.Process.Pid)
	_ = cmd.Wait()
}

func TestProgramsEndWithTheirParent(t *testing.T) {
	tests := map[string]struct {
		mode      string
		wantAlive bool
	}{
		"attached": {mode: "attached"},
		"detached": {mode: "detached", wantAlive: true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			parent, child := startParent(t, tc.mode)
			if err := parent.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = parent.Wait()
			ended := awaitEnd(child, time.Second)
			if ended == tc.wantAlive {
				t.Errorf("The program ended: %t", ended)
			}
			if err := terminate(child, 9, killTimeout); err != nil {
				t.Error(err)
			}
		})
	}
}

// startParent returns a process, and the program that it has started.
func startParent(t *testing.T, mode string) (*exec.Cmd, identity) {
	t.Helper()
	parent := exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0], "-test.run=^TestParent$")
	parent.Env = append(os.Environ(), parentVariable+"="+mode)
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		text, found := strings.CutPrefix(lines.Text(), "pid=")
		if !found {
			continue
		}
		pid, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		child, err := identify(pid)
		if err != nil {
			t.Fatal(err)
		}
		return parent, child
	}
	t.Fatal("The parent started nothing")
	return nil, identity{}
}
