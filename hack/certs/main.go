// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Command certs makes what artifacts/deploy needs before its first use: a certificate for the server, and an overlay
// that puts it into the cluster and tells the kube-apiserver to trust it.
package main

import (
	"bytes"
	"encoding/base64"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"text/template"

	"tenancy.example.io/spaces/test/controlplane"
	"tenancy.example.io/spaces/test/controlplane/certificates"
)

const service = "spaces-apiserver.spaces-system.svc"

var overlay = template.Must(template.New("kustomization").Parse(`apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- {{.Deploy}}
secretGenerator:
- name: spaces-apiserver-tls
  namespace: spaces-system
  type: kubernetes.io/tls
  files:
  - tls.crt
  - tls.key
patches:
- target: {kind: APIService}
  patch: |-
    - {op: add, path: /spec/caBundle, value: {{.CABundle}}}
`))

func main() {
	dir := flag.String("dir", "", "where to write the overlay (_output/deploy)")
	flag.Parse()
	if err := run(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

// run keeps the certificates of an earlier run as long as they are good.
func run(dir string) error {
	root, err := controlplane.Root()
	if err != nil {
		return err
	}
	if dir == "" {
		dir = filepath.Join(root, "_output", "deploy")
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return fmt.Errorf("choosing a directory: %w", err)
	}
	authority, err := certificates.EnsureAuthority(certificates.FilesIn(dir, "ca"), "spaces-apiserver-ca")
	if err != nil {
		return err
	}
	files := certificates.Files{Certificate: filepath.Join(dir, "tls.crt"), Key: filepath.Join(dir, "tls.key")}
	request := certificates.Request{CommonName: service, Hosts: []string{service}}
	if _, err := authority.Ensure(files, request); err != nil {
		return err
	}
	if err := writeOverlay(dir, root, authority.CertificatePEM()); err != nil {
		return err
	}
	fmt.Println("Apply it with: kubectl apply -k", dir)
	return nil
}

func writeOverlay(dir, root string, ca []byte) error {
	deploy, err := filepath.Rel(dir, filepath.Join(root, "artifacts", "deploy"))
	if err != nil {
		return fmt.Errorf("looking for artifacts/deploy: %w", err)
	}
	var content bytes.Buffer
	err = overlay.Execute(&content, map[string]string{
		"Deploy":   deploy,
		"CABundle": base64.StdEncoding.EncodeToString(ca),
	})
	if err != nil {
		return fmt.Errorf("writing the overlay: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), content.Bytes(), 0o644); err != nil {
		return fmt.Errorf("writing the overlay: %w", err)
	}
	return nil
}
