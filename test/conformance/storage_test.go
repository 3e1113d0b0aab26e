// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package conformance runs the suite that Kubernetes has for implementations of storage.Interface,
// k8s.io/apiserver/pkg/storage/testing, against namespacestore on a kube-apiserver.
package conformance

import (
	"os"
	"testing"

	"k8s.io/client-go/tools/clientcmd"

	"tenancy.example.io/spaces/test/controlplane"
)

// kubeconfigVariable names the administrator's kubeconfig of the control plane that TestUpstream runs on.
const kubeconfigVariable = "CONFORMANCE_KUBECONFIG"

// TestStorage runs each test of the suite in a process of its own, and compares what passes with the table. Only so can
// it tell which subtests fail, and go on.
func TestStorage(t *testing.T) {
	kubeconfig := startControlPlane(t)
	for _, test := range suite {
		t.Run(test.name, func(t *testing.T) {
			if test.notApplicable != "" {
				t.Skip("Not applicable:", test.notApplicable)
			}
			results, output := runAlone(t, kubeconfig, test.name)
			for _, difference := range compare(results, test) {
				t.Error(difference)
			}
			if t.Failed() {
				t.Logf("Its output was:\n%s", output)
			}
		})
	}
}

// TestUpstream is what the processes run. For a closer look at one test run it on any control plane: with the
// environment variable CONFORMANCE_KUBECONFIG, and -run 'TestUpstream/^List$'.
func TestUpstream(t *testing.T) {
	kubeconfig := os.Getenv(kubeconfigVariable)
	if kubeconfig == "" {
		t.Skip("TestStorage runs it, one test at a time")
	}
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1
	for _, test := range suite {
		if test.notApplicable == "" {
			t.Run(test.name, func(t *testing.T) { test.runOn(t, newFixture(t, config)) })
		}
	}
}

// startControlPlane returns the administrator's kubeconfig of a control plane without a kube-controller-manager, which
// would finish the deletion of namespaces, as the suite does itself.
func startControlPlane(t *testing.T) string {
	t.Helper()
	plane, err := controlplane.Start(t.Context(), controlplane.Options{Out: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := plane.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := plane.ControllerManager().Stop(); err != nil {
		t.Fatal(err)
	}
	return plane.Kubeconfig(controlplane.Admin)
}
