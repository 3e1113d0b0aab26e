// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Command spaces-apiserver serves the API group spaces.tenancy.example.io behind the aggregation layer of a
// kube-apiserver, and runs its controllers.
package main

import (
	"os"

	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/component-base/cli"

	"tenancy.example.io/spaces/cmd/spaces-apiserver/app"
)

func main() {
	os.Exit(cli.Run(app.NewCommand(genericapiserver.SetupSignalContext())))
}
