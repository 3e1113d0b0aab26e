// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

const clusterQuotaPath = "/apis/spaces.tenancy.example.io/v1alpha1/clusterquotas"

// accountWrites are all ways to change the account, and to create another one like this.
func accountWrites(name string, metadata, spec members) []call {
	return append(accountChanges(name, metadata, spec), accountCreations(unique(name), metadata, spec)...)
}

func accountChanges(name string, metadata, spec members) []call {
	return onAccounts(changed(name, metadata, spec))
}

func accountCreations(name string, metadata, spec members) []call {
	return onAccounts(creations(name, metadata, spec))
}

// onAccounts are the calls on Spaces, on Accounts.
func onAccounts(calls []call) []call {
	for i := range calls {
		calls[i].path = accountsPath + calls[i].path
		calls[i].body = strings.Replace(calls[i].body, `"kind":"Space"`, `"kind":"Account"`, 1)
	}
	return calls
}

// withoutApply leaves out what would create what is hidden.
func withoutApply(calls []call) []call {
	return slices.DeleteFunc(calls, func(c call) bool { return c.contentType == applyPatch })
}

// byAccountsOfOthers are attempts to have others pay, and to take what is theirs.
func (w tenancy) byAccountsOfOthers() attempts {
	uses := func(account string) refusal {
		return forbidden(fmt.Sprintf("User %q cannot use the account %q", w.tenant.name, account))
	}
	const manage, remove = "cannot manage it, nor update the namespace", "cannot delete the namespace"
	taken := members{"account": w.mine}
	return attempts{
		"charging the account of others":       w.tenant.cannot(uses(w.theirs), w.written(nil, members{"account": w.theirs})...),
		"charging one that is not there":       w.tenant.cannot(uses("escalation-absent"), w.written(nil, members{"account": "escalation-absent"})...),
		"charging one, by who has rights":      w.helper.cannot(forbidden(manage), changed(w.mine, nil, members{"account": w.theirs})...),
		"taking a hidden Space":                w.tenant.cannot(notFound(w.theirs), withoutApply(changed(w.theirs, nil, taken))...),
		"taking a Space that it sees":          w.tenant.cannot(forbidden(manage), changed(w.seen, nil, taken)...),
		"changing a hidden Space":              w.tenant.cannot(notFound(w.theirs), withoutApply(changed(w.theirs, nil, members{"ttl": "1s"}))...),
		"changing a Space that it sees":        w.tenant.cannot(forbidden(manage), changed(w.seen, nil, members{"ttl": "1s"})...),
		"changing a Space, by who works in it": w.helper.cannot(forbidden(manage), changed(w.mine, nil, members{"ttl": "1s"})...),
		"deleting a hidden Space":              w.tenant.cannot(notFound(w.theirs), call{method: "DELETE", path: "/" + w.theirs}),
		"deleting a Space that it sees":        w.tenant.cannot(forbidden(remove), call{method: "DELETE", path: "/" + w.seen}),
		"deleting a Space, by who works in it": w.helper.cannot(forbidden(remove), call{method: "DELETE", path: "/" + w.mine}),
		"deleting all Spaces that others have": w.deletesNone(spacesPath, w.theirs, w.seen),
		"deleting all accounts":                w.deletesNone(accountsPath, w.mine, w.theirs, w.run),
		"changing a hidden account":            w.tenant.cannot(notFound(w.theirs), withoutApply(accountChanges(w.theirs, nil, members{"space": nil}))...),
		"deleting a hidden account":            w.tenant.cannot(notFound(w.theirs), call{method: "DELETE", path: accountsPath + "/" + w.theirs}),
		"changing the account that pays":       w.tenant.cannot(forbidden(manage), accountChanges(w.mine, nil, members{"space": members{"maxTTL": "0s"}})...),
		"deleting the account that pays":       w.tenant.cannot(forbidden(remove), call{method: "DELETE", path: accountsPath + "/" + w.mine}),
		"an account of its own":                w.tenant.cannot(forbidden("cannot create namespaces at the cluster scope"), accountCreations(unique(w.mine), nil, nil)...),
		"having the Spaces of others charged": w.manager.cannot(forbidden("create an account which has others than yourself as its subjects"),
			accountCreations(unique(w.mine), nil, members{"subjects": []any{user(w.manager.name), group("system:authenticated")}})...),
		"becoming a subject of the account run": w.tenant.cannot(notFound(w.run), withoutApply(accountChanges(w.run, nil, members{"subjects": []any{user(w.tenant.name)}}))...),
		"leaving the account":                   w.leaves,
	}
}

// deletesNone is that the tenant deletes a collection in which is nothing that it may delete.
func (w tenancy) deletesNone(path string, names ...string) func(*testing.T) {
	return func(t *testing.T) {
		for _, name := range names {
			w.tenant.do(t, call{method: "DELETE", path: path + "?fieldSelector=metadata.name%3D" + name})
		}
	}
}

// leaves has the tenant take a Space from the account that pays for it. It stays there.
func (w tenancy) leaves(t *testing.T) {
	space := w.fresh(t)
	path := spacesPath + "/" + space.Name
	for _, left := range []call{
		merge(path, `{"spec":{"account":null}}`),
		merge(path, `{"spec":{"account":""}}`),
		{method: "PATCH", path: path, contentType: jsonPatch, body: `[{"op":"remove","path":"/spec/account"}]`},
		{method: "PUT", path: path, body: spaceFields(space.Name, nil, nil).String()},
	} {
		got := w.tenant.do(t, left)
		if account := got.space(t).Spec.Account; !got.fine() || account != w.mine {
			t.Errorf("%s: want it charged to %q, have %d %s", left.body, w.mine, got.code, got.body)
		}
	}
}

// byPolicies are attempts to get by an account, or the ClusterQuota, what its writer may not hand out.
func (w tenancy) byPolicies() attempts {
	rows := attempts{}
	for what, policy := range map[string]members{
		"as the role of the subjects": {"clusterRole": "cluster-admin"},
		"as the role of others":       {"access": []members{{"clusterRole": "cluster-admin", "subjects": []any{user(w.manager.name)}}}},
		"as the role of kubeconfigs":  {"kubeconfigClusterRole": "cluster-admin"},
	} {
		want := forbidden(fmt.Sprintf("User %q cannot bind the ClusterRole %q", w.manager.name, "cluster-admin"))
		rows["cluster-admin "+what] = w.manager.cannot(want, accountWrites(w.run, nil, members{"space": policy})...)
	}
	for what, policy := range map[string]members{
		"without guards": {"podSecurity": "privileged"}, "without isolation": {"networkIsolation": false}, "without an end": {"maxTTL": "0s"},
		"with what all have": {"clusterRole": "spaces:owner"}, "with a template": {"template": "any"},
	} {
		want := forbidden(fmt.Sprintf("User %q cannot create an account which has a policy of its own in spec.space", w.manager.name))
		rows["a new policy "+what] = w.manager.cannot(want, accountCreations(unique(w.run), nil, members{"space": policy})...)
	}
	rows["an account with Spaces of others"] = w.inherits
	for _, pattern := range []string{"*", "p*", "pod-security.kubernetes.io/enforce", "pod-security*", "k*", "kubernetes.io/metadata.name", "spaces.tenancy.example.io/*", "Spaces.*"} {
		for _, part := range []string{"labels", "annotations"} {
			want := invalid("spec.space.propagate."+part+"[0]", "which is not for Spaces to set on a namespace")
			policy := members{"propagate": members{part: []string{pattern}}}
			rows["propagating "+part+" "+pattern] = w.manager.cannot(want, accountWrites(w.run, nil, members{"space": policy})...)
		}
	}
	unserved := refusal{code: http.StatusMethodNotAllowed, reason: metav1.StatusReasonMethodNotAllowed}
	const fields = `{"apiVersion":"spaces.tenancy.example.io/v1alpha1","kind":"ClusterQuota","metadata":{"name":"cluster"},"spec":{"space":{"maxTTL":"0s"}}}`
	one := clusterQuotaPath + "/cluster"
	writes := []call{merge(one, fields), {method: "PUT", path: one, body: fields},
		{method: "PATCH", path: one, contentType: jsonPatch, body: `[{"op":"add","path":"/spec/space","value":{"podSecurity":"privileged"}}]`}}
	seen := forbidden(`cannot manage it, nor update the namespace "spaces-system"`)
	rows["the ClusterQuota"] = w.tenant.cannot(seen, writes...)
	rows["the ClusterQuota, by who may look at what is beside it"] = w.helper.cannot(seen, writes...)
	rows["another ClusterQuota"] = w.tenant.cannot(unserved, call{method: "POST", path: clusterQuotaPath, body: fields}, call{method: "DELETE", path: one})
	return rows
}

// inherits has the manager create an account to which Spaces are charged: that of its name was deleted by hand.
func (w tenancy) inherits(t *testing.T) {
	name := unique(w.run)
	createAccount(t, w.admin.Clients, name)
	createSpace(t, w.admin.Clients, newSpace(name, withAccount(name)))
	check(t, w.admin.Kube.CoreV1().Namespaces().Delete(t.Context(), "account-"+name, metav1.DeleteOptions{}))
	awaitGone(t, w.admin.Clients, "account-"+name)
	w.admin.await(t, call{path: accountsPath + "/" + name}, func(got reply) bool { return got.code == http.StatusNotFound })
	want := forbidden(fmt.Sprintf("User %q cannot create an account to which Spaces are charged already", w.manager.name))
	w.manager.cannot(want, accountCreations(name, nil, nil)...)(t)
}

// byCeilings are attempts to get more than the account allows.
func (w tenancy) byCeilings() attempts {
	account := func(amount, field string) string {
		return fmt.Sprintf("%s, the %s of account %q: ask for less, or ask its administrator for more", amount, field, w.mine)
	}
	rows := attempts{"what is left out": w.leavesOut}
	for what, tc := range map[string]struct {
		spec        members
		field, says string
	}{
		"a ttl that is too long":     {members{"ttl": "4h1s"}, "spec.ttl", "4h1s is longer than " + account("4h", "maxTTL")},
		"a life that is too long":    {members{"ttl": "3h30m"}, "spec.ttl", account("3h", "maxLifetime")},
		"a life for ever":            {members{"ttl": "0s"}, "spec.ttl", "the Space would never expire, which is longer than " + account("3h", "maxLifetime")},
		"a life for ever, otherwise": {members{"ttl": "0"}, "spec.ttl", "the Space would never expire, which is longer than " + account("3h", "maxLifetime")},
		"too many pods":              {members{"quota": hard("pods", "11")}, "spec.quota.hard[pods]", "11 is more than " + account("10", "maxQuota")},
		"too much CPU":               {members{"quota": hard("requests.cpu", "2001m")}, "spec.quota.hard[requests.cpu]", "2001m is more than " + account("2", "maxQuota")},
	} {
		rows[what] = w.tenant.cannot(invalid(tc.field, tc.says), w.written(nil, tc.spec)...)
	}
	return rows
}

// leavesOut has the tenant remove what limits its Space. It is filled in again.
func (w tenancy) leavesOut(t *testing.T) {
	space := w.fresh(t)
	path := spacesPath + "/" + space.Name
	for _, left := range []call{
		merge(path, `{"spec":{"ttl":null,"quota":null}}`),
		merge(path, `{"spec":null}`),
		{method: "PATCH", path: path, contentType: jsonPatch, body: `[{"op":"remove","path":"/spec/ttl"},{"op":"remove","path":"/spec/quota"}]`},
		{method: "PATCH", path: path, contentType: jsonPatch, body: `[{"op":"remove","path":"/spec/quota/hard/requests.cpu"}]`},
		{method: "PUT", path: path, body: spaceFields(space.Name, nil, nil).String()},
	} {
		got := w.tenant.do(t, left)
		got.succeeded(t)
		want := v1alpha1.SpaceSpec{Account: w.mine, TTL: new(v1alpha1.Duration("2h")), Quota: quota("pods", "10", "requests.cpu", "2")}
		if diff := cmp.Diff(want, got.space(t).Spec); diff != "" {
			t.Errorf("%s: the spec (-want +got):\n%s", left.body, diff)
		}
	}
}

// byAdoption are attempts to make a Space of a namespace that is none.
func (w tenancy) byAdoption() attempts {
	adopt := func(name string) refusal {
		return forbidden(fmt.Sprintf("User %q cannot adopt it, as that takes to update the namespace %q", w.tenant.name, name))
	}
	adopted := members{"account": w.mine}
	return attempts{
		"of one that it administers": w.tenant.cannot(adopt(w.loose), changed(w.loose, nil, adopted)...),
		"of a hidden one":            w.tenant.cannot(notFound("kube-public"), withoutApply(changed("kube-public", nil, adopted))...),
		"without paying": w.tenant.cannot(forbidden(`cannot manage it, nor update the namespace`),
			changed(w.loose, members{"labels": members{"a": "b"}}, nil)...),
	}
}
