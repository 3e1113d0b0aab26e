// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// A value is a value, whatever is in it.
func TestTemplatesFillInValuesAsTheyAre(t *testing.T) {
	t.Parallel()
	name := unique("templates-value")
	text := members{"apiVersion": "v1", "kind": "ConfigMap", "metadata": members{"name": "a", "annotations": members{"a": "${value}"}}, "data": members{"a": "${value}", "b": "before ${value}${other}"}}
	shelve(t, name, members{"parameters": []members{{"name": "value"}, {"name": "other", "default": "after"}}, "objects": objects(text.String())})
	alice := newMember(t, name, v1alpha1.SpacePolicy{})
	for what, value := range map[string]string{
		"nothing":               "",
		"a number":              "7",
		"a boolean":             "true",
		"null":                  "null",
		"a list":                `["a","b"]`,
		"an object":             `{"a": "b"}`,
		"the end of its object": `"},"metadata":{"name":"spaces","labels":{` + marked + `}},"x":{"y":"`,
		"more lines":            "a\nimmutable: true\n---\nkind: Namespace\n",
		"tabs and quotes":       "\t'\"\\\r\n",
		"another parameter":     "${other}",
		"the platform's own":    "${account} ${space}",
		"an escaped one":        "$${other}",
		"half of one":           "$",
		"the rest of one":       "{other}",
		"other templates":       "{{ .Values.a }} $(a) %s",
		"what is not Latin":     "ü 空間 \u2028",
		"much":                  strings.Repeat("x", 20<<10),
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			space := unique(name)
			alice.space(t, space, withTemplate(name, "value", value))
			got := must(alice.Kube.CoreV1().ConfigMaps(space).Get(t.Context(), "a", metav1.GetOptions{}))(t)
			if diff := cmp.Diff(pairs("a", value, "b", "before "+value+"after"), got.Data); diff != "" || got.Annotations["a"] != value || got.Immutable != nil {
				t.Errorf("its annotation is %q, immutable %v, data (-want +got):\n%s", got.Annotations["a"], got.Immutable, diff)
			}
			check(t, wantConfigMaps(t.Context(), alice.Clients, space, "a", value))
			checkNamespace(t, space, platformLabels(space, accountLabel, name))
		})
	}
}

// bindingOf is the manifest of a RoleBinding, which grants the role to eve.
func bindingOf(name, role string) string {
	return members{"apiVersion": rbacv1.SchemeGroupVersion.String(), "kind": "RoleBinding", "metadata": members{"name": name},
		"roleRef": clusterRole(role), "subjects": []any{user("eve")}}.String()
}

// Whatever name a value makes, what the platform has in a Space stays as it is to be.
func TestTemplatesDoNotTakeThePlatformsPlace(t *testing.T) {
	t.Parallel()
	name := unique("templates-place")
	alice := newMember(t, name, v1alpha1.SpacePolicy{ClusterRole: "edit", Access: []v1alpha1.Access{{ClusterRole: "view", Subjects: []rbacv1.Subject{user("bob")}}}})
	of := func(version, kind string) string {
		return members{"apiVersion": version, "kind": kind, "metadata": members{"name": "${value}"}}.String()
	}
	reserved := func(kind string) refusal {
		return invalid("spec.parameters", "the platform itself has a "+kind+" of such a name in Spaces: choose one that does not begin with \"spaces\"")
	}
	for what, tc := range map[string]struct {
		object, value string
		want          refusal
	}{
		"the quota":                   {of("v1", "ResourceQuota"), "spaces", reserved("ResourceQuota")},
		"the limits":                  {of("v1", "LimitRange"), "spaces", reserved("LimitRange")},
		"a policy":                    {of("networking.k8s.io/v1", "NetworkPolicy"), "spaces-deny", reserved("NetworkPolicy")},
		"the account of kubeconfigs":  {of("v1", "ServiceAccount"), "spaces-kubeconfig", reserved("ServiceAccount")},
		"the binding of kubeconfigs":  {bindingOf("${value}", "view"), "spaces-kubeconfig", reserved("RoleBinding")},
		"the binding that fills it":   {bindingOf("${value}", "view"), "spaces-template", reserved("RoleBinding")},
		"the binding of owners":       {bindingOf("${value}", "view"), "spaces:owner", reserved("RoleBinding")},
		"the binding of another role": {bindingOf("${value}", "view"), "spaces:role:view", reserved("RoleBinding")},
		"somewhere else":              {of("v1", "ConfigMap"), "../../kube-system/configmaps/a", invalid("spec.parameters")},
		"no name":                     {of("v1", "ConfigMap"), "", invalid("spec.parameters")},
		"two lines":                   {of("v1", "ConfigMap"), "a\nb", invalid("spec.parameters")},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			template := unique(name)
			shelve(t, template, members{"parameters": []members{{"name": "value"}}, "objects": objects(tc.object)})
			got := alice.do(t, call{method: "POST", body: spaceFields(template, nil, members{"template": template, "parameters": pairs("value", tc.value)}).String()})
			got.refused(t, tc.want)
			awaitGone(t, shared.Admin(t), template)
		})
	}
}

// What an operator brings is filled in as far as the built-in admin may write it, and as long as it is there.
func TestTemplatesOfKindsThatComeAndGo(t *testing.T) {
	t.Parallel()
	name := strings.ReplaceAll(unique("templates-widgets"), "-", "")
	group := name + ".example.com"
	installWidgets(t, group)
	admin := caller{shared.Admin(t), "admin"}
	widget := members{"apiVersion": group + "/v1", "kind": "Widget", "metadata": members{"name": "a"}, "size": "${space}"}
	deleteTemplateLater(t, name)
	admin.await(t, call{method: "POST", path: templatesPath, body: templateFields(name, nil, widget.String(), configMap("a", "1")).String()}, reply.fine)
	admin.do(t, merge(templatesPath+"/"+name, `{"spec":{"reapply":true}}`)).succeeded(t)
	alice := newMember(t, name, v1alpha1.SpacePolicy{})
	create := func(space string) reply {
		return alice.do(t, call{method: "POST", body: spaceFields(space, nil, members{"template": name}).String()})
	}
	create(name+"-1").refused(t, forbidden(`apply the Widget "a" of the template`, `cannot patch resource "widgets"`))

	aggregated := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: pairs("rbac.authorization.k8s.io/aggregate-to-admin", "true")},
		Rules: []rbacv1.PolicyRule{rule(group, "widgets", "*")}}
	roles := admin.Kube.RbacV1().ClusterRoles()
	must(roles.Create(t.Context(), aggregated, metav1.CreateOptions{}))(t)
	t.Cleanup(func() { _ = roles.Delete(context.WithoutCancel(t.Context()), name, metav1.DeleteOptions{}) })
	admin.await(t, call{path: "/apis/rbac.authorization.k8s.io/v1/clusterroles/admin"}, func(got reply) bool { return strings.Contains(got.body, group) })
	// The kube-apiserver knows a moment later what the role has.
	tries := 0
	eventually(t, "Widgets are filled in", func(context.Context) error {
		tries++
		if got := create(name + "-ok-" + strings.Repeat("x", tries)); !got.fine() {
			return errors.New(got.body)
		}
		return nil
	})
	space := name + "-ok-" + strings.Repeat("x", tries)
	path := "/apis/" + group + "/v1/namespaces/" + space + "/widgets/a"
	if got := alice.do(t, call{path: path}); got.code != http.StatusOK || !strings.Contains(got.body, `"size":"`+space+`"`) {
		t.Errorf("%d %s", got.code, got.body)
	}

	admin.do(t, call{method: "DELETE", path: crdsPath + "/widgets." + group}).succeeded(t)
	// The kube-apiserver serves the kind for a moment after it is deleted, and does not let anything be created meanwhile.
	tries = 0
	eventually(t, "there are no Widgets any more", func(context.Context) error {
		tries++
		if got := create(name + "-none-" + strings.Repeat("x", tries)); got.code != http.StatusBadRequest || !strings.Contains(got.body, `apply the Widget \"a\" of the template`) {
			return errors.New(got.body)
		}
		return nil
	})
	admin.do(t, merge(templatesPath+"/"+name, members{"spec": members{"objects": objects(configMap("a", "2"))}}.String())).succeeded(t)
	eventually(t, "what has no kind any more is no obstacle", func(ctx context.Context) error {
		return wantConfigMaps(ctx, alice.Clients, space, "a", "2")
	})
}
