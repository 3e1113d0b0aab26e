// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"k8s.io/client-go/rest"
)

// spacesGrace is more than our server takes to close its watches and finish what it does.
const spacesGrace = 20 * time.Second

// StartSpaces starts a server of ours from the given program, and returns when it is ready. The first one is the one
// that the APIService of InstallSpaces names; further ones are replicas on ports of their own. Arguments are added to
// those that every server needs. Stop ends them with the control plane.
func (c *ControlPlane) StartSpaces(ctx context.Context, program string, args ...string) (*Process, error) {
	replica := len(c.replicas)
	if replica >= maxReplicas {
		return nil, fmt.Errorf("a control plane has ports for %d servers", maxReplicas)
	}
	program, err := filepath.Abs(program)
	if err != nil {
		return nil, fmt.Errorf("looking for our server: %w", err)
	}
	command, err := c.spacesCommand(replica, program, args)
	if err != nil {
		return nil, err
	}
	p, err := c.newProcess(command)
	if err != nil {
		return nil, err
	}
	if err := c.ensureRunning(ctx, p); err != nil {
		return nil, err
	}
	c.replicas = append(c.replicas, p)
	if replica == 0 {
		return p, c.RegisterSpaces(ctx, p)
	}
	return p, nil
}

func (c *ControlPlane) spacesCommand(replica int, program string, args []string) (command, error) {
	port := c.ports.spaces(replica)
	ready, err := probe("https://"+address(port)+"/readyz", c.spacesTrust())
	name := serviceName
	if replica > 0 {
		name += "-" + strconv.Itoa(replica+1)
	}
	return command{
		name:    name,
		program: program,
		args:    append(c.SpacesFlags(replica), args...),
		ports:   []int{port},
		order:   spacesOrder + replica,
		grace:   spacesGrace,
		ready:   ready,
	}, err
}

// SpacesFlags are the flags that a server of ours needs here; replicas are counted from 0.
func (c *ControlPlane) SpacesFlags(replica int) []string {
	server, kubeconfig := c.credentials.files(serviceName), kubeconfigFile(c.dir, spacesUser)
	return []string{
		"--bind-address=" + loopback,
		"--secure-port=" + strconv.Itoa(c.ports.spaces(replica)),
		"--tls-cert-file=" + server.Certificate,
		"--tls-private-key-file=" + server.Key,
		"--kubeconfig=" + kubeconfig,
		"--authentication-kubeconfig=" + kubeconfig,
		"--authorization-kubeconfig=" + kubeconfig,
		"-v=2",
	}
}

// DirectConfig is for the same client as config, talking to one server of ours and not to the kube-apiserver in front.
func (c *ControlPlane) DirectConfig(config *rest.Config, server *Process) *rest.Config {
	direct := rest.CopyConfig(config)
	direct.Host = "https://" + address(server.Port())
	direct.CAFile, direct.CAData = "", c.spacesTrust().CAData
	return direct
}

func (c *ControlPlane) spacesTrust() rest.TLSClientConfig {
	return rest.TLSClientConfig{CAData: c.credentials.spaces.CertificatePEM()}
}
