// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// codeSpan is what stands between backquotes in a line.
var codeSpan = regexp.MustCompile("`[^`\n]+`")

// docs/rbac.md names every role that ships, and every right to our resources in one; and no role that does not ship.
func TestRBACNamesWhatShips(t *testing.T) {
	t.Parallel()
	root := projectRoot(t)
	shipped := readRBAC(t, root)
	content, err := os.ReadFile(filepath.Join(root, "docs", "rbac.md"))
	check(t, err)
	page := string(content)
	for _, name := range shipped.roleNames() {
		if !strings.Contains(page, "\n| `"+name+"`") {
			t.Errorf("no table has a row for the role %s", name)
		}
	}
	for _, right := range shipped.rights() {
		if !strings.Contains(page, "`"+right+"`") {
			t.Errorf("the right %q stands in a role, and nowhere on the page", right)
		}
	}
	for _, span := range codeSpan.FindAllString(page, -1) {
		if name := strings.Trim(span, "`"); strings.HasPrefix(name, "spaces:") && !shipped.names[name] {
			t.Errorf("the page has %s, which does not ship", name)
		}
	}
}

// What a role grants that is bound for the whole cluster to people, opens no inner door.
func TestRBACFrontDoorOpensNoOther(t *testing.T) {
	t.Parallel()
	shipped := readRBAC(t, projectRoot(t))
	requests := []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"}
	for _, name := range []string{"spaces:discover", "spaces:user"} {
		if len(shipped.rules[name]) == 0 {
			t.Errorf("%s grants nothing", name)
		}
		for _, rule := range shipped.rules[name] {
			if !slices.Equal(rule.APIGroups, []string{v1alpha1.GroupName}) || slices.Contains(rule.Resources, rbacv1.ResourceAll) {
				t.Errorf("%s grants what is not ours: %v", name, rule)
			}
			for _, verb := range rule.Verbs {
				if !slices.Contains(requests, verb) {
					t.Errorf("%s grants %s of %v, which is for an inner door", name, verb, rule.Resources)
				}
			}
		}
	}
}

// shippedRBAC is what the manifests have of RBAC.
type shippedRBAC struct {
	// rules are those of Roles and ClusterRoles, by the name of the role.
	rules map[string][]rbacv1.PolicyRule
	// names are those of the roles, and of the bindings.
	names map[string]bool
}

func readRBAC(t *testing.T, root string) shippedRBAC {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "artifacts", "deploy", "base", "*.yaml"))
	check(t, err)
	shipped := shippedRBAC{rules: map[string][]rbacv1.PolicyRule{}, names: map[string]bool{}}
	for _, file := range files {
		content, err := os.ReadFile(file)
		check(t, err)
		for _, object := range objectsIn(t, content) {
			shipped.add(object)
		}
	}
	if len(shipped.rules) == 0 {
		t.Fatal("The manifests have no roles")
	}
	return shipped
}

// objectsIn returns the objects of Kubernetes' own kinds in the manifests.
func objectsIn(t *testing.T, manifests []byte) []runtime.Object {
	t.Helper()
	var objects []runtime.Object
	reader := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(manifests)))
	for {
		manifest, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return objects
		}
		check(t, err)
		object, _, err := clientgoscheme.Codecs.UniversalDeserializer().Decode(manifest, nil, nil)
		if runtime.IsNotRegisteredError(err) {
			continue
		}
		check(t, err)
		objects = append(objects, object)
	}
}

func (s shippedRBAC) add(object runtime.Object) {
	switch object := object.(type) {
	case *rbacv1.ClusterRole:
		s.names[object.Name], s.rules[object.Name] = true, object.Rules
	case *rbacv1.Role:
		s.names[object.Name], s.rules[object.Name] = true, object.Rules
	case *rbacv1.ClusterRoleBinding:
		s.names[object.Name] = true
	case *rbacv1.RoleBinding:
		s.names[object.Name] = true
	}
}

func (s shippedRBAC) roleNames() []string {
	var names []string
	for name := range s.rules {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// rights returns what the roles grant of our resources, as "verb resource".
func (s shippedRBAC) rights() []string {
	var rights []string
	for _, rules := range s.rules {
		for _, rule := range rules {
			if slices.Contains(rule.APIGroups, v1alpha1.GroupName) {
				rights = append(rights, rightsOf(rule)...)
			}
		}
	}
	slices.Sort(rights)
	return slices.Compact(rights)
}

func rightsOf(rule rbacv1.PolicyRule) []string {
	var rights []string
	for _, resource := range rule.Resources {
		for _, verb := range rule.Verbs {
			rights = append(rights, verb+" "+resource)
		}
	}
	return rights
}
