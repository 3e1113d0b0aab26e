// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"io"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	spacesclient "tenancy.example.io/spaces/pkg/generated/clientset/versioned/typed/spaces/v1alpha1"
)

// connection is the cluster that kubectl's global options and the kubeconfig choose.
type connection struct {
	flags *genericclioptions.ConfigFlags
}

// newConnection returns a connection that prints the server's warnings on errOut, each of them once.
func newConnection(errOut io.Writer) *connection {
	warnings := rest.NewWarningWriter(errOut, rest.WarningWriterOptions{
		Deduplicate: true,
		Color:       printers.AllowsColorOutput(errOut),
	})
	flags := genericclioptions.NewConfigFlags(true).WithWrapConfigFn(func(config *rest.Config) *rest.Config {
		config.WarningHandler = warnings
		return config
	})
	return &connection{flags: flags}
}

// addFlags adds kubectl's global options to a root command. The namespace is accepted as kubectl accepts it with
// everything that has none, and means nothing.
func (c *connection) addFlags(root *cobra.Command) {
	flags := root.PersistentFlags()
	c.flags.AddFlags(flags)
	flags.Lookup(clientcmd.FlagNamespace).Hidden = true
	complete(root, map[string]cobra.CompletionFunc{
		clientcmd.FlagContext:      completeFromKubeconfig(c, contextNames),
		clientcmd.FlagClusterName:  completeFromKubeconfig(c, clusterNames),
		clientcmd.FlagAuthInfoName: completeFromKubeconfig(c, userNames),
	})
}

// client returns a client for our kinds.
func (c *connection) client() (*spacesclient.SpacesV1alpha1Client, error) {
	config, err := c.flags.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	return spacesclient.NewForConfig(config)
}

// spaces returns a client for the Spaces of the cluster.
func (c *connection) spaces() (spacesclient.SpaceInterface, error) {
	client, err := c.client()
	if err != nil {
		return nil, err
	}
	return client.Spaces(), nil
}

// kubeconfig returns the merged content of the kubeconfig files.
func (c *connection) kubeconfig() (*api.Config, error) {
	return c.access().GetStartingConfig()
}

// access gives access to the kubeconfig files: the one that --kubeconfig names, or those of KUBECONFIG, or the default.
func (c *connection) access() clientcmd.ConfigAccess {
	return c.flags.ToRawKubeConfigLoader().ConfigAccess()
}
