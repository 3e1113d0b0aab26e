// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/component-base/logs"
)

const (
	pluginPrefix          = "kubectl-"
	completionPrefix      = "kubectl_complete-"
	createProgram         = "kubectl-create-space"
	createTemplateProgram = "kubectl-create-spacetemplate"
)

// errReported ends a command that has said what is wrong.
var errReported = errors.New("already reported")

// Run runs the program that args[0] names with the other args, and returns its exit code.
func Run(ctx context.Context, args []string, streams genericiooptions.IOStreams) int {
	program, args := resolve(args)
	cmd := newProgram(program, streams) //nolint:contextcheck // Commands get their context when they are executed.
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if !errors.Is(err, errReported) {
		fmt.Fprintln(streams.ErrOut, strings.TrimSuffix(message(err), "\n"))
	}
	return 1
}

// resolve returns the plugin that is called, and its arguments. To complete the arguments of a plugin, kubectl calls
// the program kubectl_complete-PLUGIN with what has been typed so far.
func resolve(args []string) (string, []string) {
	if len(args) == 0 {
		return "", []string{}
	}
	program, args := strings.TrimSuffix(filepath.Base(args[0]), ".exe"), args[1:]
	if plugin, ok := strings.CutPrefix(program, completionPrefix); ok {
		return pluginPrefix + plugin, slices.Concat([]string{cobra.ShellCompRequestCmd}, args)
	}
	return program, args
}

// newProgram returns the root command of a program.
func newProgram(name string, streams genericiooptions.IOStreams) *cobra.Command {
	c := newConnection(streams.ErrOut)
	cmd, displayName := newRootCommand(name, c, streams)
	cmd.Annotations = map[string]string{cobra.CommandDisplayNameAnnotation: displayName}
	cmd.SilenceErrors = true
	cmd.SilenceUsage = true
	cmd.SetIn(streams.In)
	cmd.SetOut(streams.Out)
	cmd.SetErr(streams.ErrOut)
	cmd.SetUsageFunc(printUsage)
	cmd.SetFlagErrorFunc(flagError)
	cmd.SetGlobalNormalizationFunc(cliflag.WordSepNormalizeFunc)
	c.addFlags(cmd)
	logs.AddFlags(cmd.PersistentFlags())
	return cmd
}

// newRootCommand returns the command of that name, and what people call it. Every name but those below "kubectl create"
// is "kubectl space".
func newRootCommand(name string, c *connection, streams genericiooptions.IOStreams) (*cobra.Command, string) {
	switch name {
	case createProgram:
		return newCreateCommand(createProgram, c, streams), "kubectl create space"
	case createTemplateProgram:
		return newCreateTemplateCommand(createTemplateProgram, c, streams), "kubectl create spacetemplate"
	default:
		return newSpaceCommand(c, streams), "kubectl space"
	}
}

// newSpaceCommand returns "kubectl space".
func newSpaceCommand(c *connection, streams genericiooptions.IOStreams) *cobra.Command {
	cmd := &cobra.Command{
		Use:                   "kubectl-space",
		DisableFlagsInUseLine: true,
		Short:                 "Work with Spaces",
		Long: `Work with Spaces: namespaces that you create, and that may expire.

A Space is an ordinary object as well: "kubectl get spaces", "kubectl edit space NAME" and "kubectl delete space NAME"
need no plugin.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cmd.SetOut(streams.ErrOut)
			return errors.Join(cmd.Help(), errReported)
		},
	}
	cmd.AddCommand(
		newCreateCommand("create", c, streams),
		newDescribeCommand(c, streams),
		newUseCommand(c, streams),
		newKubeconfigCommand(c, streams),
		newRenewCommand(c, streams),
		newTemplateCommand(c, streams),
		newTopCommand(c, streams),
	)
	return cmd
}

// usageErrorf returns an error about how a command was called.
func usageErrorf(cmd *cobra.Command, format string, args ...any) error {
	return fmt.Errorf("%s\nSee '%s -h' for help and examples", fmt.Sprintf(format, args...), cmd.CommandPath())
}

// flagError returns an error about an option that could not be read.
func flagError(cmd *cobra.Command, err error) error {
	//nolint:revive,staticcheck // It ends as kubectl ends it.
	return fmt.Errorf("%w\nSee '%s --help' for usage.", err, cmd.CommandPath())
}
