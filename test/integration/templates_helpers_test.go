// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	spacesclient "tenancy.example.io/spaces/pkg/generated/clientset/versioned/typed/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

const (
	templatesPath   = "/apis/spaces.tenancy.example.io/v1alpha1/spacetemplates"
	systemNamespace = "spaces-system"
)

func templatesOf(user cluster.Clients) spacesclient.SpaceTemplateInterface {
	return user.Spaces.SpacesV1alpha1().SpaceTemplates()
}

// templateFields is a template with this metadata, besides its name, which has these objects in JSON.
func templateFields(name string, metadata members, objects ...string) members {
	template := spaceFields(name, metadata, nil)
	template["kind"] = "SpaceTemplate"
	template["spec"] = members{"objects": parsed(objects)}
	return template
}

// parsed returns what the JSON says.
func parsed(objects []string) []any {
	var list []any
	for _, object := range objects {
		list = append(list, rawJSON(object))
	}
	return list
}

// rawJSON is JSON that stays as it is.
type rawJSON string

func (r rawJSON) MarshalJSON() ([]byte, error) { return []byte(r), nil }

// settings is the manifest of a ConfigMap of this name.
func settings(name string) string {
	return `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"` + name + `"},"data":{"space":"${space}"}}`
}

// createTemplate creates a template of one ConfigMap, and deletes it when the test has ended.
func createTemplate(t *testing.T, user caller, name string, metadata members) *v1alpha1.SpaceTemplate {
	t.Helper()
	deleteTemplateLater(t, name)
	return user.do(t, call{method: "POST", path: templatesPath, body: templateFields(name, metadata, settings("settings")).String()}).template(t)
}

func deleteTemplateLater(t *testing.T, name string) {
	admin := shared.Admin(t)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		_ = templatesOf(admin).Delete(ctx, name, metav1.DeleteOptions{})
	})
}

// template returns the template that was answered with.
func (r reply) template(t *testing.T) *v1alpha1.SpaceTemplate {
	t.Helper()
	r.succeeded(t)
	var template v1alpha1.SpaceTemplate
	r.into(t, &template)
	return &template
}

// objectsOf are those of the template, in JSON.
func objectsOf(template *v1alpha1.SpaceTemplate) string {
	var objects []string
	for _, object := range template.Spec.Objects {
		objects = append(objects, string(object.Raw))
	}
	return strings.Join(objects, "\n")
}

// configMapOf returns the ConfigMap behind the template.
func configMapOf(t *testing.T, template string) *corev1.ConfigMap {
	t.Helper()
	return must(shared.Admin(t).Kube.CoreV1().ConfigMaps(systemNamespace).Get(t.Context(), "template-"+template, metav1.GetOptions{}))(t)
}

// patchConfigMap merges the patch into the ConfigMap behind the template.
func patchConfigMap(t *testing.T, template, patch string) {
	t.Helper()
	_ = must(shared.Admin(t).Kube.CoreV1().ConfigMaps(systemNamespace).
		Patch(t.Context(), "template-"+template, types.MergePatchType, []byte(patch), metav1.PatchOptions{}))(t)
}

// allow lets the user do so in the system namespace until the test has ended.
func allow(t *testing.T, name string, subject rbacv1.Subject, rules ...rbacv1.PolicyRule) {
	t.Helper()
	admin := shared.Admin(t)
	roles, bindings := admin.Kube.RbacV1().Roles(systemNamespace), admin.Kube.RbacV1().RoleBindings(systemNamespace)
	must(roles.Create(t.Context(), &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: rules}, metav1.CreateOptions{}))(t)
	bind(t, admin, systemNamespace, name, role(name), subject)
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		_ = roles.Delete(ctx, name, metav1.DeleteOptions{})
		_ = bindings.Delete(ctx, name, metav1.DeleteOptions{})
	})
}
