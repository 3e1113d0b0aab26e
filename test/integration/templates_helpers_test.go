// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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

// shelve has the template be like this, and deletes it when the test has ended.
func shelve(t *testing.T, name string, spec members) {
	t.Helper()
	deleteTemplateLater(t, name)
	template := templateFields(name, nil)
	template["spec"] = spec
	caller{shared.Admin(t), "admin"}.do(t, call{method: "PATCH", path: templatesPath + "/" + name + "?fieldManager=shelf&force=true", contentType: applyPatch, body: template.String()}).succeeded(t)
}

// objects are the manifests, as a template has them.
func objects(manifests ...string) []any { return parsed(manifests) }

// configMap is the manifest of a ConfigMap that has the value under the key "a".
func configMap(name, value string) string {
	return members{"apiVersion": "v1", "kind": "ConfigMap", "metadata": members{"name": name}, "data": members{"a": value}}.String()
}

// newMember returns a tenant of a new account of that name, who has no other rights.
func newMember(t *testing.T, name string, policy v1alpha1.SpacePolicy) caller {
	t.Helper()
	createAccount(t, shared.Admin(t), name, withSubjects(group(name)), withPolicy(policy))
	return newTenant(t, name+"-tenant", name)
}

// withTemplate has a Space be filled from the template, with parameters and their values, which take turns.
func withTemplate(name string, parametersAndValues ...string) func(*v1alpha1.Space) {
	return func(space *v1alpha1.Space) {
		space.Spec.Template, space.Spec.Parameters = name, pairs(parametersAndValues...)
	}
}

// wantConfigMaps tells whether these are the ConfigMaps in the Space, besides that of all namespaces, with the values
// under the key "a".
func wantConfigMaps(ctx context.Context, user cluster.Clients, space string, namesAndValues ...string) error {
	list, err := user.Kube.CoreV1().ConfigMaps(space).List(ctx, metav1.ListOptions{FieldSelector: "metadata.name!=kube-root-ca.crt"})
	if err != nil {
		return err
	}
	got := map[string]string{}
	for i := range list.Items {
		got[list.Items[i].Name] = list.Items[i].Data["a"]
	}
	if diff := cmp.Diff(pairs(namesAndValues...), got); diff != "" {
		return fmt.Errorf("ConfigMaps (-want +got):\n%s", diff)
	}
	return nil
}

// wantCondition tells whether the Space has the condition Ready for that reason.
func wantCondition(ctx context.Context, user cluster.Clients, space, reason string) error {
	got, err := spacesOf(user).Get(ctx, space, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if conditions := got.Status.Conditions; len(conditions) != 1 || conditions[0].Reason != reason {
		return fmt.Errorf("its conditions are %+v, want the reason %s", conditions, reason)
	}
	return nil
}

// repaired has the platform look at the Space, and returns when it has done so.
func repaired(t *testing.T, space string) {
	t.Helper()
	admin := shared.Admin(t)
	policies := admin.Kube.NetworkingV1().NetworkPolicies(space)
	check(t, policies.Delete(t.Context(), "spaces-deny", metav1.DeleteOptions{}))
	eventually(t, "what was deleted is back", func(ctx context.Context) error {
		_, err := policies.Get(ctx, "spaces-deny", metav1.GetOptions{})
		return err
	})
}
