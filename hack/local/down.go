// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"

	"tenancy.example.io/spaces/test/controlplane"
)

func (p place) down() error {
	return controlplane.Down(p.dir, os.Stdout)
}

// clean refuses to remove a directory that up did not make.
func (p place) clean() error {
	if _, err := os.Stat(p.dir); os.IsNotExist(err) {
		return nil
	}
	if _, err := os.Stat(filepath.Join(p.dir, "version")); err != nil {
		return fmt.Errorf("%s is not the state of a local control plane: %w", p.dir, err)
	}
	if err := p.down(); err != nil {
		return err
	}
	fmt.Println("Removing", p.dir)
	return os.RemoveAll(p.dir)
}
