// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"os/exec"
	"path/filepath"
	"text/template"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
)

// overlay adds to artifacts/local what is known here only.
var overlay = template.Must(template.New("kustomization").Parse(`apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- {{.Base}}
patches:
- target: {kind: APIService}
  patch: |-
    - {op: add, path: /spec/caBundle, value: {{.CABundle}}}
    - {op: replace, path: /spec/service/port, value: {{.Port}}}
`))

// aggregationTimeout is for the controller that fills aggregated ClusterRoles.
const aggregationTimeout = 30 * time.Second

// InstallSpaces applies artifacts/local: our namespace, the APIService, the permissions of our server, the roles, and
// what Alice and Bob may do. It may be called again. The APIService is not available before StartSpaces.
func (c *ControlPlane) InstallSpaces(ctx context.Context) error {
	dir := filepath.Join(c.dir, "manifests")
	if err := c.writeOverlay(dir); err != nil {
		return err
	}
	if err := c.apply(ctx, dir); err != nil {
		return err
	}
	return c.awaitRole(ctx, "spaces:owner")
}

func (c *ControlPlane) writeOverlay(dir string) error {
	base, err := relativePath(dir, filepath.Join(c.root, "artifacts", "local"))
	if err != nil {
		return err
	}
	var content bytes.Buffer
	err = overlay.Execute(&content, map[string]any{
		"Base":     base,
		"CABundle": base64.StdEncoding.EncodeToString(c.credentials.spaces.CertificatePEM()),
		"Port":     c.ports.spaces(0),
	})
	if err != nil {
		return fmt.Errorf("writing the manifests: %w", err)
	}
	return replaceFile(filepath.Join(dir, "kustomization.yaml"), content.Bytes(), 0o644)
}

// relativePath resolves links first, as kustomize does, and takes no absolute path.
func relativePath(from, to string) (string, error) {
	parent, err := filepath.EvalSymlinks(filepath.Dir(from))
	if err != nil {
		return "", fmt.Errorf("resolving %s: %w", from, err)
	}
	to, err = filepath.EvalSymlinks(to)
	if err != nil {
		return "", fmt.Errorf("resolving the manifests: %w", err)
	}
	return filepath.Rel(filepath.Join(parent, filepath.Base(from)), to)
}

func (c *ControlPlane) apply(ctx context.Context, dir string) error {
	cmd := exec.CommandContext(ctx, c.Kubectl(), "--kubeconfig="+c.Kubeconfig(Admin), "apply", "--server-side",
		"--force-conflicts", "--field-manager=spaces-local", "-k", dir)
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("applying %s: %w\n%s", dir, err, bytes.TrimSpace(output))
	}
	return nil
}

// awaitRole waits until an aggregated ClusterRole has its rules.
func (c *ControlPlane) awaitRole(ctx context.Context, name string) error {
	client, err := kubernetes.NewForConfig(c.AdminConfig())
	if err != nil {
		return fmt.Errorf("preparing to look for a ClusterRole: %w", err)
	}
	err = wait.PollUntilContextTimeout(ctx, pollInterval, aggregationTimeout, true, func(ctx context.Context) (bool, error) {
		role, err := client.RbacV1().ClusterRoles().Get(ctx, name, metav1.GetOptions{})
		return err == nil && len(role.Rules) > 0, err
	})
	if err != nil {
		return fmt.Errorf("waiting for the rules of the ClusterRole %s: %w", name, err)
	}
	return nil
}
