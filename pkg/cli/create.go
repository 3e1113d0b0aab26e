// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/pkg/generated/clientset/versioned/scheme"
)

const (
	createLong = `Create a Space with the specified name.

The namespace of that name is created, and with it what makes it a place to work in.`

	createExample = `  # Create a Space named my-space
  kubectl create space my-space

  # Create a Space that is deleted after two hours, with everything in it
  kubectl create space my-space --ttl=2h

  # Create a Space that is charged to the account team-a
  kubectl create space my-space --account=team-a

  # Create a Space from the template small, with two of its parameters
  kubectl create space my-space --template=small --parameter=replicas=3 --parameter=image=nginx

  # Create a Space with a generated name, and work in it
  kubectl space use $(kubectl create space --generate-name=test- -o name)

  # Create a Space for a pipeline, and write a kubeconfig for it to a file
  kubectl create space --generate-name=ci- --ttl=1h -o kubeconfig > ci.kubeconfig`
)

// createOptions is what "kubectl create space" was asked to do.
type createOptions struct {
	connection *connection
	streams    genericiooptions.IOStreams
	printFlags *genericclioptions.PrintFlags

	generateName string
	account      string
	ttl          string
	template     string
	parameters   []string
	dryRun       string
	validate     string
	fieldManager string
	saveConfig   bool
}

// newCreateCommand returns "kubectl create space" under the given name.
func newCreateCommand(name string, c *connection, streams genericiooptions.IOStreams) *cobra.Command {
	o := &createOptions{
		connection: c,
		streams:    streams,
		printFlags: genericclioptions.NewPrintFlags("created").WithTypeSetter(scheme.Scheme),
	}
	cmd := &cobra.Command{
		Use: name + " [NAME | --generate-name=PREFIX] [--account=NAME] [--ttl=DURATION]" +
			" [--template=NAME] [--parameter=NAME=VALUE] [--dry-run=server|client|none] [options]",
		DisableFlagsInUseLine: true,
		Short:                 "Create a Space with the specified name",
		Long:                  createLong,
		Example:               createExample,
		ValidArgsFunction:     cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			space, err := o.space(cmd, args)
			if err != nil {
				return err
			}
			return o.run(cmd.Context(), space)
		},
	}
	o.addFlags(cmd)
	return cmd
}

func (o *createOptions) addFlags(cmd *cobra.Command) {
	o.addOutputFlags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&o.account, "account", "", "Name of the account that the Space is charged to. If omitted, it is the "+
		"only one that you can use, or none if you may create namespaces.")
	flags.StringVar(&o.ttl, "ttl", "", `How long the Space lives, such as "2h" or "1h30m". Then it is deleted with `+
		`everything in it. If omitted, it does not expire, unless the platform says otherwise.`)
	o.addTemplateFlags(flags)
	flags.StringVar(&o.generateName, "generate-name", "", "Prefix of a name that the server completes. It takes the "+
		"place of NAME.")
	flags.StringVar(&o.fieldManager, fieldManagerFlag, "kubectl-create", "Name of the manager used to track field "+
		"ownership.")
	flags.BoolVar(&o.saveConfig, "save-config", false, `If true, the object is saved in its own annotation, for `+
		`"kubectl apply" to compare with later.`)
	addDryRunFlag(flags, &o.dryRun)
	addValidateFlag(flags, &o.validate)
	complete(cmd, map[string]cobra.CompletionFunc{
		outputFlag:       completeFixed(o.formats()...),
		dryRunFlag:       completeFixed("none", "server", "client"),
		validateFlag:     completeFixed("strict", "warn", "ignore"),
		"account":        completeAccounts(o.connection),
		"ttl":            cobra.NoFileCompletions,
		"generate-name":  cobra.NoFileCompletions,
		fieldManagerFlag: cobra.NoFileCompletions,
		templateFlag:     completeTemplates(o.connection),
		parameterFlag:    cobra.NoFileCompletions,
	})
}

// space returns the Space that the command line asks for. Account, ttl, template and parameters are passed on as they were written: what
// they may be is for the server to say.
func (o *createOptions) space(cmd *cobra.Command, args []string) (*v1alpha1.Space, error) {
	space := &v1alpha1.Space{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.SchemeGroupVersion.String(), Kind: "Space"},
	}
	switch {
	case len(args) > 0 && o.generateName != "":
		return nil, usageErrorf(cmd, "NAME and --generate-name cannot be used together")
	case o.generateName != "":
		space.GenerateName = o.generateName
	case len(args) != 1:
		return nil, usageErrorf(cmd, "exactly one NAME is required, got %d", len(args))
	case args[0] == "":
		return nil, errors.New("name must be specified")
	default:
		space.Name = args[0]
	}
	space.Spec.Account, space.Spec.Template = o.account, o.template
	if cmd.Flags().Changed("ttl") {
		space.Spec.TTL = new(v1alpha1.Duration(o.ttl))
	}
	var err error
	if space.Spec.Parameters, err = parseValues(o.parameters); err != nil {
		return nil, err
	}
	return space, o.annotate(space)
}

// annotate adds the annotation that --save-config asks for.
func (o *createOptions) annotate(space *v1alpha1.Space) error {
	if !o.saveConfig {
		return nil
	}
	var config bytes.Buffer
	if err := json.NewEncoder(&config).Encode(space); err != nil {
		return err
	}
	metav1.SetMetaDataAnnotation(&space.ObjectMeta, corev1.LastAppliedConfigAnnotation, config.String())
	return nil
}

// run creates the Space as far as --dry-run allows, and prints it or its kubeconfig.
func (o *createOptions) run(ctx context.Context, space *v1alpha1.Space) error {
	strategy, err := parseDryRun(o.dryRun, o.streams.ErrOut)
	if err != nil {
		return err
	}
	output, err := o.output(strategy)
	if err != nil {
		return err
	}
	validation, err := parseValidate(o.validate)
	if err != nil {
		return err
	}
	if strategy != dryRunClient {
		space, err = o.create(ctx, space, metav1.CreateOptions{
			DryRun:          strategy.server(),
			FieldManager:    o.fieldManager,
			FieldValidation: validation,
		})
		if err != nil {
			return err
		}
	}
	return output(ctx, space)
}

func (o *createOptions) create(
	ctx context.Context, space *v1alpha1.Space, options metav1.CreateOptions,
) (*v1alpha1.Space, error) {
	spaces, err := o.connection.spaces()
	if err != nil {
		return nil, err
	}
	return spaces.Create(ctx, space, options)
}
