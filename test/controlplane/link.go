// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Link makes name a relative symbolic link to target, so that the project can be moved.
func Link(target, name string) error {
	relative, err := filepath.Rel(filepath.Dir(name), target)
	if err != nil {
		return fmt.Errorf("linking %s: %w", name, err)
	}
	if present, err := os.Readlink(name); err == nil && present == relative {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return fmt.Errorf("making %s: %w", filepath.Dir(name), err)
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("replacing %s: %w", name, err)
	}
	if err := os.Symlink(relative, name); err != nil {
		return fmt.Errorf("linking %s: %w", name, err)
	}
	return nil
}

// pluginNames are the names besides its own under which kubectl looks for our plugin: as `kubectl create space`, and to
// complete what follows `kubectl space`.
var pluginNames = []string{"kubectl-create-space", "kubectl-create-spacetemplate", "kubectl_complete-space"}

// linkPlugins lets kubectl find our plugin in the directory.
func linkPlugins(dir string) error {
	for _, name := range pluginNames {
		if err := Link(filepath.Join(dir, "kubectl-space"), filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}
