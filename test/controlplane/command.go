// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// command is what a process runs, and how to tell that it is ready.
type command struct {
	name    string
	program string
	args    []string
	// env is what the environment has beside ours.
	env   []string
	ports []int
	order int
	// grace is how long the process may take to end by itself when asked to.
	grace time.Duration
	// ready returns nil once the process serves. It is called again and again.
	ready func(ctx context.Context) error
}

// fingerprint changes whenever the program, its arguments, or what the environment has beside ours do.
func (c command) fingerprint() (string, error) {
	program, err := os.Open(c.program)
	if err != nil {
		return "", fmt.Errorf("looking for the program of %s: %w", c.name, err)
	}
	defer program.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, program); err != nil {
		return "", fmt.Errorf("reading %s: %w", c.program, err)
	}
	hash.Write([]byte(strings.Join(slices.Concat(c.args, c.env), "\x00")))
	return hex.EncodeToString(hash.Sum(nil)), nil
}
