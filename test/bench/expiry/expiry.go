// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package expiry measures how long after their time Spaces are deleted, beside a client that deletes as many namespaces as
// fast as it can.
package expiry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"k8s.io/client-go/kubernetes"

	spacesclient "tenancy.example.io/spaces/pkg/generated/clientset/versioned/typed/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/bench/report"
	"tenancy.example.io/spaces/test/controlplane"
)

// Config says how much is measured.
type Config struct {
	Out io.Writer
	// Count is how many expire at the same moment, or are deleted by the bare client, in one turn.
	Count int
	// Alone is how many expire while nothing else happens, at most two at a time.
	Alone int
	// Workers is how many our server deletes at a time, and so the bare client.
	Workers int
}

// DefaultConfig is what docs/benchmarks.md has.
func DefaultConfig(out io.Writer) Config {
	return Config{Out: out, Count: 5000, Alone: 60, Workers: 8}
}

const (
	// goalRate is how many times as many a second must be deleted, at least, as by the bare client.
	goalRate = 0.9
	// goalAlone is how late 99 of 100 are deleted at most, if nothing else happens.
	goalAlone = time.Second
	// goalOthers is how many times as long other requests may take meanwhile.
	goalOthers = 2.0
)

// Env is what the kube-apiserver's environment must have beside ours: it then collects its garbage before each turn, when it is
// asked to, and in none. Otherwise it begins at about the four thousandth of 5,000 deletions, in some turns a second time, and
// deletes half as many or fewer for some seconds; which of them is chance.
var Env = []string{"GOGC=400"}

// bench is what all parts of the measurement share.
type bench struct {
	Config

	kube kubernetes.Interface
	// bare is a user who may delete namespaces, and waits its turn in the kube-apiserver as our server does.
	bare   kubernetes.Interface
	spaces spacesclient.SpaceInterface
	probe  prober
}

// Run measures on a control plane with our server.
func Run(ctx context.Context, plane *controlplane.ControlPlane, server *controlplane.Process, config Config) ([]report.Table, error) {
	b, err := newBench(plane, server, config)
	if err != nil {
		return nil, err
	}
	if err := b.make(ctx); err != nil {
		return nil, fmt.Errorf("making Spaces and namespaces: %w", err)
	}
	alone, err := b.expireAlone(ctx)
	if err != nil {
		return nil, err
	}
	idle := b.probe.during(ctx, func() { sleep(ctx, 10*time.Second) })
	turns, err := b.inTurns(ctx)
	if err != nil {
		return nil, err
	}
	return b.tables(alone, idle, turns), nil
}

// turns is what was measured of ours, and of the bare client with namespaces of either kind.
type turns struct {
	ours, kept, empty outcome
}

const (
	// expiring is how many turns Spaces have, and deleting how many turns the bare client has with namespaces of each kind.
	expiring = 4
	deleting = 2
)

// inTurns has the bare client delete namespaces, and Spaces expire, one after the other. All turns have the same length, as a
// machine, and the kube-apiserver's garbage collector, have periods of their own; and in the mean each comes as late as the
// others, as more and more namespaces are being deleted meanwhile.
func (b *bench) inTurns(ctx context.Context) (all turns, err error) {
	for _, turn := range []struct {
		take func(ctx context.Context, first int) (outcome, error)
		nth  int
		to   *outcome
	}{
		{b.deleteKept, 0, &all.kept},
		{b.expire, 0, &all.ours},
		{b.deleteEmpty, 0, &all.empty},
		{b.expire, 1, &all.ours},
		{b.expire, 2, &all.ours},
		{b.deleteEmpty, 1, &all.empty},
		{b.expire, 3, &all.ours},
		{b.deleteKept, 1, &all.kept},
	} {
		o, err := turn.take(ctx, turn.nth*b.Count)
		if err != nil {
			return all, err
		}
		fmt.Fprintf(b.Out, "%d a second\n", int(o.rate()))
		*turn.to = turn.to.and(o)
	}
	return all, nil
}

func newBench(plane *controlplane.ControlPlane, server *controlplane.Process, config Config) (*bench, error) {
	admin := plane.AdminConfig()
	admin.QPS = -1
	spaces, errSpaces := spacesclient.NewForConfig(admin)
	admin.ContentType = "application/vnd.kubernetes.protobuf"
	kube, errKube := kubernetes.NewForConfig(admin)
	there := plane.DirectConfig(plane.AdminConfig(), server)
	there.QPS = -1
	direct, errDirect := spacesclient.NewForConfig(there)
	user, errUser := plane.UserConfig(deleter)
	if err := errors.Join(errSpaces, errKube, errDirect, errUser); err != nil {
		return nil, err
	}
	user.QPS, user.ContentType = -1, admin.ContentType
	bare, err := kubernetes.NewForConfig(user)
	return &bench{Config: config, kube: kube, bare: bare, spaces: spaces.Spaces(), probe: prober{direct.Spaces()}}, err
}

// outcome is what was measured while many were deleted.
type outcome struct {
	// samples are how long each took: after its time, or after it was asked for.
	samples report.Samples
	deleted int
	spent   time.Duration
	// others are how long another request took meanwhile, each time.
	others report.Samples
}

func (o outcome) rate() float64 { return float64(o.deleted) / o.spent.Seconds() }

func (o outcome) and(more outcome) outcome {
	return outcome{
		samples: append(o.samples, more.samples...), deleted: o.deleted + more.deleted,
		spent: o.spent + more.spent, others: append(o.others, more.others...),
	}
}

func sleep(ctx context.Context, long time.Duration) {
	select {
	case <-time.After(long):
	case <-ctx.Done():
	}
}
