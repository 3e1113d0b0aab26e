// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/cli-runtime/pkg/printers"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/pkg/generated/clientset/versioned/scheme"
)

const (
	renewLong = `Count the time of a Space from now on, so that it is deleted later.

It lives for its ttl once more, or for the one that you give it. Its account may limit both, and how long it may live
from its creation on, however often it is renewed.`

	renewExample = `  # Keep the Space my-space for its ttl, from now on
  kubectl space renew my-space

  # Keep it for another two hours, and from then on whenever it is renewed
  kubectl space renew my-space --ttl=2h

  # Tell a script when it is deleted now
  kubectl space renew my-space -o jsonpath='{.status.expiresAt}'`
)

// renewOptions is what "kubectl space renew" was asked to do.
type renewOptions struct {
	connection *connection
	streams    genericiooptions.IOStreams
	printFlags *genericclioptions.PrintFlags

	ttl    string
	dryRun string
}

// newRenewCommand returns "kubectl space renew".
func newRenewCommand(c *connection, streams genericiooptions.IOStreams) *cobra.Command {
	o := &renewOptions{
		connection: c,
		streams:    streams,
		printFlags: genericclioptions.NewPrintFlags("renewed").WithTypeSetter(scheme.Scheme),
	}
	cmd := &cobra.Command{
		Use:                   "renew NAME [--ttl=DURATION] [--dry-run=server|client|none] [options]",
		DisableFlagsInUseLine: true,
		Short:                 "Count the time of a Space from now on",
		Long:                  renewLong,
		Example:               renewExample,
		ValidArgsFunction:     completeSpaces(c),
		RunE: func(cmd *cobra.Command, args []string) error {
			name, err := oneSpace(cmd, args)
			if err != nil {
				return err
			}
			return o.run(cmd.Context(), o.renewal(cmd, name))
		},
	}
	o.printFlags.AddFlags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&o.ttl, "ttl", "", `How long the Space lives from now on, such as "2h" or "1h30m". If omitted, as long as before.`)
	addDryRunFlag(flags, &o.dryRun)
	complete(cmd, map[string]cobra.CompletionFunc{
		outputFlag: completeFixed(o.printFlags.AllowedFormats()...),
		dryRunFlag: completeFixed("none", "server", "client"),
		"ttl":      cobra.NoFileCompletions,
	})
	return cmd
}

// renewal returns what the command line asks for.
func (o *renewOptions) renewal(cmd *cobra.Command, name string) *v1alpha1.SpaceRenewal {
	renewal := &v1alpha1.SpaceRenewal{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if cmd.Flags().Changed("ttl") {
		renewal.Spec.TTL = new(v1alpha1.Duration(o.ttl))
	}
	return renewal
}

// run renews the Space as far as --dry-run allows, and prints the answer.
func (o *renewOptions) run(ctx context.Context, renewal *v1alpha1.SpaceRenewal) error {
	strategy, err := parseDryRun(o.dryRun, o.streams.ErrOut)
	if err != nil {
		return err
	}
	printer, err := printerFor(o.printFlags, strategy)
	if err != nil {
		return err
	}
	message := "renewed"
	if strategy != dryRunClient {
		spaces, err := o.connection.spaces()
		if err != nil {
			return err
		}
		renewal, err = spaces.Renew(ctx, renewal.Name, renewal, metav1.CreateOptions{DryRun: strategy.server()})
		if err != nil {
			return err
		}
		message += ": " + expiry(renewal.Status.ExpiresAt, time.Now())
	}
	if *o.printFlags.OutputFormat == "" {
		printer = &printers.NamePrinter{Operation: fmt.Sprintf(strategy.successTemplate(), message)}
	}
	return printer.PrintObj(o.shown(renewal), o.streams.Out)
}

// shown returns what is printed: where that is but a name, the Space.
func (o *renewOptions) shown(renewal *v1alpha1.SpaceRenewal) runtime.Object {
	switch *o.printFlags.OutputFormat {
	case "", "name":
		return &v1alpha1.Space{
			TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.SchemeGroupVersion.String(), Kind: "Space"},
			ObjectMeta: metav1.ObjectMeta{Name: renewal.Name},
		}
	default:
		return renewal
	}
}

// expiry says when a Space is deleted that expires then, or never if that is nil.
func expiry(at *metav1.Time, now time.Time) string {
	if at == nil {
		return never + " expires"
	}
	return "expires " + remaining(at, now)
}

// never is when a Space expires that does not.
const never = "never"

// remaining says the same in a word or two.
func remaining(at *metav1.Time, now time.Time) string {
	if at == nil {
		return never
	}
	moment := at.UTC().Format(time.RFC3339)
	left := at.Sub(now)
	if left <= 0 {
		return fmt.Sprintf("now (%s)", moment)
	}
	return fmt.Sprintf("in %s (%s)", countdown(left), moment)
}

// roundedAbove is from when on nobody counts the seconds.
const roundedAbove = 10 * time.Minute

// countdown writes how much time is left as people do: 2h, 1h30m, 90s, though never 2h0m0s.
func countdown(left time.Duration) string {
	if left > roundedAbove {
		left = left.Round(time.Minute)
	}
	text := left.Round(time.Second).String()
	if short, ok := strings.CutSuffix(text, "m0s"); ok {
		text = short + "m"
	}
	if short, ok := strings.CutSuffix(text, "h0m"); ok {
		text = short + "h"
	}
	return text
}
