// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package controlplane

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// startOf tells the process that now has this id from every other that ever had it, by the time it started.
// A process that has ended, but was not yet waited for, counts as gone.
func startOf(pid int) (string, error) {
	out, err := exec.Command("ps", "-o", "state=,lstart=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return "", fmt.Errorf("looking for process %d: %w", pid, err)
	}
	state, start, found := strings.Cut(strings.TrimSpace(string(out)), " ")
	if !found || strings.HasPrefix(state, "Z") {
		return "", fmt.Errorf("process %d: %w", pid, os.ErrProcessDone)
	}
	return strings.TrimSpace(start), nil
}
