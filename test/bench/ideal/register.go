// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package ideal

import (
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"text/template"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"tenancy.example.io/spaces/test/bench/load"
)

// name is that of its Service, and of the namespace of that.
const name = "bench-ideal"

// availableTimeout is longer than the kube-apiserver takes to look again after a failure.
const availableTimeout = 90 * time.Second

// manifests make it known in the same way as ours: by a Service that is a name for this machine. Everybody may ask.
var manifests = template.Must(template.New("manifests").Parse(`
apiVersion: v1
kind: Namespace
metadata: {name: {{.Name}}}
---
apiVersion: v1
kind: Service
metadata: {name: {{.Name}}, namespace: {{.Name}}}
spec: {type: ExternalName, externalName: localhost}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: {{.Name}}}
rules:
- {apiGroups: [{{.Group}}], resources: ["*"], verbs: [list, create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: {{.Name}}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {{.Name}}}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:authenticated"}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: {{.Version}}.{{.Group}}}
spec:
  group: {{.Group}}
  version: {{.Version}}
  groupPriorityMinimum: 1000
  versionPriority: 15
  caBundle: {{.CABundle}}
  service: {name: {{.Name}}, namespace: {{.Name}}, port: {{.Port}}}
`))

// Register makes it known to the kube-apiserver, which can be done once, and returns when requests reach it.
func (s *Server) Register(ctx context.Context, admin *rest.Config) error {
	client, err := dynamic.NewForConfig(admin)
	if err != nil {
		return fmt.Errorf("preparing to register the ideal server: %w", err)
	}
	objects, err := s.objects()
	if err != nil {
		return err
	}
	for _, object := range objects {
		if err := create(ctx, client, object); err != nil {
			return fmt.Errorf("creating the %s of the ideal server: %w", object.GetKind(), err)
		}
	}
	return s.await(ctx, admin)
}

func (s *Server) objects() ([]*unstructured.Unstructured, error) {
	_, port, err := net.SplitHostPort(s.address)
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	err = manifests.Execute(&text, map[string]string{
		"Name": name, "Group": group, "Version": version, "Port": port,
		"CABundle": base64.StdEncoding.EncodeToString(s.authority.CertificatePEM()),
	})
	if err != nil {
		return nil, err
	}
	var objects []*unstructured.Unstructured
	for document := range strings.SplitSeq(text.String(), "\n---\n") {
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), object); err != nil {
			return nil, err
		}
		objects = append(objects, object)
	}
	return objects, nil
}

// create knows how the plurals of these kinds are formed.
func create(ctx context.Context, client dynamic.Interface, object *unstructured.Unstructured) error {
	kind := object.GroupVersionKind()
	resource := kind.GroupVersion().WithResource(strings.ToLower(kind.Kind) + "s")
	_, err := resourceIn(client, resource, object.GetNamespace()).Create(ctx, object, metav1.CreateOptions{})
	return err
}

func resourceIn(client dynamic.Interface, resource schema.GroupVersionResource, namespace string) dynamic.ResourceInterface {
	if namespace == "" {
		return client.Resource(resource)
	}
	return client.Resource(resource).Namespace(namespace)
}

// await returns when the kube-apiserver passes requests on.
func (s *Server) await(ctx context.Context, admin *rest.Config) error {
	client, err := load.Target{Name: "the discovery of the ideal server", Config: admin, Path: root}.NewClient()
	if err != nil {
		return err
	}
	defer client.Close()
	var last error
	err = wait.PollUntilContextTimeout(ctx, 25*time.Millisecond, availableTimeout, true, func(ctx context.Context) (bool, error) {
		last = client.Ask(ctx)
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("waiting for the ideal server: %w: %w", err, last)
	}
	return nil
}
