// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// The places of num_threads and starttime in /proc/PID/stat, counted from the field after the program's name.
const (
	threadsField   = 17
	startTimeField = 19
)

// startOf tells the process that now has this id from every other that ever had it: when it started, in clock ticks
// since a certain boot. A process that has ended, but was not yet waited for, counts as gone.
func startOf(pid int) (string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", fmt.Errorf("looking for process %d: %w", pid, err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) <= startTimeField {
		return "", fmt.Errorf("process %d: unexpected stat %q", pid, stat)
	}
	if state := fields[0]; state == "X" || state == "Z" && !hasThreads(fields) {
		return "", fmt.Errorf("process %d: %w", pid, os.ErrProcessDone)
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", fmt.Errorf("reading the boot id: %w", err)
	}
	return strings.TrimSpace(string(boot)) + "/" + fields[startTimeField], nil
}

// hasThreads says whether a process, whose first thread has ended, still has others. Until they have ended, too, its
// ports are taken. To count what is in /proc/PID/task would not do: while threads end, some of it is missed.
func hasThreads(stat []string) bool {
	threads, err := strconv.Atoi(stat[threadsField])
	return err == nil && threads > 1
}
