// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/pkg/generated/clientset/versioned/scheme"
)

const (
	templateLong = `Make a template of Spaces from manifests, or bring it up to date with them.

The manifests are those of namespaced objects. Where a text in them contains ${NAME}, Spaces of the template fill in the
value of that parameter; "$${" stands for "${". The parameters "space" and "account" are always there. A namespace that
manifests name is left out, with a warning.

The template is applied by the server: run the same command again when the manifests have changed.`

	createTemplateLong = `Create a template of Spaces from manifests.

The manifests are those of namespaced objects. Where a text in them contains ${NAME}, Spaces of the template fill in the
value of that parameter; "$${" stands for "${". The parameters "space" and "account" are always there. A namespace that
manifests name is left out, with a warning.

To change a template when manifests have changed, use "kubectl space template".`

	templateExample = `  # Make the template small of all manifests in a folder, or bring it up to date with them
  COMMAND small -f ./small

  # The same, with a parameter that Spaces must give, and one that is a number and has a default
  COMMAND small -f ./small --parameter=image --parameter=replicas:integer=2

  # Make it of what another program writes
  kubectl kustomize ./small | COMMAND small -f -

  # Write the template to a file, to complete it by hand
  COMMAND small -f ./small --dry-run=client -o yaml > small.yaml`

	createTemplateExample = `  # Create the template small of all manifests in a folder
  COMMAND small -f ./small

  # The same, with a parameter that Spaces must give, and one that is a number and has a default
  COMMAND small -f ./small --parameter=image --parameter=replicas:integer=2`
)

// templateOptions is what "kubectl space template" or "kubectl create spacetemplate" was asked to do.
type templateOptions struct {
	connection *connection
	streams    genericiooptions.IOStreams
	printFlags *genericclioptions.PrintFlags

	filenames      []string
	recursive      bool
	parameters     []string
	reapply        bool
	dryRun         string
	fieldManager   string
	forceConflicts bool
	// write is how the template gets to the server.
	write func(context.Context, *v1alpha1.SpaceTemplate, dryRun) (*v1alpha1.SpaceTemplate, error)
}

func newTemplateOptions(operation string, c *connection, streams genericiooptions.IOStreams) *templateOptions {
	return &templateOptions{
		connection: c,
		streams:    streams,
		printFlags: genericclioptions.NewPrintFlags(operation).WithTypeSetter(scheme.Scheme),
	}
}

// newTemplateCommand returns "kubectl space template", which creates and changes.
func newTemplateCommand(c *connection, streams genericiooptions.IOStreams) *cobra.Command {
	o := newTemplateOptions("serverside-applied", c, streams)
	o.write = o.apply
	cmd := o.command("template", "Make a template of Spaces from manifests, or change it")
	cmd.Long, cmd.Example = templateLong, exampleOf("kubectl space template", templateExample)
	cmd.ValidArgsFunction = completeFirst(completeTemplates(c))
	o.addFieldManagerFlag(cmd, "kubectl")
	cmd.Flags().BoolVar(&o.forceConflicts, "force-conflicts", false, "If true, take over what others have set in the template.")
	return cmd
}

// newCreateTemplateCommand returns "kubectl create spacetemplate" under the given name.
func newCreateTemplateCommand(name string, c *connection, streams genericiooptions.IOStreams) *cobra.Command {
	o := newTemplateOptions("created", c, streams)
	o.write = o.create
	cmd := o.command(name, "Create a template of Spaces from manifests")
	cmd.Long, cmd.Example = createTemplateLong, exampleOf("kubectl create spacetemplate", createTemplateExample)
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	o.addFieldManagerFlag(cmd, "kubectl-create")
	return cmd
}

func (o *templateOptions) command(name, short string) *cobra.Command {
	cmd := &cobra.Command{
		Use: name + " NAME -f FILENAME [--parameter=NAME[:TYPE][=DEFAULT]] [--reapply]" +
			" [--dry-run=server|client|none] [options]",
		DisableFlagsInUseLine: true,
		Short:                 short,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageErrorf(cmd, "exactly one NAME is required, got %d", len(args))
			}
			if len(o.filenames) == 0 {
				return usageErrorf(cmd, "must specify -f")
			}
			return o.run(cmd.Context(), args[0])
		},
	}
	o.addFlags(cmd)
	return cmd
}

func (o *templateOptions) addFlags(cmd *cobra.Command) {
	o.printFlags.AddFlags(cmd)
	flags := cmd.Flags()
	files := genericclioptions.FileNameFlags{
		Usage:     `Files and folders with the manifests; "-" is the standard input.`,
		Filenames: &o.filenames,
		Recursive: &o.recursive,
	}
	files.AddFlags(flags)
	flags.StringArrayVar(&o.parameters, parameterFlag, nil, "A parameter of the template, as NAME, NAME:TYPE, NAME=DEFAULT "+
		"or NAME:TYPE=DEFAULT. The type is string, integer or boolean. Without a default, Spaces have to give it. Can be "+
		"repeated.")
	flags.BoolVar(&o.reapply, "reapply", false, "If true, Spaces follow the changes of the template. Otherwise changes "+
		"concern new Spaces only.")
	addDryRunFlag(flags, &o.dryRun)
	complete(cmd, map[string]cobra.CompletionFunc{
		outputFlag:    completeFixed(o.printFlags.AllowedFormats()...),
		dryRunFlag:    completeFixed("none", "server", "client"),
		parameterFlag: cobra.NoFileCompletions,
	})
}

// run makes the template, writes it as far as --dry-run allows, and prints it.
func (o *templateOptions) run(ctx context.Context, name string) error {
	strategy, err := parseDryRun(o.dryRun, o.streams.ErrOut)
	if err != nil {
		return err
	}
	printer, err := printerFor(o.printFlags, strategy)
	if err != nil {
		return err
	}
	template, manifests, err := o.template(name)
	if err != nil {
		return err
	}
	if strategy != dryRunClient {
		if template, err = o.write(ctx, template, strategy); err != nil {
			return located(err, manifests)
		}
	}
	return printer.PrintObj(template, o.streams.Out)
}

// template returns the template that the command line asks for, and the manifests that its objects are made of.
func (o *templateOptions) template(name string) (*v1alpha1.SpaceTemplate, []manifest, error) {
	if name == "" {
		return nil, nil, errors.New("name must be specified")
	}
	parameters, err := parseDeclarations(o.parameters)
	if err != nil {
		return nil, nil, err
	}
	reader := manifestReader{in: o.streams.In, recursive: o.recursive}
	manifests, err := reader.readManifests(o.filenames)
	if err != nil {
		return nil, nil, err
	}
	objects, err := templateObjects(manifests, o.streams.ErrOut)
	if err != nil {
		return nil, nil, err
	}
	return &v1alpha1.SpaceTemplate{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.SchemeGroupVersion.String(), Kind: "SpaceTemplate"},
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       v1alpha1.SpaceTemplateSpec{Parameters: parameters, Objects: objects, Reapply: o.reapply},
	}, manifests, nil
}
