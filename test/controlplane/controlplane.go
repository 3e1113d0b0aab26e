// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// keepStateVariable leaves temporary state, logs above all, for inspection.
const keepStateVariable = "KEEP_STATE"

// ControlPlane is a running one. Its methods are not for concurrent use, except those that return configurations and
// paths.
type ControlPlane struct {
	dir       string
	root      string
	temporary bool
	binaries  string
	out       io.Writer
	// kubeAPIServerArgs are those of Options.
	kubeAPIServerArgs []string
	// kubeAPIServerEnv is that of Options.
	kubeAPIServerEnv []string

	ports       portBlock
	credentials *credentials
	launcher    *launcher
	detached    bool

	etcd, kubeAPIServer, controllerManager *Process
	// replicas of our server, the one that is registered first.
	replicas []*Process
	// started is what this ControlPlane has started, and did not find running, in that order.
	started []*Process
}

// Start returns when the control plane is ready: kube-apiserver and kube-controller-manager serve, and namespaces get
// their default ServiceAccount. What it had started when it fails is stopped again.
func Start(ctx context.Context, options Options) (*ControlPlane, error) {
	o, err := options.complete()
	if err != nil {
		return nil, err
	}
	if o.BinDir, err = ensurePrograms(ctx, o); err != nil {
		return nil, err
	}
	if err = o.claimVersion(); err != nil {
		return nil, err
	}
	c, err := newControlPlane(o)
	if err != nil {
		return nil, err
	}
	if err := c.start(ctx); err != nil {
		return nil, errors.Join(err, c.Abort())
	}
	return c, nil
}

// BuildPrograms builds the programs of a version, if they are missing, and returns their directory. Start does so, too;
// tests that have a time limit had better not wait for it there.
func BuildPrograms(ctx context.Context, version string, out io.Writer) (string, error) {
	version, err := normalizeVersion(version)
	if err != nil {
		return "", err
	}
	root, err := Root()
	if err != nil {
		return "", err
	}
	return ensurePrograms(ctx, completed{Options: Options{Version: version, Out: out}, root: root})
}

func ensurePrograms(ctx context.Context, o completed) (string, error) {
	if o.BinDir != "" {
		return filepath.Abs(o.BinDir)
	}
	b := builder{
		module:  filepath.Join(o.root, "hack", "controlplane"),
		version: o.Version,
		target:  filepath.Join(o.root, "_output", "controlplane", o.Version),
		out:     o.Out,
	}
	return b.target, b.ensure(ctx)
}

func newControlPlane(o completed) (*ControlPlane, error) {
	credentials, err := ensureCredentials(o.Dir)
	if err != nil {
		return nil, err
	}
	ports := portBlock{base: o.PortBase}
	if o.PortBase == 0 {
		if ports, err = chooseBlock(); err != nil {
			return nil, err
		}
	}
	c := &ControlPlane{
		dir:               o.Dir,
		root:              o.root,
		temporary:         o.temporary,
		binaries:          o.BinDir,
		out:               o.Out,
		kubeAPIServerArgs: o.KubeAPIServerArgs,
		kubeAPIServerEnv:  o.KubeAPIServerEnv,
		ports:             ports,
		credentials:       credentials,
		launcher:          newLauncher(o.Detach),
		detached:          o.Detach,
	}
	return c, c.writeKubeconfigs()
}

func (c *ControlPlane) start(ctx context.Context) error {
	if err := c.prepare(); err != nil {
		return err
	}
	began := time.Now()
	for _, p := range []*Process{c.etcd, c.kubeAPIServer, c.controllerManager} {
		if err := c.ensureRunning(ctx, p); err != nil {
			return err
		}
	}
	if err := c.awaitServiceAccount(ctx); err != nil {
		return err
	}
	if len(c.started) > 0 {
		fmt.Fprintf(c.out, "The control plane is ready after %s\n", time.Since(began).Round(100*time.Millisecond))
	}
	return nil
}

// prepare says all about the processes, and complains about taken ports before any has started.
func (c *ControlPlane) prepare() error {
	for _, p := range []struct {
		process **Process
		command func() (command, error)
	}{
		{&c.etcd, c.etcdCommand},
		{&c.kubeAPIServer, c.kubeAPIServerCommand},
		{&c.controllerManager, c.controllerManagerCommand},
	} {
		command, err := p.command()
		if err != nil {
			return err
		}
		if *p.process, err = c.newProcess(command); err != nil {
			return err
		}
		if (*p.process).Running() {
			continue
		}
		if err := checkFree(command.name, command.ports); err != nil {
			return err
		}
	}
	return nil
}

// newProcess finds the process of an earlier, detached, control plane in the same directory.
func (c *ControlPlane) newProcess(command command) (*Process, error) {
	p := &Process{command: command, dir: c.dir, launcher: c.launcher}
	r, err := readRecord(c.dir, command.name)
	if r != nil && r.alive() {
		p.setRun(r.identity)
	}
	return p, err
}

// ensureRunning leaves a process alone that runs as wanted.
func (c *ControlPlane) ensureRunning(ctx context.Context, p *Process) error {
	name := p.Name()
	if p.Running() {
		same, err := p.runsAsWanted()
		if err != nil {
			return err
		}
		if same {
			fmt.Fprintf(c.out, "%s runs already (pid %d)\n", name, p.PID())
			return nil
		}
		fmt.Fprintf(c.out, "Stopping %s: its program or its flags have changed\n", name)
		if err := p.Stop(); err != nil {
			return err
		}
	}
	fmt.Fprintf(c.out, "Starting %s on %s\n", name, address(p.Port()))
	if err := p.Start(ctx); err != nil {
		return err
	}
	c.started = append(c.started, p)
	return nil
}

// Stop ends all programs, ours first, and removes a temporary state directory. It may be called more than once.
func (c *ControlPlane) Stop() error {
	err := c.stopAll(append([]*Process{c.etcd, c.kubeAPIServer, c.controllerManager}, c.replicas...))
	return errors.Join(err, c.Close())
}

// Abort ends what this ControlPlane has started, and leaves what it found running. It is for a start that failed.
func (c *ControlPlane) Abort() error {
	return errors.Join(c.stopAll(c.started), c.Close())
}

// Close gives up what is needed to start programs. It is enough for a detached control plane, which goes on.
func (c *ControlPlane) Close() error {
	if c.launcher == nil {
		return nil
	}
	c.launcher.close()
	c.launcher = nil
	c.ports.release()
	return c.removeTemporary()
}

func (c *ControlPlane) removeTemporary() error {
	if !c.temporary {
		return nil
	}
	if os.Getenv(keepStateVariable) != "" {
		fmt.Fprintln(c.out, "The state stays in", c.dir)
		return nil
	}
	return os.RemoveAll(c.dir)
}

func (c *ControlPlane) stopAll(processes []*Process) error {
	var errs []error
	for _, p := range slices.Backward(processes) {
		if p != nil {
			errs = append(errs, p.Stop())
		}
	}
	return errors.Join(errs...)
}

// Dir is the state directory.
func (c *ControlPlane) Dir() string {
	return c.dir
}

// Kubectl is the path of a kubectl of the same version.
func (c *ControlPlane) Kubectl() string {
	return filepath.Join(c.binaries, kubectlProgram)
}

// Etcd is the process, to be stopped and started by a test.
func (c *ControlPlane) Etcd() *Process { return c.etcd }

// KubeAPIServer is the process, to be stopped and started by a test.
func (c *ControlPlane) KubeAPIServer() *Process { return c.kubeAPIServer }

// ControllerManager is the process, to be stopped and started by a test.
func (c *ControlPlane) ControllerManager() *Process { return c.controllerManager }

// Replicas are the running and stopped servers of ours, the registered one first.
func (c *ControlPlane) Replicas() []*Process { return slices.Clone(c.replicas) }
