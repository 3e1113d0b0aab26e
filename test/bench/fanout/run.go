// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"

	"tenancy.example.io/spaces/test/bench/report"
	"tenancy.example.io/spaces/test/bench/wire"
	"tenancy.example.io/spaces/test/controlplane"
)

// Run populates the control plane and measures. The Tables are there as far as it came, even with an error, which says
// that something does not work; that something is slow is in the Tables alone. What it has made, it leaves behind.
func Run(ctx context.Context, plane *controlplane.ControlPlane, server *controlplane.Process, config Config) ([]report.Table, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	b, err := newBench(plane, server, newWorld(config))
	if err != nil {
		return nil, err
	}
	config.log("Making %d Spaces for %d users", config.Namespaces, config.Users)
	if err := populate(ctx, b.admin, b.world); err != nil {
		return nil, err
	}
	if plane.ControllerManager().Running() {
		config.log("Waiting for what the controllers make in them")
		if err := settle(ctx, b.admin, config.Namespaces); err != nil {
			return nil, err
		}
	}
	var found []outcome
	var errs []error
	for _, s := range []subject{b.ours(), b.native()} {
		o, err := b.measure(ctx, s)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.name, err))
		}
		found = append(found, o)
	}
	return tables(b.world, found), errors.Join(errs...)
}

// bench has what the measurements have in common.
type bench struct {
	world
	admin        *rest.Config
	writer       coreclient.NamespaceInterface
	spaces, kube probe
	// written is how often each namespace has been changed so far.
	written []int
}

func newBench(plane *controlplane.ControlPlane, server *controlplane.Process, w world) (b *bench, err error) {
	b = &bench{world: w, admin: plane.AdminConfig(), written: make([]int, w.Namespaces)}
	if b.writer, err = newWriter(plane.AdminConfig()); err != nil {
		return nil, err
	}
	if b.spaces, err = newProbe(plane.DirectConfig(b.admin, server), "spaces"); err != nil {
		return nil, err
	}
	b.kube, err = newProbe(b.admin, "namespaces")
	return b, err
}

// newWriter returns a client of namespaces that has as little to do as there may be.
func newWriter(config *rest.Config) (coreclient.NamespaceInterface, error) {
	config.QPS, config.ContentType = -1, runtime.ContentTypeProtobuf
	client, err := coreclient.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("preparing to change namespaces: %w", err)
	}
	return client.Namespaces(), nil
}

// subject is who is watched, and how.
type subject struct {
	name  string
	probe probe
	// watch returns the path of a user's watch, and whom to ask as.
	watch func(user int) (path string, as wire.User)
	// tidy says that nothing may be left when all watchers have gone.
	tidy bool
	// profile is the file for a CPU profile.
	profile string
}

func (b *bench) ours() subject {
	return subject{
		name:    "Spaces, through the aggregator",
		probe:   b.spaces,
		tidy:    true,
		profile: b.Profile,
		watch: func(user int) (string, wire.User) {
			return "/apis/spaces.tenancy.example.io/v1alpha1/spaces?watch=true", account(user)
		},
	}
}

// native has an administrator watch the same namespaces: users cannot.
func (b *bench) native() subject {
	return subject{
		name:  "namespaces of the kube-apiserver, by label",
		probe: b.kube,
		watch: func(user int) (string, wire.User) {
			return "/api/v1/namespaces?watch=true&labelSelector=" + sightLabel(user), wire.User{}
		},
	}
}

// clocks is the CPU time that the programs have used.
type clocks struct {
	spaces, kube, clients time.Duration
}

func (c clocks) since(earlier clocks) clocks {
	return clocks{spaces: c.spaces - earlier.spaces, kube: c.kube - earlier.kube, clients: c.clients - earlier.clients}
}

func (b *bench) clocks(ctx context.Context) (c clocks, err error) {
	spaces, err := b.spaces.read(ctx)
	if err != nil {
		return c, err
	}
	kube, err := b.kube.read(ctx)
	if err != nil {
		return c, err
	}
	var self syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &self); err != nil {
		return c, fmt.Errorf("reading our own CPU time: %w", err)
	}
	own := time.Duration(self.Utime.Nano() + self.Stime.Nano())
	return clocks{spaces: spaces.CPU, kube: kube.CPU, clients: own}, nil
}
