// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package app is the command line of the server.
package app

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	cliflag "k8s.io/component-base/cli/flag"
	logsapi "k8s.io/component-base/logs/api/v1"
)

// helpWidth is how many columns the text of the help takes.
const helpWidth = 120

// NewCommand returns the command that serves until the context ends.
func NewCommand(ctx context.Context) *cobra.Command {
	options := NewOptions()
	command := &cobra.Command{
		Use:   "spaces-apiserver",
		Short: "Serve Spaces: namespaces that people make for themselves",
		Long: `Serve the API group spaces.tenancy.example.io behind the aggregation layer of a kube-apiserver: Spaces, which are
views of namespaces, each shown to those who may get the namespace. Its own state is in the namespaces.`,
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE:         func(*cobra.Command, []string) error { return run(ctx, options) },
	}
	flags := options.Flags()
	for _, set := range flags.FlagSets {
		command.Flags().AddFlagSet(set)
	}
	cliflag.SetUsageAndHelpFunc(command, *flags, helpWidth)
	return command
}

func run(ctx context.Context, options *Options) error {
	pace := keepPace(ctx)
	go keepCPUs(ctx)
	if err := logsapi.ValidateAndApply(options.Logs, utilfeature.DefaultFeatureGate); err != nil {
		return err
	}
	if err := utilerrors.NewAggregate(options.Validate()); err != nil {
		return err
	}
	config, err := options.Config()
	if err != nil {
		return fmt.Errorf("configure: %w", err)
	}
	server, err := config.Complete().New()
	if err != nil {
		return err
	}
	go pace.follow(ctx, server.Overdue)
	return server.Run(ctx)
}
