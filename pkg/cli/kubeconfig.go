// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

const (
	kubeconfigLong = `Get a kubeconfig that reaches into one Space, and no further, for a pipeline or a tool.

Its token is that of a ServiceAccount of the Space. It is valid for the duration that you ask for, and never longer than
the Space lives. The file names the server that you reach the cluster by yourself; --server chooses another one.`

	kubeconfigExample = `  # Write a kubeconfig for the Space my-space to a file
  kubectl space kubeconfig my-space --out=my-space.kubeconfig

  # Get one that is valid for eight hours
  kubectl space kubeconfig my-space --duration=8h --out=my-space.kubeconfig

  # Add it to your own kubeconfig, as the context space-my-space
  kubectl space kubeconfig my-space --merge`
)

// kubeconfigMode is that of files that have a token in them.
const kubeconfigMode = 0o600

// kubeconfigOptions is what "kubectl space kubeconfig" was asked to do.
type kubeconfigOptions struct {
	connection *connection
	streams    genericiooptions.IOStreams

	out      string
	duration time.Duration
	merge    bool
}

// newKubeconfigCommand returns "kubectl space kubeconfig".
func newKubeconfigCommand(c *connection, streams genericiooptions.IOStreams) *cobra.Command {
	o := &kubeconfigOptions{connection: c, streams: streams}
	cmd := &cobra.Command{
		Use:                   "kubeconfig NAME [--out=FILE | --merge] [--duration=DURATION] [options]",
		DisableFlagsInUseLine: true,
		Short:                 "Get a kubeconfig that reaches into one Space",
		Long:                  kubeconfigLong,
		Example:               kubeconfigExample,
		ValidArgsFunction:     completeSpaces(c),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageErrorf(cmd, "exactly one NAME is required, got %d", len(args))
			}
			if o.merge && o.out != "" {
				return usageErrorf(cmd, "--out and --merge cannot be used together")
			}
			name, err := spaceName(args[0])
			if err != nil {
				return err
			}
			return o.run(cmd.Context(), name)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.out, "out", "", "File to write the kubeconfig to, readable for you alone. If omitted, it is printed.")
	flags.DurationVar(&o.duration, "duration", 0, `How long the credentials are to be valid, such as "1h" or "30m"; at least ten minutes. If omitted, an hour.`)
	flags.BoolVar(&o.merge, "merge", false, "If true, add it to your own kubeconfig, as the context space-NAME.")
	complete(cmd, map[string]cobra.CompletionFunc{"duration": cobra.NoFileCompletions})
	return cmd
}

func (o *kubeconfigOptions) run(ctx context.Context, name string) error {
	file, err := o.connection.requestKubeconfig(ctx, name, o.duration)
	if err != nil {
		return err
	}
	switch {
	case o.merge:
		return o.mergeInto(name, file)
	case o.out != "":
		if err := os.WriteFile(o.out, file, kubeconfigMode); err != nil {
			return err
		}
		fmt.Fprintf(o.streams.Out, "Kubeconfig for Space %q written to %s.\n", name, o.out)
		return nil
	default:
		_, err := o.streams.Out.Write(file)
		return err
	}
}

// requestKubeconfig returns a kubeconfig for the Space, for the server that the connection reaches.
func (c *connection) requestKubeconfig(ctx context.Context, name string, duration time.Duration) ([]byte, error) {
	config, err := c.flags.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	spaces, err := c.spaces()
	if err != nil {
		return nil, err
	}
	request := &v1alpha1.KubeconfigRequest{Spec: v1alpha1.KubeconfigRequestSpec{Server: config.Host}}
	if duration != 0 {
		request.Spec.ExpirationSeconds = new(int64(duration / time.Second))
	}
	answer, err := spaces.CreateKubeconfig(ctx, name, request, metav1.CreateOptions{})
	if err != nil {
		return nil, err
	}
	return []byte(answer.Status.Kubeconfig), nil
}

// mergeInto adds the kubeconfig to the caller's own one.
func (o *kubeconfigOptions) mergeInto(name string, file []byte) error {
	added, err := clientcmd.Load(file)
	if err != nil {
		return fmt.Errorf("read the kubeconfig that the server has sent: %w", err)
	}
	config, err := o.connection.kubeconfig()
	if err != nil {
		return err
	}
	merged := "space-" + name
	if err := addContext(config, added, merged); err != nil {
		return err
	}
	if err := clientcmd.ModifyConfig(o.connection.access(), *config, true); err != nil {
		return err
	}
	fmt.Fprintf(o.streams.Out, "Context %q added.\n", merged)
	return nil
}

// addContext adds the current context of one kubeconfig to another, under that name.
func addContext(to, from *api.Config, name string) error {
	current, ok := from.Contexts[from.CurrentContext]
	if !ok || from.Clusters[current.Cluster] == nil || from.AuthInfos[current.AuthInfo] == nil {
		return errors.New("the kubeconfig that the server has sent has no current context")
	}
	to.Clusters[name] = from.Clusters[current.Cluster]
	to.AuthInfos[name] = from.AuthInfos[current.AuthInfo]
	to.Contexts[name] = &api.Context{Cluster: name, AuthInfo: name, Namespace: current.Namespace}
	return nil
}
