// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Command kubectl-space is the kubectl plugin for Spaces: "kubectl space" and, linked to the names
// kubectl-create-space and kubectl-create-spacetemplate, "kubectl create space" and "kubectl create spacetemplate".
package main

import (
	"context"
	"os"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	// The authentication plugins that a kubeconfig may name.
	_ "k8s.io/client-go/plugin/pkg/client/auth"

	"tenancy.example.io/spaces/pkg/cli"
)

func main() {
	streams := genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	os.Exit(cli.Run(context.Background(), os.Args, streams))
}
