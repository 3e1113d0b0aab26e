// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"context"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
)

// APIServiceName is that of our API.
const APIServiceName = "v1alpha1.spaces.tenancy.example.io"

// availableTimeout is longer than the kube-apiserver takes to look again after a failure.
const availableTimeout = 90 * time.Second

var apiServices = schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"}

// RegisterSpaces makes one server of ours the one that the kube-apiserver talks to, and waits until it is Available.
func (c *ControlPlane) RegisterSpaces(ctx context.Context, server *Process) error {
	client, err := c.apiServiceClient()
	if err != nil {
		return err
	}
	patch := fmt.Appendf(nil, `{"spec":{"service":{"port":%d}}}`, server.Port())
	_, err = client.Patch(ctx, APIServiceName, types.MergePatchType, patch, metav1.PatchOptions{})
	if err != nil {
		return fmt.Errorf("registering %s: %w", server.Name(), err)
	}
	return c.AwaitAvailable(ctx)
}

// AwaitAvailable returns when the kube-apiserver says that our API is Available.
func (c *ControlPlane) AwaitAvailable(ctx context.Context) error {
	client, err := c.apiServiceClient()
	if err != nil {
		return err
	}
	message := "it has no condition"
	err = wait.PollUntilContextTimeout(ctx, pollInterval, availableTimeout, true, func(ctx context.Context) (bool, error) {
		service, err := client.Get(ctx, APIServiceName, metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		available, text := availability(service)
		if text != "" {
			message = text
		}
		return available, nil
	})
	if err != nil {
		return fmt.Errorf("waiting for the APIService %s: %w: %s", APIServiceName, err, message)
	}
	return c.awaitRoute(ctx)
}

// awaitRoute waits until the kube-apiserver passes requests on, which it does a moment after it said Available.
func (c *ControlPlane) awaitRoute(ctx context.Context) error {
	route, err := probe(c.url()+"/apis/spaces.tenancy.example.io/v1alpha1", c.AdminConfig().TLSClientConfig)
	if err != nil {
		return err
	}
	var last error
	err = wait.PollUntilContextTimeout(ctx, pollInterval, availableTimeout, true, func(ctx context.Context) (bool, error) {
		last = route(ctx)
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("waiting for our API: %w: %w", err, last)
	}
	return c.awaitDiscovery(ctx)
}

// awaitDiscovery waits until the kube-apiserver tells its clients of our API, which it does when it has looked at it.
func (c *ControlPlane) awaitDiscovery(ctx context.Context) error {
	client, err := discovery.NewDiscoveryClientForConfig(c.AdminConfig())
	if err != nil {
		return fmt.Errorf("preparing to discover our API: %w", err)
	}
	err = wait.PollUntilContextTimeout(ctx, pollInterval, availableTimeout, true, func(context.Context) (bool, error) {
		// It fails in part while other APIs cannot be discovered.
		_, lists, _ := client.ServerGroupsAndResources()
		return slices.ContainsFunc(lists, func(l *metav1.APIResourceList) bool {
			return l.GroupVersion == "spaces.tenancy.example.io/v1alpha1" && len(l.APIResources) > 0
		}), nil
	})
	if err != nil {
		return fmt.Errorf("waiting until our API is discovered: %w", err)
	}
	return nil
}

func (c *ControlPlane) apiServiceClient() (dynamic.ResourceInterface, error) {
	client, err := dynamic.NewForConfig(c.AdminConfig())
	if err != nil {
		return nil, fmt.Errorf("preparing to look for the APIService: %w", err)
	}
	return client.Resource(apiServices), nil
}

// availability reads the condition Available.
func availability(service *unstructured.Unstructured) (available bool, message string) {
	conditions, _, _ := unstructured.NestedSlice(service.Object, "status", "conditions")
	for _, c := range conditions {
		condition, ok := c.(map[string]any)
		if ok && condition["type"] == "Available" {
			return condition["status"] == "True", fmt.Sprint(condition["message"])
		}
	}
	return false, ""
}
