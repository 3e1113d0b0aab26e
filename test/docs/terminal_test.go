// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"tenancy.example.io/spaces/test/docs/transcript"
)

// patience is how long a command may take, and output be awaited.
const patience = 3 * time.Minute

// terminal is a shell, and what it and all that it starts write. It is not for concurrent use.
type terminal struct {
	input io.Writer
	lines <-chan string
}

// open starts a shell in the directory with nothing but this environment. It ends with the test, and so does all that it
// has started.
func open(t *testing.T, dir string, environment ...string) *terminal {
	t.Helper()
	output, written := io.Pipe()
	shell := exec.CommandContext(context.WithoutCancel(t.Context()), "bash", "--noprofile", "--norc")
	shell.Dir, shell.Env = dir, environment
	shell.Stdout, shell.Stderr = written, written
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	input, err := shell.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = shell.Wait() // until nothing can write any more
		_ = written.Close()
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-shell.Process.Pid, syscall.SIGKILL)
		<-ended
	})
	return &terminal{input: input, lines: linesOf(output)}
}

// linesOf returns what can be read, line by line, until the end.
func linesOf(output io.Reader) <-chan string {
	lines := make(chan string, 10000)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(output); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	return lines
}

// endOfOutput begins the line that the shell writes when a command has ended. Its exit code follows.
const endOfOutput = "\x04 exit code "

var errClosed = errors.New("the shell has ended, maybe since the command is no complete one")

// execute gives the shell a command, and returns what the terminal shows until the command has ended.
func (term *terminal) execute(command string) (shown []string, code string, err error) {
	_, err = fmt.Fprintf(term.input, "{ %s\n} </dev/null; printf '%s%%s\\n' $?\n", command, endOfOutput)
	if err != nil {
		return nil, "", err
	}
	timeout := time.After(patience)
	for {
		select {
		case line, ok := <-term.lines:
			if !ok {
				return shown, "", errClosed
			}
			before, code, ended := strings.Cut(line, endOfOutput)
			if !ended {
				shown = append(shown, line)
				continue
			}
			if before != "" { // a last line without an end
				shown = append(shown, before)
			}
			return shown, code, nil
		case <-timeout:
			return shown, "", fmt.Errorf("the command has not ended after %s", patience)
		}
	}
}

// await returns what the terminal has shown, and shows until it is what is wanted, or patience is at its end.
func (term *terminal) await(want, shown []string) []string {
	timeout := time.After(patience)
	for transcript.Diff(want, shown) != "" {
		select {
		case line, ok := <-term.lines:
			if !ok {
				return shown
			}
			shown = append(shown, line)
		case <-timeout:
			return shown
		}
	}
	return shown
}
