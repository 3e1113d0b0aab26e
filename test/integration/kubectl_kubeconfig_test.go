// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"

	"tenancy.example.io/spaces/test/cluster"
)

// loaded is a kubeconfig, as kubectl would read it from a file: what it reaches, as whom, and in which namespace.
type loaded struct {
	cluster.Clients
	namespace string
}

func load(t *testing.T, kubeconfig string) loaded {
	t.Helper()
	rules := &clientcmd.ClientConfigLoadingRules{ExplicitPath: file(t, kubeconfig)}
	config := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil)
	namespace, _, err := config.Namespace()
	check(t, err)
	return loaded{cluster.ClientsFor(t, must(config.ClientConfig())(t)), namespace}
}

// plugin runs one of our plugins by kubectl, which takes no option before the name of a plugin.
func (c caller) plugin(t *testing.T, args ...string) said {
	t.Helper()
	stdout, stderr, err := shared.Run(t.Context(), c.name, args...)
	return said{stdout: stdout, stderr: stderr, exit: exitCode(t, err)}
}

// A pipeline of somebody who may create Spaces by a group gets one, and what reaches into it, by one command.
func TestKubectlCreateWithKubeconfig(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "kubectl-kubeconfig-alice", devs)
	for name, tc := range map[string]struct {
		args, wantNamespace string
	}{
		"with a name":           {"create space kubectl-kubeconfig --ttl=1h -o kubeconfig", `kubectl-kubeconfig`},
		"with a generated name": {"create space --generate-name=kubectl-kubeconfig- --ttl=1h -o kubeconfig", `kubectl-kubeconfig-\w{5}`},
		"without an end":        {"space create kubectl-kubeconfig-lasts -o kubeconfig", `kubectl-kubeconfig-lasts`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := alice.plugin(t, strings.Fields(tc.args)...)
			if got.exit != 0 || got.stderr != "" {
				t.Fatalf("kubectl %s: %+v", tc.args, got)
			}
			robot := load(t, got.stdout)
			deleteLater(t, alice.Clients, robot.namespace)
			matches(t, robot.namespace, tc.wantNamespace)
			if robot.Config.Host != alice.Config.Host {
				t.Errorf("it is for the server %q, want %q", robot.Config.Host, alice.Config.Host)
			}
			if owner := alice.get(t, robot.namespace).Status.CreatedBy; owner != alice.name {
				t.Errorf("the Space is of %q, want %q", owner, alice.name)
			}
			robot.checkReach(t)
		})
	}
}

// checkReach checks that one can work in the namespace, and do nothing outside.
func (l loaded) checkReach(t *testing.T) {
	t.Helper()
	greeting := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "greeting"}}
	must(l.Kube.CoreV1().ConfigMaps(l.namespace).Create(t.Context(), greeting, metav1.CreateOptions{}))(t)
	if _, err := l.Kube.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("listing namespaces: %v, want that it is forbidden", err)
	}
	if _, err := l.Kube.CoreV1().ConfigMaps("default").Create(t.Context(), greeting, metav1.CreateOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("creating a ConfigMap elsewhere: %v, want that it is forbidden", err)
	}
}

func TestKubectlCreateWithKubeconfigFails(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "kubectl-kubeconfig-none-alice", devs)
	alice.space(t, "kubectl-kubeconfig-none-taken")
	deleteLater(t, alice.Clients, "kubectl-kubeconfig-none-taken")
	for name, tc := range map[string]struct {
		args, want string
	}{
		"in a dry run": {
			"create space kubectl-kubeconfig-none -o kubeconfig --dry-run=server",
			"error: --dry-run and -o kubeconfig cannot be used together: a Space that is not created has no kubeconfig\n",
		},
		"for a name that is taken": {
			"create space kubectl-kubeconfig-none-taken -o kubeconfig",
			`Error from server (AlreadyExists): spaces.spaces.tenancy.example.io "kubectl-kubeconfig-none-taken" already exists` + "\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := said{stderr: tc.want, exit: 1}
			if diff := cmp.Diff(want, alice.plugin(t, strings.Fields(tc.args)...), cmp.AllowUnexported(said{})); diff != "" {
				t.Errorf("kubectl %s (-want +got):\n%s", tc.args, diff)
			}
		})
	}
	if namespaceOrNone(t, "kubectl-kubeconfig-none") != nil {
		t.Error("a dry run has left a namespace")
	}
}
