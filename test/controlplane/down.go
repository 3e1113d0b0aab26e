// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"syscall"
	"time"
)

// Down stops what a control plane in dir has left running, the last started first. It touches only processes that
// still are the ones in the pid files. The state stays.
func Down(dir string, out io.Writer) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("looking for the state directory: %w", err)
	}
	names, err := recordedNames(dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range names {
		errs = append(errs, stopRecorded(dir, name, out))
	}
	return errors.Join(errs...)
}

func stopRecorded(dir, name string, out io.Writer) error {
	r, err := readRecord(dir, name)
	if err != nil || r == nil {
		return err
	}
	if r.alive() {
		fmt.Fprintf(out, "Stopping %s (pid %d)\n", name, r.PID)
		grace := time.Duration(r.GraceSeconds * float64(time.Second))
		if err := terminate(r.identity, syscall.SIGTERM, grace); err != nil {
			return fmt.Errorf("stopping %s: %w", name, err)
		}
	}
	return removeRecord(dir, name)
}
