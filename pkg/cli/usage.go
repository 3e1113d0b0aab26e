// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const globalOptionsHint = `Use "kubectl options" for a list of global command-line options (applies to all commands).`

// printUsage prints how a command is used, in the form of kubectl's help.
func printUsage(cmd *cobra.Command) error {
	var sections []string
	if cmd.HasExample() {
		sections = append(sections, "Examples:\n"+cmd.Example)
	}
	if cmd.HasAvailableSubCommands() {
		sections = append(sections, "Available Commands:\n"+listCommands(cmd))
	}
	if options := listOptions(cmd.LocalNonPersistentFlags()); options != "" {
		sections = append(sections, "Options:\n"+options)
	}
	sections = append(sections, "Usage:\n  "+useLine(cmd), globalOptionsHint)
	_, err := fmt.Fprintln(cmd.OutOrStderr(), strings.Join(sections, "\n\n"))
	return err
}

func useLine(cmd *cobra.Command) string {
	if cmd.HasAvailableSubCommands() {
		return cmd.CommandPath() + " COMMAND [options]"
	}
	return cmd.UseLine()
}

func listCommands(cmd *cobra.Command) string {
	var lines []string
	for _, each := range cmd.Commands() {
		if each.IsAvailableCommand() {
			lines = append(lines, fmt.Sprintf("  %-*s  %s", cmd.NamePadding(), each.Name(), each.Short))
		}
	}
	return strings.Join(lines, "\n")
}

func listOptions(flags *pflag.FlagSet) string {
	var options []string
	flags.VisitAll(func(flag *pflag.Flag) {
		if !flag.Hidden && flag.Name != "help" {
			options = append(options, describeOption(flag))
		}
	})
	return strings.Join(options, "\n\n")
}

func describeOption(flag *pflag.Flag) string {
	value := flag.DefValue
	if flag.Value.Type() == "string" {
		value = "'" + value + "'"
	}
	shorthand := ""
	if flag.Shorthand != "" {
		shorthand = "-" + flag.Shorthand + ", "
	}
	return fmt.Sprintf("    %s--%s=%s:\n\t%s", shorthand, flag.Name, value, flag.Usage)
}
