// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"tenancy.example.io/spaces/test/controlplane"
)

const firstSteps = `
Logs are in %s; make down stops everything. Try:

  export PATH=%s:$PATH
  export KUBECONFIG=%s
  kubectl create space team-a
  kubectl get spaces
  kubectl --namespace team-a create deployment hello --image=hello

There are also %s.kubeconfig, %s.kubeconfig and %s.kubeconfig. README.md has a first tour.
`

// up is idempotent: it leaves alone what runs as wanted, and restarts what has changed.
func (p place) up(ctx context.Context, withServer bool) error {
	c, err := controlplane.Start(ctx, controlplane.Options{
		Dir:      p.dir,
		PortBase: p.port,
		Version:  p.version,
		Out:      os.Stdout,
		Detach:   true,
	})
	if errors.Is(err, controlplane.ErrPortTaken) {
		return fmt.Errorf("%w; LOCAL_PORT chooses other ports", err)
	}
	if err != nil {
		return err
	}
	if err := p.upSpaces(ctx, c, withServer); err != nil {
		return errors.Join(err, c.Close(), errors.New("the control plane goes on; make down stops it"))
	}
	p.printFirstSteps(c, withServer)
	return c.Close()
}

func (p place) upSpaces(ctx context.Context, c *controlplane.ControlPlane, withServer bool) error {
	bin := filepath.Join(p.root, "_output", "bin")
	if err := controlplane.Link(c.Kubectl(), filepath.Join(bin, "kubectl")); err != nil {
		return err
	}
	fmt.Println("Applying artifacts/local")
	if err := c.InstallSpaces(ctx); err != nil || !withServer {
		return err
	}
	if _, err := controlplane.BuildProduct(ctx, os.Stdout, bin); err != nil {
		return err
	}
	_, err := c.StartSpaces(ctx, filepath.Join(bin, "spaces-apiserver"))
	return err
}

func (p place) printFirstSteps(c *controlplane.ControlPlane, withServer bool) {
	if !withServer {
		fmt.Printf("\nThe control plane is up. Run the server yourself with\n\n  spaces-apiserver %s\n",
			strings.Join(c.SpacesFlags(0), " \\\n    "))
	}
	fmt.Printf(firstSteps, filepath.Join(c.Dir(), "logs"), filepath.Join(p.root, "_output", "bin"),
		c.Kubeconfig(controlplane.Alice), controlplane.Bob, controlplane.Eve, controlplane.Admin)
}
