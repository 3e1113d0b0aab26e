// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const (
	logDirectory = "logs"
	tailLines    = 20
	// tailBytes bounds what is read to find the last lines.
	tailBytes = 64 << 10
)

// StartError says which program did not come up, and shows the end of what it had to say.
type StartError struct {
	Process string
	Log     string
	Tail    []string
	Err     error
}

// Error has several lines.
func (e *StartError) Error() string {
	if len(e.Tail) == 0 {
		return fmt.Sprintf("%s did not start: %v; it wrote nothing to %s", e.Process, e.Err, e.Log)
	}
	return fmt.Sprintf("%s did not start: %v; the end of %s:\n  %s",
		e.Process, e.Err, e.Log, strings.Join(e.Tail, "\n  "))
}

// Unwrap returns what was waited for in vain.
func (e *StartError) Unwrap() error {
	return e.Err
}

// openLog opens a log for appending, and returns where that begins.
func openLog(path string) (*os.File, int64, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, 0, fmt.Errorf("making the log directory: %w", err)
	}
	log, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, 0, fmt.Errorf("opening a log: %w", err)
	}
	info, err := log.Stat()
	if err != nil {
		log.Close()
		return nil, 0, fmt.Errorf("opening a log: %w", err)
	}
	return log, info.Size(), nil
}

// tail returns the last lines of a log, of those written after offset.
func tail(path string, offset int64) []string {
	log, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer log.Close()
	info, err := log.Stat()
	if err != nil {
		return nil
	}
	start := max(offset, info.Size()-tailBytes)
	content, err := io.ReadAll(io.NewSectionReader(log, start, info.Size()-start))
	if err != nil {
		return nil
	}
	return lastWords(strings.Split(strings.TrimSpace(string(content)), "\n"))
}

// crashPattern is the first line of a panic, or of a fatal message with the stacks that follow it.
var crashPattern = regexp.MustCompile(`^(panic: |fatal error: |F\d{4} )`)

// lastWords are the last lines, or the crash and the first lines of its stack.
func lastWords(lines []string) []string {
	lines = slices.DeleteFunc(lines, func(line string) bool { return line == "" })
	crash := slices.IndexFunc(lines, crashPattern.MatchString)
	if crash < 0 || len(lines)-crash < tailLines {
		return lines[max(0, len(lines)-tailLines):]
	}
	return lines[crash : crash+tailLines]
}
