// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Options say where a control plane lives, and which one. The zero value is a throwaway control plane of the default
// version on free ports.
type Options struct {
	// Dir keeps the state: data, certificates, kubeconfigs, logs, pid files. A control plane that is started again on
	// the same directory goes on with the same data. Empty: a temporary one, removed by Stop unless the
	// environment has KEEP_STATE.
	Dir string
	// PortBase is the first of 20 ports, the kube-apiserver's. 0: free ones, reserved against other control planes.
	PortBase int
	// Version is the Kubernetes version, with or without its v. Empty: DefaultVersion.
	Version string
	// BinDir has the programs. Empty: they are built, if missing, below _output/controlplane of the project.
	BinDir string
	// KubeAPIServerArgs are further flags of the kube-apiserver, such as --authentication-config=FILE. They stand behind
	// those it always has, so where both set the same one, these win.
	KubeAPIServerArgs []string
	// KubeAPIServerEnv is what the environment of the kube-apiserver has beside ours, such as GOGC=400.
	KubeAPIServerEnv []string
	// Out gets a line for each step. Nil: nobody is told.
	Out io.Writer
	// Detach lets the programs outlive us. What runs already, in the same Dir and as wanted, is left alone.
	Detach bool
}

// completed are options with nothing left open.
type completed struct {
	Options
	root      string
	temporary bool
}

func (o Options) complete() (completed, error) {
	c := completed{Options: o}
	if c.Out == nil {
		c.Out = io.Discard
	}
	var err error
	if c.Version, err = normalizeVersion(o.Version); err != nil {
		return c, err
	}
	if c.root, err = Root(); err != nil {
		return c, err
	}
	return c, c.completeDir()
}

func (c *completed) completeDir() error {
	var err error
	if c.Dir == "" {
		c.temporary = true
		c.Dir, err = os.MkdirTemp("", "spaces-controlplane-")
	} else {
		c.Dir, err = filepath.Abs(c.Dir)
	}
	if err != nil {
		return fmt.Errorf("choosing a state directory: %w", err)
	}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return fmt.Errorf("making the state directory: %w", err)
	}
	return c.checkVersion()
}

// checkVersion refuses data that another version of Kubernetes has written.
func (c completed) checkVersion() error {
	content, err := os.ReadFile(c.versionFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the version of the state: %w", err)
	}
	if version := strings.TrimSpace(string(content)); version != c.Version {
		return fmt.Errorf("%s has the state of Kubernetes %s, not %s: remove it, or choose another directory",
			c.Dir, version, c.Version)
	}
	return nil
}

func (c completed) claimVersion() error {
	return replaceFile(c.versionFile(), []byte(c.Version+"\n"), 0o644)
}

func (c completed) versionFile() string {
	return filepath.Join(c.Dir, "version")
}
