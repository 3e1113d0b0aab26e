// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

const (
	managedLabel = "spaces.tenancy.example.io/managed"
	testedLabel  = "spaces.tenancy.example.io/tested"
	enforceLabel = "pod-security.kubernetes.io/enforce"
	managerLabel = "app.kubernetes.io/managed-by"
	// marked are the labels of what the platform keeps.
	marked = `"` + managedLabel + `":"true"`
)

// rawRights are rights in a namespace that the platform gives to no tenant.
var rawRights = []rbacv1.PolicyRule{
	{APIGroups: []string{""}, Resources: []string{"namespaces", "namespaces/status", "namespaces/finalize"}, Verbs: []string{"update", "patch"}},
	{APIGroups: []string{""}, Resources: []string{"resourcequotas", "limitranges"}, Verbs: []string{"*"}},
}

// guardKinds are the kinds of what the platform keeps in a Space: where they are, and what they need to be created.
var guardKinds = map[string]struct{ api, fields string }{
	"resourcequotas":  {"/api/v1", `,"spec":{"hard":{"pods":"5"}}`},
	"limitranges":     {"/api/v1", `,"spec":{"limits":[]}`},
	"serviceaccounts": {"/api/v1", ``},
	"networkpolicies": {"/apis/networking.k8s.io/v1", `,"spec":{"podSelector":{}}`},
	"rolebindings":    {"/apis/rbac.authorization.k8s.io/v1", `,"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"view"}`},
}

// guarded is the namespace of a Space that nobody can read, so that our server leaves alone what is in it. The tenant owns
// it, and has the raw rights in it.
type guarded struct {
	admin, tenant caller
	name          string
}

func newGuarded(t *testing.T, prefix string) guarded {
	t.Helper()
	name := unique(prefix)
	g := guarded{admin: caller{shared.Admin(t), "admin"}, tenant: newCaller(t, name, devs), name: name}
	createNamespace(t, g.admin.Clients, name, map[string]string{enforceLabel: "baseline", managerLabel: "spaces", testedLabel: "yes"})
	patchNamespace(t, g.admin.Clients, name, `{"metadata":{"annotations":{"`+v1alpha1.AnnotationObject+`":"unreadable"}}}`)
	setClusterRole(t, g.admin.Clients, name, rawRights...)
	bind(t, g.admin.Clients, name, "raw", clusterRole(name), user(name), group(groupOf(name)))
	bind(t, g.admin.Clients, name, "owner", clusterRole("spaces:owner"), user(name), group(groupOf(name)))
	for kind := range guardKinds {
		g.admin.do(t, g.create(kind, "guard", marked)).succeeded(t)
		g.admin.do(t, g.create(kind, "own", "")).succeeded(t)
	}
	g.awaitGuards(t)
	return g
}

func (r reply) fine() bool { return r.code == http.StatusOK || r.code == http.StatusCreated }

func (r reply) succeeded(t *testing.T) {
	t.Helper()
	if !r.fine() {
		t.Errorf("want success, have %d: %s", r.code, r.body)
	}
}

// awaitGuards returns when the kube-apiserver knows the policies, and the rights of the tenant.
func (g guarded) awaitGuards(t *testing.T) {
	t.Helper()
	for policy, probe := range map[string]call{
		"spaces-guard-namespaces": g.probe(),
		"spaces-guard-objects":    dry(call{method: "DELETE", path: g.objects("limitranges") + "/guard"}),
		"spaces-guard-names":      dry(g.create("rolebindings", "spaces:owner", "")),
	} {
		g.tenant.await(t, probe, func(got reply) bool { return strings.Contains(got.body, policy) })
	}
}

// probe is for the platform only, and does nothing.
func (g guarded) probe() call {
	return dry(merge(g.path(), `{"metadata":{"labels":{"`+testedLabel+`":"no"}}}`))
}

// await repeats the call until the reply is as wanted.
func (c caller) await(t *testing.T, what call, wanted func(reply) bool) {
	t.Helper()
	eventually(t, "the reply to "+what.path+" is as wanted", func(ctx context.Context) error {
		if got := c.send(ctx, t, what); !wanted(got) {
			return errors.New(got.body)
		}
		return nil
	})
}

func (g guarded) path() string { return "/api/v1/namespaces/" + g.name }

// objects is where those of a kind are.
func (g guarded) objects(kind string) string {
	return guardKinds[kind].api + "/namespaces/" + g.name + "/" + kind
}

// create creates an object with the labels, which are JSON.
func (g guarded) create(kind, name, labels string) call {
	body := fmt.Sprintf(`{"metadata":{"name":%q,"labels":{%s}}%s}`, name, labels, guardKinds[kind].fields)
	return call{method: "POST", path: g.objects(kind), body: body}
}

func merge(path, body string) call {
	return call{method: "PATCH", path: path, contentType: string(types.MergePatchType), body: body}
}

// dry is the call that changes nothing.
func dry(c call) call {
	path, query, _ := strings.Cut(c.path, "?")
	c.path = path + "?dryRun=All&" + query
	return c
}

// attempt is to change what is the platform's, and what the refusal says.
type attempt struct {
	call call
	says string
}

// namespaceChanges are what nobody but the platform does to a namespace, and what it is told.
var namespaceChanges = map[string]struct {
	change func(labels, annotations map[string]string)
	says   string
}{
	"adding a label":         {func(l, _ map[string]string) { l["spaces.tenancy.example.io/account"] = "a" }, `the label "spaces.tenancy.example.io/account" of a namespace is set by the platform only`},
	"changing a label":       {func(l, _ map[string]string) { l[testedLabel] = "no" }, `the label "` + testedLabel + `" of a namespace`},
	"removing a label":       {func(l, _ map[string]string) { delete(l, testedLabel) }, `the label "` + testedLabel + `" of a namespace`},
	"adding an annotation":   {func(_, a map[string]string) { a["spaces.tenancy.example.io/more"] = "a" }, `the annotation "spaces.tenancy.example.io/more" of a namespace is set by the platform only`},
	"changing an annotation": {func(_, a map[string]string) { a[v1alpha1.AnnotationObject] = "{}" }, `the annotation "` + v1alpha1.AnnotationObject + `" of a namespace`},
	"removing an annotation": {func(_, a map[string]string) { delete(a, v1alpha1.AnnotationObject) }, `the annotation "` + v1alpha1.AnnotationObject + `" of a namespace`},
	"more privileges":        {func(l, _ map[string]string) { l[enforceLabel] = "privileged" }, `the label "` + enforceLabel + `" of a Space's namespace is set by the platform: change the Account or ClusterQuota, or ask a cluster administrator`},
	"all privileges":         {func(l, _ map[string]string) { delete(l, enforceLabel) }, `the label "` + enforceLabel + `" of a Space's namespace`},
	"an older version":       {func(l, _ map[string]string) { l[enforceLabel+"-version"] = "v1.20" }, `the label "` + enforceLabel + `-version" of a Space's namespace`},
	"another manager":        {func(l, _ map[string]string) { l[managerLabel] = "me" }, `the label "` + managerLabel + `" of a Space's namespace`},
	"no manager":             {func(l, _ map[string]string) { delete(l, managerLabel) }, `the label "` + managerLabel + `" of a Space's namespace`},
}

// attempts are all, on the namespace in every way there is.
func (g guarded) attempts(t *testing.T) map[string]attempt {
	t.Helper()
	attempts := g.onObjects()
	for what, tc := range namespaceChanges {
		changed := namespace(t, g.name)
		changed.ResourceVersion = ""
		tc.change(changed.Labels, changed.Annotations)
		for way, write := range g.writes(changed) {
			attempts[what+" by "+way] = attempt{write, tc.says}
		}
	}
	return attempts
}

func (g guarded) writes(changed *corev1.Namespace) map[string]call {
	whole, _ := json.Marshal(changed)
	patch, _ := json.Marshal([]members{
		{"op": "replace", "path": "/metadata/labels", "value": changed.Labels},
		{"op": "replace", "path": "/metadata/annotations", "value": changed.Annotations},
	})
	writes := map[string]call{"PUT of finalize": {method: "PUT", path: g.path() + "/finalize", body: string(whole)}}
	for part, path := range map[string]string{"all": g.path(), "status": g.path() + "/status"} {
		writes["PUT of "+part] = call{method: "PUT", path: path, body: string(whole)}
		writes["patch of "+part] = call{method: "PATCH", path: path, contentType: string(types.JSONPatchType), body: string(patch)}
	}
	return writes
}

// onObjects are attempts to change what the platform keeps in the namespace, and to make something look like that.
func (g guarded) onObjects() map[string]attempt {
	attempts := map[string]attempt{}
	for kind := range guardKinds {
		all, guard := g.objects(kind), g.objects(kind)+"/guard"
		const kept, forged = `"guard" guards or opens the Space and is kept by the platform`, `the label "` + managedLabel + `" is set by the platform only`
		maps.Copy(attempts, map[string]attempt{
			"deleting of " + kind:     {call{method: "DELETE", path: guard}, kept},
			"deleting all of " + kind: {call{method: "DELETE", path: all + "?labelSelector=" + managedLabel}, kept},
			"editing of " + kind:      {merge(guard, `{"metadata":{"finalizers":["example.com/held"]}}`), kept},
			"unlabelling of " + kind:  {merge(guard, `{"metadata":{"labels":null}}`), kept},
			"forging of " + kind:      {g.create(kind, "forged", marked), forged},
			"labelling of " + kind:    {merge(all+"/own", `{"metadata":{"labels":{`+marked+`}}}`), forged},
			"our name for " + kind:    {g.create(kind, "spaces", ""), `the name "spaces" is kept for a `},
			"a name of ours, " + kind: {g.create(kind, "spaces-more", ""), `the name "spaces-more" is kept for a `},
		})
	}
	attempts["the name of a role"] = attempt{g.create("rolebindings", "spaces:role:view", ""), `the name "spaces:role:view" is kept for a RoleBinding of the platform: choose one that does not begin with "spaces"`}
	return attempts
}

func (a attempt) refused(t *testing.T, got reply) {
	t.Helper()
	got.refused(t, refusal{code: http.StatusForbidden, reason: metav1.StatusReasonForbidden, message: []string{a.says}})
}

func TestGuardsLetThePlatformPass(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, "guards-pass")
	for who, rule := range map[string]rbacv1.PolicyRule{
		"an administrator":              {APIGroups: []string{"*"}, Resources: []string{"*"}, Verbs: []string{"*"}},
		"whoever may manage all Spaces": {APIGroups: []string{v1alpha1.GroupName}, Resources: []string{"spaces"}, Verbs: []string{"manage"}},
	} {
		name := unique("guards-pass")
		manager := newCaller(t, name, groupOf(g.name))
		setClusterRole(t, g.admin.Clients, name, rule)
		grant := byClusterBinding(g.admin.Clients, name)
		grant.give(t)
		manager.await(t, g.probe(), reply.fine)
		for what, tc := range g.attempts(t) {
			t.Run(who+"/"+what, func(t *testing.T) { manager.do(t, dry(tc.call)).succeeded(t) })
		}
		grant.take(t)
	}
}

func TestGuardsLetTenantsWork(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, "guards-own")
	g.tenant.do(t, merge(g.path(), `{"metadata":{"labels":{"team":"a","`+enforceLabel+`":"baseline"},"annotations":{"team":"a"}}}`)).succeeded(t)
	g.tenant.do(t, merge(g.path()+"/status", `{"metadata":{"labels":{"team":null}}}`)).succeeded(t)
	for kind := range guardKinds {
		t.Run(kind, func(t *testing.T) {
			g.tenant.do(t, g.create(kind, "more", "")).succeeded(t)
			g.tenant.do(t, dry(g.create(kind, "spacesuit", ""))).succeeded(t)
			g.tenant.do(t, merge(g.objects(kind)+"/more", `{"metadata":{"labels":{"team":"a"}}}`)).succeeded(t)
			g.tenant.do(t, call{method: "DELETE", path: g.objects(kind) + "/more"}).succeeded(t)
		})
	}

	unmanaged := guarded{name: createNamespace(t, g.admin.Clients, unique("guards-none"), nil).Name}
	bind(t, g.admin.Clients, unmanaged.name, "raw", clusterRole(g.name), user(g.name))
	bind(t, g.admin.Clients, unmanaged.name, "owner", clusterRole("spaces:owner"), user(g.name))
	g.tenant.await(t, dry(unmanaged.create("serviceaccounts", "spaces-robot", "")), reply.fine)
	privileged := merge(unmanaged.path(), `{"metadata":{"labels":{"`+enforceLabel+`":"privileged"}}}`)
	g.tenant.await(t, privileged, reply.fine)
	made := g.tenant.do(t, merge(unmanaged.path(), `{"metadata":{"annotations":{"`+v1alpha1.AnnotationObject+`":"{}"}}}`))
	attempt{says: `the annotation "` + v1alpha1.AnnotationObject + `"`}.refused(t, made)
}

func TestGuardsOnNewNamespaces(t *testing.T) {
	t.Parallel()
	alice := newGuarded(t, "guards-new").tenant
	for name, tc := range map[string]struct{ metadata, says string }{
		"the home of an account":          {`"name":"account-guards"`, `the name "account-guards" is kept for a namespace of the platform`},
		"the home of a generated account": {`"generateName":"account-"`, `the name "account-`},
		"the platform's own":              {`"name":"spaces-system"`, `the name "spaces-system"`},
		"one that is made to be a Space":  {`"name":"guards-a","annotations":{"` + v1alpha1.AnnotationObject + `":"{}"}`, `the annotation "` + v1alpha1.AnnotationObject + `"`},
		"one with a label of ours":        {`"name":"guards-a","labels":{` + marked + `}`, `the label "` + managedLabel + `" of a namespace`},
		"one of a similar name":           {`"name":"accounts-guards"`, ""},
		"one with labels of its own":      {`"name":"guards-a","labels":{"` + enforceLabel + `":"privileged","` + managerLabel + `":"me"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := alice.do(t, dry(call{method: "POST", path: "/api/v1/namespaces", body: `{"metadata":{` + tc.metadata + `}}`}))
			if tc.says != "" {
				attempt{says: tc.says}.refused(t, got)
			} else {
				got.succeeded(t)
			}
		})
	}
}

func TestGuardsLetControllersWork(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, "guards-gone")
	configMaps := g.admin.Kube.CoreV1().ConfigMaps(g.name)
	owner := must(configMaps.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "owner"}}, metav1.CreateOptions{}))(t)
	owned := fmt.Sprintf(`{"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"owner","uid":%q}]}}`, owner.UID)
	g.admin.do(t, merge(g.objects("networkpolicies")+"/guard", owned)).succeeded(t)
	check(t, configMaps.Delete(t.Context(), "owner", metav1.DeleteOptions{}))
	g.admin.await(t, call{path: g.objects("networkpolicies") + "/guard"}, func(got reply) bool { return got.code == http.StatusNotFound })
	check(t, g.tenant.Kube.CoreV1().Namespaces().Delete(t.Context(), g.name, metav1.DeleteOptions{}))
	awaitGone(t, g.admin.Clients, g.name)
}

// Of the home of an account it is said what can be changed instead: there is no Space.
func TestGuardsOfHomes(t *testing.T) {
	t.Parallel()
	admin, name := caller{shared.Admin(t), "admin"}, unique("guards-home")
	home := guarded{admin: admin, tenant: newCaller(t, name), name: "account-" + name}
	createAccount(t, admin.Clients, name, withSubjects(user("somebody")))
	setClusterRole(t, admin.Clients, name, slices.Concat(rawRights, []rbacv1.PolicyRule{rule("rbac.authorization.k8s.io", "rolebindings", "*")})...)
	bind(t, admin.Clients, home.name, "raw", clusterRole(name), user(name))
	home.awaitWrites(t)
	for what, tc := range map[string]attempt{
		"its binding":    {call{method: "DELETE", path: home.objects("rolebindings") + "/spaces:account-user"}, `the RoleBinding "spaces:account-user" opens the Account and is kept by the platform: change the Account, or ask a cluster administrator`},
		"its annotation": {merge(home.path(), `{"metadata":{"annotations":{"`+v1alpha1.AnnotationObject+`":"{}"}}}`), `is set by the platform only: change the Account, or ask a cluster administrator`},
		"its manager":    {merge(home.path(), `{"metadata":{"labels":{"`+managerLabel+`":"me"}}}`), `the label "` + managerLabel + `" of an Account's home is kept by the platform: ask a cluster administrator`},
	} {
		t.Run(what, func(t *testing.T) { tc.refused(t, home.tenant.do(t, tc.call)) })
	}
}

// awaitWrites returns when the kube-apiserver knows that the tenant may change the namespace.
func (g guarded) awaitWrites(t *testing.T) {
	t.Helper()
	g.tenant.await(t, dry(merge(g.path(), `{"metadata":{"labels":{"team":"a"}}}`)), reply.fine)
}

func TestGuardsAreWellTyped(t *testing.T) {
	t.Parallel()
	admin := caller{shared.Admin(t), "admin"}
	for _, name := range []string{"spaces-guard-namespaces", "spaces-guard-objects", "spaces-guard-names"} {
		policy := call{path: "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/" + name}
		admin.await(t, policy, func(got reply) bool { return strings.Contains(got.body, `"typeChecking":{}`) })
	}
}
