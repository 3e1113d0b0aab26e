// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/printers"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

const (
	outputFlag = "output"
	// kubeconfigFormat is the one output format that is not kubectl's: not the Space that was created, but a kubeconfig
	// for it.
	kubeconfigFormat = "kubeconfig"
)

// addOutputFlags adds kubectl's options for what is printed, with one format more, and without --template, which is for
// templates of Spaces here: "-o go-template=TEMPLATE" says the same.
func (o *createOptions) addOutputFlags(cmd *cobra.Command) {
	o.printFlags.TemplatePrinterFlags.TemplateArgument = nil
	o.printFlags.AddFlags(cmd)
	cmd.Flags().Lookup(outputFlag).Usage = fmt.Sprintf("Output format. One of: (%s). With %s, it is a kubeconfig for the "+
		`Space, as "kubectl space kubeconfig NAME" prints it.`, strings.Join(o.formats(), ", "), kubeconfigFormat)
}

// formats are those that --output can name.
func (o *createOptions) formats() []string {
	return append(o.printFlags.AllowedFormats(), kubeconfigFormat)
}

// output returns what prints the Space that such a write has left.
func (o *createOptions) output(strategy dryRun) (func(context.Context, *v1alpha1.Space) error, error) {
	if strings.EqualFold(*o.printFlags.OutputFormat, kubeconfigFormat) {
		return o.printKubeconfig, checkCreates(strategy)
	}
	printer, err := printerFor(o.printFlags, strategy)
	if unknown, ok := errors.AsType[genericclioptions.NoCompatiblePrinterError](err); ok {
		unknown.AllowedFormats = o.formats()
		return nil, unknown
	}
	if err != nil {
		return nil, err
	}
	return func(_ context.Context, space *v1alpha1.Space) error {
		return printer.PrintObj(space, o.streams.Out)
	}, nil
}

// printerFor returns what prints the object that such a write has left.
func printerFor(flags *genericclioptions.PrintFlags, strategy dryRun) (printers.ResourcePrinter, error) {
	if err := flags.Complete(strategy.successTemplate()); err != nil {
		return nil, err
	}
	return flags.ToPrinter()
}

// checkCreates returns an error unless such a write leaves a Space that a kubeconfig can reach into.
func checkCreates(strategy dryRun) error {
	if strategy != dryRunNone {
		return errors.New("--dry-run and -o kubeconfig cannot be used together: a Space that is not created has no kubeconfig")
	}
	return nil
}

// printKubeconfig prints a kubeconfig for a Space that was just created.
func (o *createOptions) printKubeconfig(ctx context.Context, space *v1alpha1.Space) error {
	file, err := o.connection.requestKubeconfig(ctx, space.Name, 0)
	if err == nil {
		_, err = o.streams.Out.Write(file)
	}
	if err != nil {
		return &noKubeconfigError{space: space.Name, err: err}
	}
	return nil
}

// noKubeconfigError says why there is no kubeconfig for a Space that was created, and what to do about the Space.
type noKubeconfigError struct {
	space string
	err   error
}

func (e *noKubeconfigError) Error() string { return e.err.Error() + "\n" + e.advice() }

func (e *noKubeconfigError) Unwrap() error { return e.err }

func (e *noKubeconfigError) advice() string {
	return fmt.Sprintf(`The Space %q was created and exists. Get its kubeconfig by "kubectl space kubeconfig %s", `+
		`or delete it by "kubectl delete space %s".`, e.space, e.space, e.space)
}
