// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

// Who is in one of these groups may ask for Spaces and create namespaces.
const (
	devs = "devs"
	ops  = "ops"
)

// caller is one that no other test knows: what it sees, its own test has given it.
type caller struct {
	cluster.Clients
	name string
}

// newCaller returns a caller of this name, which begins with that of the test. kubectl has a kubeconfig for it.
func newCaller(t *testing.T, name string, groups ...string) caller {
	t.Helper()
	clients := shared.As(t, name, groups...)
	if err := clientcmd.WriteToFile(*kubeconfigOf(name, clients.Config), shared.Kubeconfig(name)); err != nil {
		t.Fatal(err)
	}
	return caller{Clients: clients, name: name}
}

func kubeconfigOf(user string, client *rest.Config) *clientcmdapi.Config {
	const cluster = "spaces"
	config := clientcmdapi.NewConfig()
	config.Clusters[cluster] = &clientcmdapi.Cluster{Server: client.Host, CertificateAuthorityData: client.CAData}
	config.AuthInfos[user] = &clientcmdapi.AuthInfo{ClientCertificateData: client.CertData, ClientKeyData: client.KeyData}
	config.Contexts[user] = &clientcmdapi.Context{Cluster: cluster, AuthInfo: user}
	config.CurrentContext = user
	return config
}

// space creates a Space.
func (c caller) space(t *testing.T, name string, edits ...func(*v1alpha1.Space)) *v1alpha1.Space {
	t.Helper()
	return must(spacesOf(c.Clients).Create(t.Context(), newSpace(name, edits...), metav1.CreateOptions{}))(t)
}

func (c caller) get(t *testing.T, name string) *v1alpha1.Space {
	t.Helper()
	return must(spacesOf(c.Clients).Get(t.Context(), name, metav1.GetOptions{}))(t)
}

// names are those of all Spaces that the caller sees.
func (c caller) names(t *testing.T) []string {
	t.Helper()
	list := must(spacesOf(c.Clients).List(t.Context(), metav1.ListOptions{}))(t)
	names := make([]string, 0, len(list.Items))
	for i := range list.Items {
		names = append(names, list.Items[i].Name)
	}
	return names
}

// said is what a kubectl has said.
type said struct {
	stdout, stderr string
	exit           int
}

// start starts kubectl, and returns a function that waits until it has ended.
func (c caller) start(t *testing.T, args ...string) func() said {
	t.Helper()
	var got said
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		got.stdout, got.stderr, err = shared.Run(t.Context(), c.name, withCache(args)...)
	}()
	return func() said {
		t.Helper()
		<-done
		got.exit = exitCode(t, err)
		return got
	}
}

// try runs kubectl.
func (c caller) try(t *testing.T, args ...string) said {
	t.Helper()
	return c.start(t, args...)()
}

// kubectl runs kubectl, which must succeed, and returns its output.
func (c caller) kubectl(t *testing.T, args ...string) string {
	t.Helper()
	got := c.try(t, args...)
	if got.exit != 0 {
		t.Fatalf("kubectl %s: exit code %d\n%s%s", strings.Join(args, " "), got.exit, got.stdout, got.stderr)
	}
	return got.stdout
}

// kubectlFails runs kubectl, which must fail, and returns what it has to say.
func (c caller) kubectlFails(t *testing.T, args ...string) string {
	t.Helper()
	got := c.try(t, args...)
	if got.exit == 0 {
		t.Fatalf("kubectl %s succeeded:\n%s%s", strings.Join(args, " "), got.stdout, got.stderr)
	}
	return got.stderr
}

// withCache keeps what kubectl remembers of a cluster apart from that of others, which may have had the same port.
func withCache(args []string) []string {
	return append([]string{"--cache-dir=" + filepath.Join(shared.Dir(), "kubectl-cache")}, args...)
}

func exitCode(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		return 0
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) || !exit.Exited() {
		t.Fatal(err)
	}
	return exit.ExitCode()
}

// follow runs kubectl until the test ends, and returns what it prints, by lines.
func (c caller) follow(t *testing.T, args ...string) output {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	command := exec.CommandContext(ctx, shared.Kubectl(), withCache(args)...)
	command.Env = append(command.Environ(), "KUBECONFIG="+shared.Kubeconfig(c.name))
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan line, 1000)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(lines)
		for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
			lines <- line{text: scanner.Text(), at: time.Now()}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		_ = command.Wait() // it was killed
	})
	return lines
}

type line struct {
	text string
	at   time.Time
}

// output is what a program that goes on prints.
type output <-chan line

// await returns the next line, which must begin with these columns.
func (o output) await(t *testing.T, columns ...string) line {
	t.Helper()
	next := o.next(t, columns)
	if !next.begins(columns) {
		t.Fatalf("want a line that begins with %q, have %q", columns, next.text)
	}
	return next
}

// awaitAfter returns the next line that begins with these columns.
func (o output) awaitAfter(t *testing.T, columns ...string) line {
	t.Helper()
	for {
		if next := o.next(t, columns); next.begins(columns) {
			return next
		}
	}
}

func (o output) next(t *testing.T, columns []string) line {
	t.Helper()
	select {
	case next, ok := <-o:
		if !ok {
			t.Fatalf("The output has ended before a line that begins with %q", columns)
		}
		return next
	case <-time.After(patience):
		t.Fatalf("Waited in vain for a line that begins with %q", columns)
	}
	return line{}
}

func (l line) begins(columns []string) bool {
	have := strings.Fields(l.text)
	return len(have) >= len(columns) && slices.Equal(have[:len(columns)], columns)
}

// file writes a file that lives as long as the test, and returns its name.
func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "manifest.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// manifest is a file with a Space. The lines are more of it, such as "spec: {ttl: 2h}".
func manifest(t *testing.T, metadata string, lines ...string) string {
	t.Helper()
	return file(t, spaceYAML(metadata, lines...))
}

func spaceYAML(metadata string, lines ...string) string {
	return fmt.Sprintf("apiVersion: %s\nkind: Space\nmetadata: {%s}\n%s\n", v1alpha1.SchemeGroupVersion, metadata, strings.Join(lines, "\n"))
}

// namespace returns the namespace behind a Space.
func namespace(t *testing.T, name string) *corev1.Namespace {
	t.Helper()
	return must(shared.Admin(t).Kube.CoreV1().Namespaces().Get(t.Context(), name, metav1.GetOptions{}))(t)
}

// namespaces returns the names of all that begin with the prefix.
func namespaces(t *testing.T, prefix string) []string {
	t.Helper()
	list := must(shared.Admin(t).Kube.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{}))(t)
	names := []string{}
	for i := range list.Items {
		if name := list.Items[i].Name; strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	return names
}

// namespaceOrNone returns the namespace, or nil if there is none.
func namespaceOrNone(t *testing.T, name string) *corev1.Namespace {
	t.Helper()
	found, err := shared.Admin(t).Kube.CoreV1().Namespaces().Get(t.Context(), name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	check(t, err)
	if name == systemNamespace || strings.HasPrefix(name, "account-") {
		// What is charged is written there whenever Spaces come and go.
		found.Annotations, found.ResourceVersion, found.ManagedFields = withoutFigures(t, found.Annotations), "", nil
	}
	return found
}
