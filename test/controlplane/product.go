// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
)

// productTags are those of the Makefile, where it says why.
const productTags = "grpcnotrace"

// BuildProduct builds our own programs into _output/bin of the project, and returns that directory. It is quick when
// nothing has changed. Flags are for go build; programs built with other flags belong into a directory of their own,
// which dir names. Several processes may call it at the same time.
func BuildProduct(ctx context.Context, out io.Writer, dir string, flags ...string) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	if dir == "" {
		dir = filepath.Join(root, "_output", "bin")
	}
	unlock, err := lockFile(ctx, dir+".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	if out != nil {
		fmt.Fprintln(out, "Building our own programs…")
	}
	args := append([]string{"build", "-tags=" + productTags, "-o", dir + string(filepath.Separator)}, flags...)
	cmd := goCommand(ctx, root, append(args, "./cmd/...")...)
	if slices.Contains(flags, "-race") {
		cmd.Env = append(cmd.Env, "CGO_ENABLED=1")
	}
	if err := runBuild(cmd, "our own programs"); err != nil {
		return "", err
	}
	return dir, linkPlugins(dir)
}
