// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd/api"
)

// completionTimeout is how long somebody who has pressed the tab key waits for the server.
const completionTimeout = 5 * time.Second

// complete says how the values of options are completed.
func complete(cmd *cobra.Command, functions map[string]cobra.CompletionFunc) {
	for flag, function := range functions {
		// It fails for an option that does not exist or is completed already, which the tests would see.
		_ = cmd.RegisterFlagCompletionFunc(flag, function)
	}
}

func completeFixed(values ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
}

// completeSpaces completes the first argument with the names of the Spaces that can be used.
func completeSpaces(c *connection) cobra.CompletionFunc {
	return completeFirst(completeFromServer(c.spaceNames))
}

// completeFirst completes the first argument alone.
func completeFirst(first cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return first(cmd, args, prefix)
	}
}

// completeEach completes every argument, with what is not among the arguments before.
func completeEach(one cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
		choices, directive := one(cmd, args, prefix)
		return slices.DeleteFunc(choices, func(choice string) bool { return slices.Contains(args, choice) }), directive
	}
}

// completeAccounts completes with the names of the accounts that the caller sees.
func completeAccounts(c *connection) cobra.CompletionFunc {
	return completeFromServer(c.accountNames)
}

// completeTemplates completes with the names of the templates.
func completeTemplates(c *connection) cobra.CompletionFunc {
	return completeFromServer(c.templateNames)
}

// completeFromServer completes with the names that the server offers.
func completeFromServer(offers func(context.Context) ([]string, error)) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTimeout)
		defer cancel()
		names, err := offers(ctx)
		if err != nil {
			cobra.CompDebugln(message(err), false)
		}
		return startingWith(prefix, names), cobra.ShellCompDirectiveNoFileComp
	}
}

func startingWith(prefix string, names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, prefix) })
}

// spaceNames returns the names of the Spaces, without those that are being deleted.
func (c *connection) spaceNames(ctx context.Context) ([]string, error) {
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
		if space := &list.Items[i]; !isTerminating(space) {
			names = append(names, space.Name)
		}
	}
	return names, nil
}

// accountNames returns the names of the accounts, without those that are being deleted.
func (c *connection) accountNames(ctx context.Context) ([]string, error) {
	client, err := c.client()
	if err != nil {
		return nil, err
	}
	list, err := client.Accounts().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	return liveNames(list)
}

// templateNames returns the names of the templates, without those that are being deleted.
func (c *connection) templateNames(ctx context.Context) ([]string, error) {
	client, err := c.client()
	if err != nil {
		return nil, err
	}
	list, err := client.SpaceTemplates().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	return liveNames(list)
}

// liveNames returns the names of what is in the list, and is not being deleted.
func liveNames(list runtime.Object) ([]string, error) {
	var names []string
	err := meta.EachListItem(list, func(item runtime.Object) error {
		object, err := meta.Accessor(item)
		if err == nil && object.GetDeletionTimestamp() == nil {
			names = append(names, object.GetName())
		}
		return err
	})
	return names, err
}

// completeFromKubeconfig completes with what the kubeconfig offers.
func completeFromKubeconfig(c *connection, offers func(*api.Config) []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
		config, err := c.kubeconfig()
		if err != nil {
			cobra.CompDebugln(message(err), false)
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return startingWith(prefix, offers(config)), cobra.ShellCompDirectiveNoFileComp
	}
}

func contextNames(config *api.Config) []string { return slices.Sorted(maps.Keys(config.Contexts)) }

func clusterNames(config *api.Config) []string { return slices.Sorted(maps.Keys(config.Clusters)) }

func userNames(config *api.Config) []string { return slices.Sorted(maps.Keys(config.AuthInfos)) }
