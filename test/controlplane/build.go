// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// The programs of a control plane.
const (
	etcdProgram              = "etcd"
	kubeAPIServerProgram     = "kube-apiserver"
	controllerManagerProgram = "kube-controller-manager"
	kubectlProgram           = "kubectl"
)

// source is where a program comes from.
type source struct {
	program string
	pkg     string
}

var sources = []source{
	{etcdProgram, "go.etcd.io/etcd/server/v3"},
	{kubectlProgram, "k8s.io/kubernetes/cmd/kubectl"},
	{kubeAPIServerProgram, "k8s.io/kubernetes/cmd/kube-apiserver"},
	{controllerManagerProgram, "k8s.io/kubernetes/cmd/kube-controller-manager"},
}

const stampFile = "stamp"

// builder builds the programs of one version, once.
type builder struct {
	module  string
	version string
	// target gets the programs, and a stamp that says what they were built from.
	target string
	out    io.Writer
}

// ensure returns when the programs are there. Processes that need the same programs build them one after the other.
func (b builder) ensure(ctx context.Context) error {
	mod, err := modFile(b.module, b.version)
	if err != nil {
		return err
	}
	stamp, err := b.stamp(mod)
	if err != nil || b.upToDate(stamp) {
		return err
	}
	unlock, err := lockFile(ctx, b.target+".lock")
	if err != nil {
		return err
	}
	defer unlock()
	if b.upToDate(stamp) {
		return nil
	}
	return b.build(ctx, mod, stamp)
}

// stamp is a hash over what decides about the programs.
func (b builder) stamp(mod string) (string, error) {
	hash := sha256.New()
	for _, name := range []string{mod, strings.TrimSuffix(mod, ".mod") + ".sum"} {
		content, err := os.ReadFile(filepath.Join(b.module, name))
		if err != nil {
			return "", fmt.Errorf("reading what to build: %w", err)
		}
		hash.Write(content)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

func (b builder) upToDate(stamp string) bool {
	built, err := os.ReadFile(filepath.Join(b.target, stampFile))
	return err == nil && string(built) == stamp
}

// build replaces the target in one step, so that an interrupted build leaves no half of it.
func (b builder) build(ctx context.Context, mod, stamp string) error {
	fmt.Fprintf(b.out, "Building the control plane %s (first time, about 5 minutes)…\n", b.version)
	began := time.Now()
	fresh, err := os.MkdirTemp(filepath.Dir(b.target), filepath.Base(b.target)+".new-")
	if err != nil {
		return fmt.Errorf("making a build directory: %w", err)
	}
	defer os.RemoveAll(fresh)
	for _, s := range sources {
		fmt.Fprintf(b.out, "Building %s %s…\n", s.program, b.version)
		if err := b.compile(ctx, mod, s, fresh); err != nil {
			return err
		}
	}
	if err := b.install(fresh, stamp); err != nil {
		return err
	}
	fmt.Fprintf(b.out, "Built the control plane in %s\n", time.Since(began).Round(time.Second))
	return nil
}

func (b builder) compile(ctx context.Context, mod string, s source, dir string) error {
	cmd := goCommand(ctx, b.module, "build", "-mod=readonly", "-modfile="+mod, "-trimpath",
		"-ldflags="+versionFlags(b.version), "-o", filepath.Join(dir, s.program), s.pkg)
	return runBuild(cmd, s.program)
}

func (b builder) install(fresh, stamp string) error {
	if err := os.WriteFile(filepath.Join(fresh, stampFile), []byte(stamp), 0o644); err != nil {
		return fmt.Errorf("writing the stamp: %w", err)
	}
	if err := os.Chmod(fresh, 0o755); err != nil {
		return fmt.Errorf("opening the build directory: %w", err)
	}
	if err := os.RemoveAll(b.target); err != nil {
		return fmt.Errorf("removing the programs built before: %w", err)
	}
	if err := os.Rename(fresh, b.target); err != nil {
		return fmt.Errorf("installing the programs: %w", err)
	}
	return nil
}

// goCommand runs the go tool so that it asks nothing of a C compiler or a workspace.
func goCommand(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	// The go tool passes an interrupt on to the compilers it started, which a kill would leave behind.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = killTimeout
	return cmd
}

func runBuild(cmd *exec.Cmd, what string) error {
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", what, err, bytes.TrimSpace(output.Bytes()))
	}
	return nil
}
