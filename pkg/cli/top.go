// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

const (
	topLong = `Show how much of the budgets is spent, and which Spaces take the most of them.

Budgets are that of the cluster and those of the accounts, or of the accounts with the specified names; those that are
spent the most come first. Spaces are compared by the largest part that they take of a resource of their account's
budget, or of the cluster's where that of the account says nothing of it. What you may not see is not counted.

It is drawn as bars if the output is a terminal, and a table otherwise.`

	topExample = `  # Show the budgets that you see, and the largest Spaces
  kubectl space top

  # Show those of the account team-a alone, with all of its Spaces
  kubectl space top team-a --limit=0

  # Show who has the most memory
  kubectl space top --sort-by=requests.memory

  # Show the names of the three largest Spaces
  kubectl space top --limit=3 -o json | jq -r '.spaces[].name'`

	// topLimit is how many accounts and Spaces are shown unless one says otherwise.
	topLimit = 10
)

// topOptions is what "kubectl space top" was asked to do.
type topOptions struct {
	connection *connection
	streams    genericiooptions.IOStreams
	printFlags *genericclioptions.JSONYamlPrintFlags

	output string
	limit  int
	sortBy string
}

// newTopCommand returns "kubectl space top".
func newTopCommand(c *connection, streams genericiooptions.IOStreams) *cobra.Command {
	o := &topOptions{connection: c, streams: streams, printFlags: genericclioptions.NewJSONYamlPrintFlags()}
	cmd := &cobra.Command{
		Use:                   "top [ACCOUNT...] [--limit=NUMBER] [--sort-by=RESOURCE] [-o json|yaml] [options]",
		DisableFlagsInUseLine: true,
		Short:                 "Show how much of the budgets is spent, and by which Spaces",
		Long:                  topLong,
		Example:               topExample,
		ValidArgsFunction:     completeEach(completeAccounts(c)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.limit < 0 {
				return usageErrorf(cmd, "--limit must be 0 or more, got %d", o.limit)
			}
			accounts, err := accountNames(args)
			if err != nil {
				return err
			}
			return o.run(cmd.Context(), accounts)
		},
	}
	o.addFlags(cmd)
	return cmd
}

func (o *topOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVarP(&o.output, outputFlag, "o", "", "Output format. One of: (json, yaml, kyaml). If omitted, it is for people.")
	flags.IntVar(&o.limit, "limit", topLimit, "How many Spaces are shown, and how many accounts if none are specified. 0 is all.")
	flags.StringVar(&o.sortBy, "sort-by", "", `Resource to compare by, such as "requests.memory": Spaces by how much of it they `+
		"are charged, accounts by how much of it is spent.")
	complete(cmd, map[string]cobra.CompletionFunc{
		outputFlag: completeFixed(o.printFlags.AllowedFormats()...),
		"limit":    cobra.NoFileCompletions,
		"sort-by": completeFixed("limits.cpu", "limits.memory", "pods", "requests.cpu", "requests.memory",
			"requests.storage", "spaces"),
	})
}

// accountNames takes the names out of NAME, account/NAME and whatever "-o name" prints for an account, each of them once.
func accountNames(args []string) ([]string, error) {
	var names []string
	for _, arg := range args {
		name, err := nameOf(arg, "an account", "account", "accounts", "acc")
		if err != nil {
			return nil, err
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// run shows the budgets of these accounts, or all if there are none.
func (o *topOptions) run(ctx context.Context, accounts []string) error {
	show, err := o.shower()
	if err != nil {
		return err
	}
	seen, err := o.connection.look(ctx, accounts)
	if err != nil {
		return err
	}
	if unseen := seen.unseen(); unseen != "" {
		fmt.Fprintf(o.streams.ErrOut, "Not shown, since you may not see it: %s.\n", unseen)
	}
	summary := seen.summary(o.sortBy)
	if o.sortBy != "" && !summary.names(o.sortBy) {
		return fmt.Errorf("no budget and no Space names the resource %q", o.sortBy)
	}
	if left := summary.cut(o.limit, len(accounts) > 0); left != "" {
		fmt.Fprintf(o.streams.ErrOut, "Not shown: %s; --limit=0 shows all.\n", left)
	}
	return show(summary)
}

// shower returns what shows a summary in the format that was asked for.
func (o *topOptions) shower() (func(*topSummary) error, error) {
	if o.output == "" {
		return o.showPeople, nil
	}
	printer, err := o.printFlags.ToPrinter(o.output)
	if err != nil {
		return nil, err
	}
	return func(summary *topSummary) error {
		text, err := json.Marshal(summary)
		if err != nil {
			return err
		}
		var object unstructured.Unstructured
		if err := object.UnmarshalJSON(text); err != nil {
			return err
		}
		return printer.PrintObj(&object, o.streams.Out)
	}, nil
}

// showPeople shows a summary to people.
func (o *topOptions) showPeople(summary *topSummary) error {
	if len(summary.Budgets) == 0 && len(summary.Spaces) == 0 {
		fmt.Fprintln(o.streams.ErrOut, "No resources found")
		return nil
	}
	if canvas, ok := canvasOf(o.streams.Out); ok {
		return canvas.draw(o.streams.Out, summary)
	}
	return tabulate(o.streams.Out, summary)
}
