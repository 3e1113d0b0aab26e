// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
)

const notHeld = "is attempting to grant RBAC permissions not currently held"

// roleIn is a call that creates a Role with the rule in the namespace.
func roleIn(namespace string, rule rbacv1.PolicyRule) call {
	body := members{"metadata": members{"generateName": "role-"}, "rules": []rbacv1.PolicyRule{rule}}
	return call{method: "POST", path: rbacIn(namespace) + "roles", body: body.String()}
}

// bindingIn is a call that binds the role to the subject in the namespace.
func bindingIn(namespace, role string, subject rbacv1.Subject) call {
	body := members{"metadata": members{"generateName": "binding-"}, "roleRef": clusterRole(role), "subjects": []rbacv1.Subject{subject}}
	return call{method: "POST", path: rbacIn(namespace) + "rolebindings", body: body.String()}
}

func rbacIn(namespace string) string {
	return "/apis/rbac.authorization.k8s.io/v1/namespaces/" + namespace + "/"
}

func rule(group, resource string, verbs ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, Verbs: verbs}
}

// byRoles are attempts to give rights that the giver does not have.
func (w tenancy) byRoles() attempts {
	me := user(w.tenant.name)
	ours, rbac := "spaces.tenancy.example.io", rbacv1.GroupName
	rows := attempts{}
	for what, rule := range map[string]rbacv1.PolicyRule{
		"to do everything":                        rule("*", "*", "*"),
		"to change the namespace":                 rule("", "namespaces", "update"),
		"to change the status of the namespace":   rule("", "namespaces/status", "patch"),
		"to finalize the namespace":               rule("", "namespaces/finalize", "update"),
		"to change quotas":                        rule("", "resourcequotas", "update"),
		"to change the status of quotas":          rule("", "resourcequotas/status", "update"),
		"to change limits":                        rule("", "limitranges", "delete"),
		"to use accounts":                         rule(ours, "accounts", "use"),
		"to manage accounts":                      rule(ours, "accounts", "manage"),
		"to manage the ClusterQuota":              rule(ours, "clusterquotas", "manage"),
		"to bind any role":                        rule(rbac, "clusterroles", "bind"),
		"to have any right":                       rule(rbac, "roles", "escalate"),
		"to be anybody":                           rule("", "users", "impersonate"),
		"to do more with Spaces than manage them": rule(ours, "spaces", "*"),
	} {
		rows[what] = w.tenant.cannot(forbidden(notHeld), roleIn(w.mine, rule))
	}
	for _, role := range []string{"cluster-admin", "spaces:apiserver", "system:auth-delegator", "system:node", w.run} {
		rows["the ClusterRole "+role] = w.tenant.cannot(forbidden(notHeld), bindingIn(w.mine, role, me), bindingIn(w.loose, role, me))
	}
	for _, role := range []string{"cluster-admin", "admin", "edit", "spaces:owner"} {
		rows["the ClusterRole "+role+" in a home"] = w.tenant.cannot(forbidden(notHeld), bindingIn("account-"+w.mine, role, me))
	}
	helper := w.helper.cannot(forbidden(notHeld), bindingIn(w.mine, "spaces:owner", user(w.helper.name)), roleIn(w.mine, rule(ours, "spaces", "manage")),
		roleIn(w.mine, rule("", "namespaces", "delete")))
	rows["to own the Space, by who works in it"] = helper
	rows["to own what is no Space"] = w.tenant.cannot(forbidden(notHeld), bindingIn(w.loose, "spaces:owner", me))
	rows["roles in a home"] = w.tenant.cannot(forbidden(`cannot create resource "roles"`), roleIn("account-"+w.mine, rule(ours, "accounts", "use")))
	for _, elsewhere := range []string{w.theirs, w.seen, "account-" + w.theirs, "spaces-system", "kube-system"} {
		rows["bindings in "+elsewhere] = w.tenant.cannot(forbidden(`cannot create resource "rolebindings"`), bindingIn(elsewhere, "view", me))
	}
	const cluster = "/apis/rbac.authorization.k8s.io/v1/"
	aggregated := members{"metadata": members{"name": w.mine, "labels": members{"spaces.tenancy.example.io/aggregate-to-owner": "true"}}, "rules": []rbacv1.PolicyRule{rule("*", "*", "*")}}
	everywhere := members{"metadata": members{"name": w.mine + "-all"}, "roleRef": clusterRole("cluster-admin"), "subjects": []rbacv1.Subject{me}}
	rows["what all owners have"] = w.tenant.cannot(forbidden(`cannot create resource "clusterroles"`), call{method: "POST", path: cluster + "clusterroles", body: aggregated.String()})
	rows["bindings everywhere"] = w.tenant.cannot(forbidden(`cannot create resource "clusterrolebindings"`), call{method: "POST", path: cluster + "clusterrolebindings", body: everywhere.String()})
	return rows
}

// byGuards are attempts of the owner of a Space to take off what guards it, and of the owner of a home what opens it.
func (w tenancy) byGuards() attempts {
	rows := attempts{}
	kept := func(name string) refusal {
		return forbidden(fmt.Sprintf("%q guards or opens the Space and is kept by the platform", name))
	}
	opens := forbidden(`"spaces:account-user" opens the Account and is kept by the platform`)
	in := guarded{name: w.mine}
	for _, kept := range []struct {
		path string
		want refusal
	}{
		{in.objects("networkpolicies") + "/spaces-deny", kept("spaces-deny")},
		{in.objects("networkpolicies") + "/spaces-allow-internet", kept("spaces-allow-internet")},
		{in.objects("rolebindings") + "/spaces:owner", kept("spaces:owner")},
		{in.objects("rolebindings") + "/spaces-kubeconfig", kept("spaces-kubeconfig")},
		{guarded{name: "account-" + w.mine}.objects("rolebindings") + "/spaces:account-user", opens},
		{in.objects("resourcequotas") + "/spaces", forbidden(`resource "resourcequotas"`)},
		{in.objects("limitranges") + "/spaces", forbidden(`resource "limitranges"`)},
	} {
		rows["the own "+kept.path] = w.tenant.cannot(kept.want,
			call{method: "DELETE", path: kept.path},
			merge(kept.path, `{"metadata":{"labels":null}}`),
			merge(kept.path, `{"metadata":{"labels":{"spaces.tenancy.example.io/managed":"false"}}}`),
			merge(kept.path, `{"metadata":{"finalizers":["example.com/held"]}}`),
			call{method: "PATCH", path: kept.path, contentType: jsonPatch, body: `[{"op":"remove","path":"/metadata/labels"}]`})
	}
	for kind := range guardKinds {
		want := forbidden(`the label "` + managedLabel + `" is set by the platform only`)
		if kind == "resourcequotas" || kind == "limitranges" {
			want = forbidden(`resource "` + kind + `"`)
		}
		rows["the forged "+kind] = w.tenant.cannot(want, in.create(kind, "forged", marked))
		if kind != "serviceaccounts" { // none of which are the platform's here
			rows["all "+kind] = w.tenant.cannot(forbidden(), call{method: "DELETE", path: in.objects(kind) + "?labelSelector=" + managedLabel})
		}
	}
	status := in.objects("resourcequotas") + "/spaces/status"
	rows["what is used of the quota"] = w.tenant.cannot(forbidden(`resource "resourcequotas/status"`), call{method: "PUT", path: status, body: "{}"},
		merge(status, `{"status":{"hard":{"pods":"1000"},"used":{"pods":"0"}}}`))
	for what, path := range map[string]string{
		"the policies":         "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/spaces-guard-objects",
		"the policies' use":    "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/spaces-guard-objects",
		"the server's way":     "/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.spaces.tenancy.example.io",
		"the server's account": "/api/v1/namespaces/spaces-system/serviceaccounts/spaces-apiserver",
	} {
		rows[what] = w.tenant.cannot(forbidden(fmt.Sprintf("User %q cannot", w.tenant.name)), call{method: "DELETE", path: path}, merge(path, "{}"))
	}
	return rows
}

// byAllRights are attempts of who may do everything in the Space, and nothing outside.
func (w tenancy) byAllRights() attempts {
	rows := attempts{
		"the labels of the namespace":   w.root.cannot(forbidden("is set by the platform"), namespaceWrites(w.mine, members{"labels": members{enforceLabel: "privileged"}})...),
		"a longer life":                 w.root.cannot(invalid("spec.ttl"), changed(w.mine, nil, members{"ttl": "4h1s"})...),
		"more pods":                     w.root.cannot(invalid("spec.quota.hard[pods]"), changed(w.mine, nil, members{"quota": hard("pods", "11")})...),
		"the account of others":         w.root.cannot(forbidden(fmt.Sprintf("cannot use the account %q", w.mine)), changed(w.mine, nil, members{"account": w.theirs})...),
		"the account that pays":         w.root.cannot(notFound(w.mine), withoutApply(accountChanges(w.mine, nil, members{"space": nil}))...),
		"what is in other namespaces":   w.root.cannot(forbidden(`cannot create resource "rolebindings"`), bindingIn(w.loose, "view", user(w.root.name)), bindingIn("account-"+w.mine, "view", user(w.root.name))),
		"a privileged pod":              w.root.cannot(forbidden("violates PodSecurity"), podIn(w.mine, `,"securityContext":{"privileged":true}`)),
		"a kubeconfig of another Space": w.root.cannot(notFound(w.theirs), kubeconfigFor(w.theirs, nil)),
	}
	for kind, name := range map[string]string{"networkpolicies": "spaces-deny", "rolebindings": "spaces:owner", "resourcequotas": "spaces", "limitranges": "spaces"} {
		path := objectsIn(w.mine, kind) + "/" + name
		kept := forbidden(fmt.Sprintf("%q guards or opens the Space and is kept by the platform", name))
		rows["the own "+kind] = w.root.cannot(kept, call{method: "DELETE", path: path}, merge(path, `{"metadata":{"labels":null}}`), merge(path, `{"spec":null}`))
	}
	status := objectsIn(w.mine, "resourcequotas") + "/spaces/status"
	rows["what is used of the quota"] = w.root.cannot(forbidden(`"spaces" guards or opens the Space and is kept by the platform`),
		merge(status, `{"status":{"hard":{"pods":"1000"},"used":{"pods":"0"}}}`), merge(status, `{"metadata":{"labels":null}}`),
		call{method: "PATCH", path: status, contentType: jsonPatch, body: `[{"op":"replace","path":"/status/used","value":{"pods":"0"}}]`})
	return rows
}

// byRawRights are attempts on a namespace by who has rights in it that the platform gives to no tenant.
func (tenancy) byRawRights(t *testing.T) attempts {
	t.Helper()
	g := newGuarded(t, "escalation-raw")
	rows := attempts{}
	for what, tc := range g.attempts(t) {
		rows[what] = func(t *testing.T) { tc.refused(t, g.tenant.do(t, tc.call)) }
	}
	return rows
}

// byPods are attempts to run what takes over its node, or takes more than the quota.
func (w tenancy) byPods() attempts {
	rows := attempts{}
	for what, pod := range map[string]struct{ more, container string }{
		"privileged":           {container: `,"securityContext":{"privileged":true}`},
		"adding capabilities":  {container: `,"securityContext":{"capabilities":{"add":["SYS_ADMIN"]}}`},
		"on ports of the node": {container: `,"ports":[{"containerPort":80,"hostPort":80}]`},
		"in its network":       {more: `,"hostNetwork":true`},
		"among its processes":  {more: `,"hostPID":true`},
		"with its files":       {more: `,"volumes":[{"name":"root","hostPath":{"path":"/"}}]`},
	} {
		tried := podIn(w.mine, pod.container)
		tried.body = tried.body[:len(tried.body)-2] + pod.more + "}}"
		rows[what] = w.tenant.cannot(forbidden(`violates PodSecurity "baseline:latest"`), tried)
		rows[what+", by a kubeconfig"] = w.robot.cannot(forbidden(`violates PodSecurity "baseline:latest"`), tried)
	}
	rows["beyond the quota"] = w.tenant.cannot(forbidden("exceeded quota: spaces"), podIn(w.mine, `,"resources":{"requests":{"cpu":"1001m"}}`))
	path := "/api/v1/namespaces/" + w.mine + "/pods/first"
	const debugger = `{"spec":{"ephemeralContainers":[{"name":"e","image":"e","securityContext":{"privileged":true}}]}}`
	rows["joining one"] = w.tenant.cannot(forbidden(), call{method: "PATCH", path: path + "/ephemeralcontainers", contentType: "application/strategic-merge-patch+json", body: debugger})
	rows["moving one to a node"] = w.tenant.cannot(forbidden(), call{method: "POST", path: path + "/binding", body: `{"target":{"kind":"Node","name":"a"}}`})
	return rows
}
