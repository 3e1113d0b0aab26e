// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Command local runs a Kubernetes control plane and our server on this machine, for development.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"tenancy.example.io/spaces/test/controlplane"
)

const usage = `usage: go run ./hack/local up [-without-server] | down | clean | build

  up     builds what is missing, starts everything, and says what to try first
  down   stops exactly what up has started; the state stays
  clean  stops it, and removes the state
  build  builds the control plane, if it is missing, and starts nothing

LOCAL_DIR           where the state lives (_output/local)
LOCAL_PORT          the first of 20 ports (17443)
KUBERNETES_VERSION  the control plane's version
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.Usage = func() { fmt.Fprint(os.Stderr, usage) }
	withoutServer := flags.Bool("without-server", false, "")
	if len(args) == 0 {
		flags.Usage()
		return errors.New("say up, down, clean or build")
	}
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	place, err := placeFromEnvironment()
	if err != nil {
		return err
	}
	switch args[0] {
	case "up":
		return place.up(ctx, !*withoutServer)
	case "down":
		return place.down()
	case "clean":
		return place.clean()
	case "build":
		_, err := controlplane.BuildPrograms(ctx, place.version, os.Stdout)
		return err
	}
	return fmt.Errorf("%q is none of up, down, clean and build", args[0])
}
