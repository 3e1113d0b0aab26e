// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

const templateLabel = "spaces.tenancy.example.io/template"

// typedParameters are one of each type.
var typedParameters = []members{
	{"name": "image", "pattern": "[a-z/.]+"},
	{"name": "replicas", "type": "integer", "default": "2"},
	{"name": "frozen", "type": "boolean", "default": "false"},
}

// typedObjects are what a team may want in each of its Spaces.
var typedObjects = []string{
	`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"${space}-settings","labels":{"team":"${account}"}},"immutable":"${frozen}",
		"data":{"a":"${image} ${replicas} ${frozen}","literal":"$${HOME}"}}`,
	`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":"${replicas}","selector":{"matchLabels":{"app":"web"}},
		"template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"web","image":"${image}"}]}}}}`,
	`{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"deployer"}}`,
	`{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"deployer"},
		"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"edit"},
		"subjects":[{"kind":"ServiceAccount","name":"deployer","namespace":"${space}"}]}`,
}

// Everything from the template is there when the creation is answered, behind the guards, and is the tenant's.
func TestTemplatesFillSpaces(t *testing.T) {
	t.Parallel()
	name := unique("templates-fill")
	shelve(t, name, members{"parameters": typedParameters, "objects": objects(typedObjects...)})
	alice := newMember(t, name, v1alpha1.SpacePolicy{})
	created := alice.space(t, name, withTemplate(name, "image", "nginx", "replicas", "3"))

	settings := must(alice.Kube.CoreV1().ConfigMaps(name).Get(t.Context(), name+"-settings", metav1.GetOptions{}))(t)
	if diff := cmp.Diff(pairs("a", "nginx 3 false", "literal", "${HOME}"), settings.Data); diff != "" || settings.Immutable == nil || *settings.Immutable {
		t.Errorf("immutable: %v, data (-want +got):\n%s", settings.Immutable, diff)
	}
	if diff := cmp.Diff(pairs("team", name, templateLabel, name), settings.Labels); diff != "" || len(settings.ManagedFields) != 1 || settings.ManagedFields[0].Manager != "spaces" {
		t.Errorf("managed by %v, labels (-want +got):\n%s", settings.ManagedFields, diff)
	}
	web := must(alice.Kube.AppsV1().Deployments(name).Get(t.Context(), "web", metav1.GetOptions{}))(t)
	if *web.Spec.Replicas != 3 || web.Spec.Template.Spec.Containers[0].Image != "nginx" {
		t.Errorf("the Deployment has %d replicas of %s", *web.Spec.Replicas, web.Spec.Template.Spec.Containers[0].Image)
	}
	if diff := cmp.Diff([]string{"deployer", "spaces:owner"}, bindingsIn(t, name)); diff != "" {
		t.Errorf("RoleBindings (-want +got):\n%s", diff)
	}
	check(t, wantBindings(t.Context(), t, name, map[string][]string{"spaces:owner": {name, alice.name}}))
	check(t, wantGuards(t.Context(), shared.Admin(t), name, "baseline", 4))
	applied := created.Status.Template
	want := []v1alpha1.TemplateObject{
		{APIVersion: "v1", Kind: "ConfigMap", Name: name + "-settings"}, {APIVersion: "apps/v1", Kind: "Deployment", Name: "web"},
		{APIVersion: "v1", Kind: "ServiceAccount", Name: "deployer"}, {APIVersion: "rbac.authorization.k8s.io/v1", Kind: "RoleBinding", Name: "deployer"},
	}
	if applied == nil || applied.Name != name || applied.Hash == "" || cmp.Diff(want, applied.Objects) != "" {
		t.Errorf("the status says %+v", applied)
	}
	alice.takesOver(t, name)
}

// takesOver changes what has come from the template, and deletes some of it. It stays so.
func (c caller) takesOver(t *testing.T, space string) {
	t.Helper()
	deployments := "/apis/apps/v1/namespaces/" + space + "/deployments/web"
	c.do(t, merge(deployments, `{"spec":{"replicas":5}}`)).succeeded(t)
	for _, path := range []string{objectsIn(space, "serviceaccounts") + "/deployer", objectsIn(space, "rolebindings") + "/deployer"} {
		c.do(t, call{method: "DELETE", path: path}).succeeded(t)
	}
	repaired(t, space)
	web := must(c.Kube.AppsV1().Deployments(space).Get(t.Context(), "web", metav1.GetOptions{}))(t)
	if diff := cmp.Diff([]string{"spaces:owner"}, bindingsIn(t, space)); diff != "" || *web.Spec.Replicas != 5 {
		t.Errorf("the Deployment has %d replicas, RoleBindings (-want +got):\n%s", *web.Spec.Replicas, diff)
	}
}

// bindingsIn returns the names of all RoleBindings in the namespace, sorted.
func bindingsIn(t *testing.T, namespace string) []string {
	t.Helper()
	list := must(shared.Admin(t).Kube.RbacV1().RoleBindings(namespace).List(t.Context(), metav1.ListOptions{}))(t)
	var names []string
	for i := range list.Items {
		names = append(names, list.Items[i].Name)
	}
	return names
}

// The template of an account, or of the cluster, is that of Spaces that name none. It takes no right, and all others do.
func TestTemplatesThatNobodyAsksFor(t *testing.T) {
	t.Parallel()
	c := cluster.ForTest(t)
	admin := c.Admin(t)
	alice := caller{c.As(t, "alice", devs), "alice"}
	for _, name := range []string{"of-account", "of-cluster", "other"} {
		body := templateFields(name, nil, configMap(name, "${space}")).String()
		caller{admin, "admin"}.do(t, call{method: "POST", path: templatesPath, body: body}).succeeded(t)
	}
	for name, policy := range map[string]v1alpha1.SpacePolicy{"default": {Template: "of-account"}, "plain": {}} {
		createAccount(t, admin, name, withSubjects(user("alice")), withPolicy(policy))
	}
	runKubectl(t, c, "admin", "patch", "clusterquota", "cluster", "--type=merge", "--patch", `{"spec":{"space":{"template":"of-cluster"}}}`)
	other := dry(call{method: "POST", path: spacesPath, body: spaceFields("other", nil, members{"account": "default", "template": "other"}).String()})
	alice.await(t, other, reply.fine)
	check(t, admin.Kube.RbacV1().RoleBindings(systemNamespace).Delete(t.Context(), "spaces:template-user", metav1.DeleteOptions{}))
	alice.await(t, other, func(got reply) bool { return !got.fine() })
	for what, tc := range map[string]struct {
		spec members
		want string
		says string
	}{
		"that of the account":            {spec: members{"account": "default"}, want: "of-account"},
		"that of the account, by name":   {spec: members{"account": "default", "template": "of-account"}, want: "of-account"},
		"that of the cluster":            {spec: members{"account": "plain"}, want: "of-cluster"},
		"that of the cluster, by name":   {spec: members{"account": "plain", "template": "of-cluster"}, want: "of-cluster"},
		"another one":                    {spec: members{"account": "default", "template": "other"}, says: `use "of-account", which is that of the policy`},
		"that of the cluster, elsewhere": {spec: members{"account": "default", "template": "of-cluster"}, says: `you cannot use the template "of-cluster"`},
		"one that is not there":          {spec: members{"account": "default", "template": "none"}, says: `you cannot use the template "none"`},
	} {
		t.Run(what, func(t *testing.T) {
			for _, way := range ways {
				if !way.creates {
					continue
				}
				name := unique("space")
				got := alice.do(t, way.call(name, spaceFields(name, nil, tc.spec)))
				if tc.says != "" {
					got.refused(t, invalid("spec.template", tc.says, `the verb use on it in the namespace "spaces-system"`))
					continue
				}
				if space := got.space(t); !got.fine() || space.Spec.Template != tc.want {
					t.Errorf("%s: want the template %s, have %d %s", way.name, tc.want, got.code, got.body)
				} else if !way.dry {
					check(t, wantConfigMaps(t.Context(), admin, name, tc.want, name))
				}
			}
		})
	}
}

// What is wrong with parameters is said before anything is made, and by a dry run, too.
func TestTemplatesRefuseWrongParameters(t *testing.T) {
	t.Parallel()
	name := unique("templates-wrong")
	shelve(t, name, members{"parameters": typedParameters, "objects": objects(typedObjects...)})
	alice := newMember(t, name, v1alpha1.SpacePolicy{})
	for what, tc := range map[string]struct {
		template   string
		parameters members
		want       refusal
	}{
		"a parameter that is missing":     {name, members{"replicas": "1"}, invalid("spec.parameters[image]", "Required value: the template has no default for it")},
		"a parameter that is not known":   {name, members{"image": "a", "size": "1"}, invalid("spec.parameters[size]", `name one of its own: "image", "replicas", "frozen"`)},
		"a parameter of the platform":     {name, members{"image": "a", "space": "kube-system"}, invalid("spec.parameters[space]", "the platform fills it in itself: remove it")},
		"no number":                       {name, members{"image": "a", "replicas": "many"}, invalid("spec.parameters[replicas]", `"many"`, "must be a whole number of 64 bits")},
		"a number in other words":         {name, members{"image": "a", "replicas": "+1"}, invalid("spec.parameters[replicas]", `"+1"`)},
		"no boolean":                      {name, members{"image": "a", "frozen": "yes"}, invalid("spec.parameters[frozen]", `must be "true" or "false"`)},
		"a value that does not match":     {name, members{"image": "a\nb"}, invalid("spec.parameters[image]", `must match the pattern "[a-z/.]+" as a whole`)},
		"a template that is not there":    {name + "-none", nil, invalid("spec.template", "Not found: \""+name+"-none\"")},
		"parameters without a template":   {"", members{"image": "a"}, invalid("spec.parameters", "they are those of a template: name one in spec.template, or leave them out")},
		"a name that is that of no thing": {name + "/../a", nil, invalid("spec.template")},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			prefix := unique("templates-wrong")
			existing := alice.space(t, prefix+"-old")
			for _, way := range ways {
				space, spec := prefix+"-new", members{"account": name}
				if !way.creates {
					space = existing.Name
				}
				if tc.template != "" {
					spec["template"] = tc.template
				}
				if tc.parameters != nil {
					spec["parameters"] = tc.parameters
				}
				alice.do(t, way.call(space, spaceFields(space, nil, spec))).refused(t, tc.want)
			}
			if diff := cmp.Diff([]string{existing.Name}, namespaces(t, prefix)); diff != "" {
				t.Errorf("namespaces (-want +got):\n%s", diff)
			}
		})
	}
}

// What the cluster refuses makes the creation fail with the reason, and nothing is left.
func TestTemplatesThatTheClusterRefuses(t *testing.T) {
	t.Parallel()
	name := unique("templates-refused")
	alice := newMember(t, name, v1alpha1.SpacePolicy{})
	pod := func(more string) string {
		return `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"a","image":"a"` + more + `}]}}`
	}
	const rbac = "rbac.authorization.k8s.io"
	roleOf := func(verb, group, resource string) string {
		return members{"apiVersion": rbac + "/v1", "kind": "Role", "metadata": members{"name": "a"}, "rules": []any{rule(group, resource, verb)}}.String()
	}
	for what, tc := range map[string]struct {
		object string
		want   refusal
	}{
		"by Pod Security": {pod(`,"securityContext":{"privileged":true}`), forbidden(`apply the Pod "a" of the template`, `violates PodSecurity "baseline:latest"`)},
		"by validation": {pod(`,"ports":[{"containerPort":70000}]`), refusal{code: http.StatusUnprocessableEntity, reason: metav1.StatusReasonInvalid,
			message: []string{`apply the Pod "a" of the template`, "spec.containers[0].ports[0].containerPort"}}},
		"by its schema": {`{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"a"},"spec":{"resources":{"requests":{"storage":"abc"}}}}`,
			refusal{code: http.StatusBadRequest, reason: metav1.StatusReasonBadRequest,
				message: []string{`apply the PersistentVolumeClaim "a" of the template`, "whoever manages the template has to mend the manifest: ", "quantities must match"}}},
		"as more rights than the platform has": {roleOf("*", "*", "*"), forbidden(`apply the Role "a" of the template`, notHeld)},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			template := unique(name)
			shelve(t, template, members{"objects": objects(configMap("before", "b"), tc.object)})
			got := alice.do(t, call{method: "POST", body: spaceFields(template, nil, members{"template": template}).String()})
			got.refused(t, tc.want)
			awaitGone(t, shared.Admin(t), template)
		})
	}
}
