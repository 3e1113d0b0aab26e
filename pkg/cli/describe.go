// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/kubernetes"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

const (
	describeLong = `Show everything about a Space: what was asked for, when it expires, how it is, what is used of its quota, who has
which role in it, and what has happened lately.

What you may not read in its namespace is left out, which the output says.`

	describeExample = `  # See how the Space my-space is
  kubectl space describe my-space`
)

// newDescribeCommand returns "kubectl space describe".
func newDescribeCommand(c *connection, streams genericiooptions.IOStreams) *cobra.Command {
	return &cobra.Command{
		Use:                   "describe NAME [options]",
		DisableFlagsInUseLine: true,
		Short:                 "Show everything about a Space",
		Long:                  describeLong,
		Example:               describeExample,
		ValidArgsFunction:     completeFirst(completeFromServer(c.allSpaceNames)),
		RunE: func(cmd *cobra.Command, args []string) error {
			name, err := oneSpace(cmd, args)
			if err != nil {
				return err
			}
			found, err := c.find(cmd.Context(), name)
			if err != nil {
				return err
			}
			return found.print(streams.Out)
		},
	}
}

// allSpaceNames returns the names of the Spaces, also of those that are being deleted.
func (c *connection) allSpaceNames(ctx context.Context) ([]string, error) {
	spaces, err := c.spaces()
	if err != nil {
		return nil, err
	}
	list, err := spaces.List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	var names []string
	for i := range list.Items {
		names = append(names, list.Items[i].Name)
	}
	return names, nil
}

// found is a Space, and what is in its namespace.
type found struct {
	space    *v1alpha1.Space
	quotas   part[corev1.ResourceQuota]
	bindings part[rbacv1.RoleBinding]
	events   part[corev1.Event]
}

// part is what there is of one kind, or why that cannot be told.
type part[T any] struct {
	items []T
	err   error
}

// find looks for all that is printed of the Space. Only without the Space itself it fails.
func (c *connection) find(ctx context.Context, name string) (*found, error) {
	config, err := c.flags.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	spaces, err := c.spaces()
	if err != nil {
		return nil, err
	}
	f := &found{}
	if f.space, err = spaces.Get(ctx, name, metav1.GetOptions{}); err != nil {
		return nil, err
	}
	if quotas, err := kube.CoreV1().ResourceQuotas(name).List(ctx, metav1.ListOptions{}); err != nil {
		f.quotas.err = err
	} else {
		f.quotas.items = quotas.Items
	}
	if bindings, err := kube.RbacV1().RoleBindings(name).List(ctx, metav1.ListOptions{}); err != nil {
		f.bindings.err = err
	} else {
		f.bindings.items = bindings.Items
	}
	if events, err := kube.CoreV1().Events(name).List(ctx, metav1.ListOptions{}); err != nil {
		f.events.err = err
	} else {
		f.events.items = events.Items
	}
	return f, nil
}
