// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/tools/clientcmd"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

const (
	useLong = `Work in a Space: make it the namespace of the current context in the kubeconfig, or of the one that --context names.

The Space must exist, and you must be allowed to see it.`

	useExample = `  # Let all further commands work in the Space my-space
  kubectl space use my-space

  # The same for another context than the current one
  kubectl space use my-space --context=staging`
)

// newUseCommand returns "kubectl space use".
func newUseCommand(c *connection, streams genericiooptions.IOStreams) *cobra.Command {
	return &cobra.Command{
		Use:                   "use NAME [options]",
		DisableFlagsInUseLine: true,
		Short:                 "Work in a Space: make it the namespace of the current context",
		Long:                  useLong,
		Example:               useExample,
		ValidArgsFunction:     completeSpaces(c),
		RunE: func(cmd *cobra.Command, args []string) error {
			name, err := oneSpace(cmd, args)
			if err != nil {
				return err
			}
			contextName, err := c.use(cmd.Context(), name)
			if err != nil {
				return err
			}
			fmt.Fprintf(streams.Out, "Context %q modified: namespace is now %q.\n", contextName, name)
			return nil
		},
	}
}

// oneSpace returns the name of the only Space that the arguments name.
func oneSpace(cmd *cobra.Command, args []string) (string, error) {
	if len(args) != 1 {
		return "", usageErrorf(cmd, "exactly one NAME is required, got %d", len(args))
	}
	return spaceName(args[0])
}

// spaceName takes the name out of NAME, space/NAME and whatever "-o name" prints for a Space.
func spaceName(arg string) (string, error) {
	return nameOf(arg, "a Space", "space", "spaces", "sp")
}

// nameOf takes the name out of NAME, and of RESOURCE/NAME for one of the resources, with our group behind it or without.
func nameOf(arg, what string, resources ...string) (string, error) {
	resource, name, ok := strings.Cut(arg, "/")
	if !ok {
		return arg, nil
	}
	resource = strings.TrimSuffix(resource, "."+v1alpha1.GroupName)
	if !slices.Contains(resources, resource) {
		return "", fmt.Errorf("%q is not %s: say NAME or %s/NAME", arg, what, resources[0])
	}
	return name, nil
}

// use makes a Space the namespace of the chosen context, and returns the name of the context. The kubeconfig is read
// again once the server has answered, so that what others have written meanwhile stays.
func (c *connection) use(ctx context.Context, name string) (string, error) {
	contextName, err := c.contextName()
	if err != nil {
		return "", err
	}
	if err := c.checkUsable(ctx, name); err != nil {
		return "", err
	}
	return contextName, c.setNamespace(contextName, name)
}

// contextName returns the name of the chosen context, which must be in the kubeconfig.
func (c *connection) contextName() (string, error) {
	config, err := c.kubeconfig()
	if err != nil {
		return "", err
	}
	name := config.CurrentContext
	if *c.flags.Context != "" {
		name = *c.flags.Context
	}
	if name == "" {
		return "", errors.New("no current context is set")
	}
	if _, ok := config.Contexts[name]; !ok {
		return "", noContextError(name)
	}
	return name, nil
}

// checkUsable returns an error unless the caller can see the Space, and can still work in it.
func (c *connection) checkUsable(ctx context.Context, name string) error {
	spaces, err := c.spaces()
	if err != nil {
		return err
	}
	space, err := spaces.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if isTerminating(space) {
		return fmt.Errorf("the Space %q is being deleted, it cannot be used any more", name)
	}
	return nil
}

func isTerminating(space *v1alpha1.Space) bool {
	return space.DeletionTimestamp != nil || space.Status.Phase == v1alpha1.SpaceTerminating
}

// setNamespace writes the namespace of a context into the kubeconfig file that has the context.
func (c *connection) setNamespace(contextName, namespace string) error {
	config, err := c.kubeconfig()
	if err != nil {
		return err
	}
	kubecontext, ok := config.Contexts[contextName]
	if !ok {
		return noContextError(contextName)
	}
	kubecontext.Namespace = namespace
	return clientcmd.ModifyConfig(c.access(), *config, true)
}

func noContextError(name string) error {
	return fmt.Errorf("context %q does not exist", name)
}
