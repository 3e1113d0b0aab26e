// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// record is the pid file of one process. It outlives us, and says what was started, so that a later run can tell
// whether the process still is the one, and still what is wanted.
type record struct {
	identity
	// Program is the path of the executable.
	Program string `json:"program"`
	// Command is a hash over the executable and its arguments.
	Command string `json:"command"`
	// Order counts the processes of a control plane in the order they were started.
	Order int `json:"order"`
	// GraceSeconds is how long the process may take to end by itself.
	GraceSeconds float64 `json:"graceSeconds"`
}

const (
	pidDirectory = "pids"
	pidSuffix    = ".json"
)

func recordFile(dir, name string) string {
	return filepath.Join(dir, pidDirectory, name+pidSuffix)
}

// readRecord returns nil when there is none.
func readRecord(dir, name string) (*record, error) {
	content, err := os.ReadFile(recordFile(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the pid file of %s: %w", name, err)
	}
	r := &record{}
	if err := json.Unmarshal(content, r); err != nil {
		return nil, fmt.Errorf("reading the pid file %s: %w", recordFile(dir, name), err)
	}
	return r, nil
}

func (r record) write(dir, name string) error {
	content, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encoding the pid file of %s: %w", name, err)
	}
	return replaceFile(recordFile(dir, name), append(content, '\n'), 0o644)
}

func removeRecord(dir, name string) error {
	err := os.Remove(recordFile(dir, name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the pid file of %s: %w", name, err)
	}
	return nil
}

// recordedNames lists the processes that have a pid file, the last started first.
func recordedNames(dir string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(dir, pidDirectory))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("listing pid files: %w", err)
	}
	order := map[string]int{}
	var names []string
	for _, entry := range entries {
		name, isRecord := strings.CutSuffix(entry.Name(), pidSuffix)
		if !isRecord {
			continue
		}
		r, err := readRecord(dir, name)
		if err != nil {
			return nil, err
		}
		order[name] = r.Order
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return order[b] - order[a] })
	return names, nil
}

// replaceFile leaves either the old content or the new one, whenever it is interrupted.
func replaceFile(name string, content []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return fmt.Errorf("making a directory for %s: %w", name, err)
	}
	temporary := name + ".new"
	if err := os.WriteFile(temporary, content, mode); err != nil {
		return fmt.Errorf("writing %s: %w", temporary, err)
	}
	if err := os.Rename(temporary, name); err != nil {
		return fmt.Errorf("replacing %s: %w", name, err)
	}
	return nil
}
