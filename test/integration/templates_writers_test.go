// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

func toTemplates(names []string, verbs ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{v1alpha1.GroupName}, Resources: []string{"spacetemplates"}, ResourceNames: names, Verbs: verbs}
}

func toConfigMaps(names []string, verbs ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"configmaps"}, ResourceNames: names, Verbs: verbs}
}

// templateCalls are all ways to write a template. The first ones need one that is there.
func templateCalls(name string) map[string]call {
	path, body := templatesPath+"/"+name, templateFields(name, nil, settings("b")).String()
	return map[string]call{
		"create":          {method: "POST", path: templatesPath, body: templateFields(name+"-new", nil, settings("b")).String()},
		"creating apply":  {method: "PATCH", path: path + "-new?fieldManager=ways", contentType: string(types.ApplyYAMLPatchType), body: templateFields(name+"-new", nil, settings("b")).String()},
		"generated name":  {method: "POST", path: templatesPath, body: strings.Replace(body, `"name":"`+name+`"`, `"generateName":"`+name+`-"`, 1)},
		"PUT":             {method: "PUT", path: path, body: body},
		"merge patch":     merge(path, `{"metadata":{"labels":{"a":"b"}}}`),
		"apply":           {method: "PATCH", path: path + "?fieldManager=ways&force=true", contentType: string(types.ApplyYAMLPatchType), body: body},
		"delete":          {method: "DELETE", path: path},
		"delete a Status": {method: "DELETE", path: path + "?propagationPolicy=Foreground"},
	}
}

// Who sees a template may not write to it. That takes a right in the system namespace.
func TestTemplatesAreWrittenByWhoMay(t *testing.T) {
	t.Parallel()
	name := unique("templates-may")
	admin, alice := caller{shared.Admin(t), "admin"}, newCaller(t, name+"-alice", devs)
	createTemplate(t, admin, name, members{"labels": members{"test": name}})
	for what, attempt := range templateCalls(name) {
		want := forbidden("spacetemplates.spaces.tenancy.example.io", fmt.Sprintf("User %q cannot manage it, nor", alice.name), `ConfigMaps, in the namespace "spaces-system"`)
		for _, one := range []call{attempt, dry(attempt)} {
			t.Run(what, func(t *testing.T) { alice.do(t, one).refused(t, want) })
		}
	}
	alice.do(t, call{method: "DELETE", path: templatesPath + "?labelSelector=test%3D" + name}).succeeded(t)
	if left := listTemplates(t, alice, name); len(left) != 1 {
		t.Error("who may not delete it has deleted it with the others")
	}
	eve := newCaller(t, name+"-eve")
	eve.do(t, call{method: "DELETE", path: templatesPath + "/" + name}).refused(t, forbidden(fmt.Sprintf("User %q cannot delete resource \"spacetemplates\" in API group", eve.name)))

	for what, rules := range map[string][]rbacv1.PolicyRule{
		"manage":                      {toTemplates(nil, "manage")},
		"manage of certain templates": {toTemplates([]string{"%-writer", "%-writer-2"}, "manage")},
		"ConfigMaps":                  {toConfigMaps(nil, "create"), toConfigMaps([]string{"template-%-writer", "template-%-writer-2"}, "update", "delete")},
	} {
		t.Run("by "+what, func(t *testing.T) {
			t.Parallel()
			own := unique(name)
			bob := newCaller(t, own+"-bob", devs)
			for i := range rules {
				for n, one := range rules[i].ResourceNames {
					rules[i].ResourceNames[n] = strings.Replace(one, "%", own, 1)
				}
			}
			allow(t, own, user(bob.name), rules...)
			deleteTemplateLater(t, own+"-writer-2")
			fields := templateFields(own+"-writer", members{"labels": members{"test": own}}, settings("a")).String()
			deleteTemplateLater(t, own+"-writer")
			bob.await(t, call{method: "POST", path: templatesPath, body: fields}, reply.fine)
			bob.do(t, call{method: "PATCH", path: templatesPath + "/" + own + "-writer-2?fieldManager=ways", contentType: string(types.ApplyYAMLPatchType),
				body: templateFields(own+"-writer-2", members{"labels": members{"test": own}}, settings("a")).String()}).succeeded(t)
			bob.do(t, merge(templatesPath+"/"+own+"-writer", `{"spec":{"reapply":true}}`)).succeeded(t)
			bob.do(t, call{method: "DELETE", path: templatesPath + "/" + own + "-writer"}).succeeded(t)
			bob.do(t, call{method: "DELETE", path: templatesPath + "?labelSelector=test%3D" + own}).succeeded(t)
			if left := listTemplates(t, bob, own); len(left) > 0 {
				t.Errorf("left are %v", left)
			}
		})
	}
}

func TestTemplatesAreOfWhatTheClusterHas(t *testing.T) {
	t.Parallel()
	name := unique("templates-kinds")
	admin := caller{shared.Admin(t), "admin"}
	createTemplate(t, admin, name, nil)
	object := func(version, kind string) string {
		return fmt.Sprintf(`{"apiVersion":%q,"kind":%q,"metadata":{"name":"a"}}`, version, kind)
	}
	for what, tc := range map[string]struct {
		object string
		want   refusal
	}{
		"an unknown kind":         {object("v1", "Gadget"), invalid("spec.objects[1]", "no kind Gadget in version v1 in the cluster: install it first")},
		"an unknown group":        {object("example.com/v1", "Widget"), invalid("spec.objects[1]", "no kind Widget in version example.com/v1 in the cluster: install it first")},
		"an unknown version":      {object("apps/v9", "Deployment"), invalid("spec.objects[1]", "no kind Deployment in version apps/v9")},
		"of the cluster":          {object("v1", "PersistentVolume"), invalid("spec.objects[1]", "is not in a namespace: a template holds only what is")},
		"a Space":                 {object("spaces.tenancy.example.io/v1alpha1", "Space"), invalid("spec.objects[1].kind")},
		"a Secret":                {object("v1", "Secret"), invalid("spec.objects[1].kind")},
		"no manifest":             {`"text"`, invalid("spec.objects[1]")},
		"another namespaced kind": {object: object("networking.k8s.io/v1", "Ingress")},
	} {
		t.Run(what, func(t *testing.T) {
			fields := templateFields(name, nil, settings("a"), tc.object)
			fresh := templateFields(name+"-new", nil, settings("a"), tc.object)
			for way, one := range map[string]call{
				"create": {method: "POST", path: templatesPath, body: fresh.String()},
				"apply":  {method: "PATCH", path: templatesPath + "/" + name + "-new?fieldManager=ways", contentType: string(types.ApplyYAMLPatchType), body: fresh.String()},
				"PUT":    {method: "PUT", path: templatesPath + "/" + name, body: fields.String()},
				"patch":  merge(templatesPath+"/"+name, fields.String()),
			} {
				got := admin.do(t, dry(one))
				if tc.want.code == 0 {
					got.succeeded(t)
					continue
				}
				got.refused(t, tc.want)
				if t.Failed() {
					t.Fatal("by", way)
				}
			}
		})
	}
}

// What has just been installed is known.
func TestTemplatesOfKindsThatAreInstalledLater(t *testing.T) {
	t.Parallel()
	name := strings.ReplaceAll(unique("templates-crd"), "-", "")
	admin := caller{shared.Admin(t), "admin"}
	group := name + ".example.com"
	body := call{method: "POST", path: templatesPath, body: templateFields(name, nil, `{"apiVersion":"`+group+`/v1","kind":"Widget","metadata":{"name":"a"}}`).String()}
	admin.do(t, body).refused(t, invalid("spec.objects[0]", "no kind Widget in version "+group+"/v1"))
	installWidgets(t, group)
	deleteTemplateLater(t, name)
	admin.await(t, body, reply.fine)
}

const crdsPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

// installWidgets has the cluster have Widgets of the group until the test has ended.
func installWidgets(t *testing.T, group string) {
	t.Helper()
	admin := caller{shared.Admin(t), "admin"}
	admin.do(t, call{method: "POST", path: crdsPath, body: members{"metadata": members{"name": "widgets." + group}, "spec": members{
		"group": group, "scope": "Namespaced", "names": members{"plural": "widgets", "singular": "widget", "kind": "Widget"},
		"versions": []members{{"name": "v1", "served": true, "storage": true, "schema": members{"openAPIV3Schema": members{"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}},
	}}.String()}).succeeded(t)
	t.Cleanup(func() {
		_ = admin.Kube.CoreV1().RESTClient().Delete().AbsPath(crdsPath, "widgets."+group).Do(context.WithoutCancel(t.Context())).Error()
	})
}

// What somebody has spoilt by hand is shown, hurts nothing else, and is mended by setting it anew or deleted.
func TestTemplatesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	admin := caller{shared.Admin(t), "admin"}
	for what, patch := range map[string]string{
		"garbage":      `{"data":{"object":"{"}}`,
		"nothing":      `{"data":null}`,
		"another kind": `{"data":{"object":"{\"apiVersion\":\"spaces.tenancy.example.io/v1alpha1\",\"kind\":\"Space\"}"}}`,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			name := unique("templates-spoilt")
			other := createTemplate(t, admin, name+"-other", members{"labels": members{"test": name}})
			created := createTemplate(t, admin, name, nil)
			patchConfigMap(t, name, patch)
			get := call{path: templatesPath + "/" + name}
			admin.await(t, get, func(r reply) bool { return strings.Contains(r.body, "Undecodable") })
			shown := admin.do(t, get).template(t)
			if condition := shown.Status.Conditions[0]; condition.Type != "Ready" || condition.Status != metav1.ConditionFalse || shown.UID != created.UID {
				t.Errorf("shown as %+v", shown)
			}
			if left := listTemplates(t, admin, name); len(left) != 1 || left[0] != other.Name {
				t.Errorf("others that are shown: %v", left)
			}
			mended := admin.do(t, call{method: "PUT", path: templatesPath + "/" + name, body: templateFields(name, nil, settings("settings")).String()}).template(t)
			if objectsOf(mended) != normalSettings || len(mended.Status.Conditions) > 0 {
				t.Errorf("mended is %+v", mended)
			}
			patchConfigMap(t, name, patch)
			admin.do(t, call{method: "DELETE", path: templatesPath + "/" + name}).succeeded(t)
		})
	}
}

// There is more room in a ConfigMap than in an annotation.
func TestTemplatesMayBeLarge(t *testing.T) {
	t.Parallel()
	name := unique("templates-large")
	admin := caller{shared.Admin(t), "admin"}
	large := func(size int) string {
		text, err := json.Marshal(members{"apiVersion": "v1", "kind": "ConfigMap", "metadata": members{"name": "a"}, "data": members{"a": strings.Repeat("<", size)}})
		check(t, err)
		return string(text)
	}
	deleteTemplateLater(t, name)
	admin.do(t, call{method: "POST", path: templatesPath, body: templateFields(name, nil, large(80<<10)).String()}).succeeded(t)
	got := must(templatesOf(admin.Clients).Get(t.Context(), name, metav1.GetOptions{}))(t)
	if !strings.Contains(objectsOf(got), strings.Repeat(`\u003c`, 80<<10)) && !strings.Contains(objectsOf(got), strings.Repeat("<", 80<<10)) {
		t.Error("it has come back as another")
	}
	admin.do(t, merge(templatesPath+"/"+name, templateFields(name, nil, large(400<<10)).String())).
		refused(t, invalid("spec", "are allowed"))
}
