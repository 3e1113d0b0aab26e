// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// tenancy is what a tenant tries to get out of: one account, whose only Space is full of guards.
type tenancy struct {
	admin caller
	// tenant is in the only group of the account mine, owns its home, and has made the Space of the same name.
	tenant caller
	// helper has the built-in role admin in that Space, and the role view in the namespace of the platform.
	helper caller
	// root has cluster-admin in that Space, since somebody has meant it well.
	root caller
	// manager may create namespaces and thus accounts, and may manage the account run.
	manager caller
	// robot comes with a kubeconfig of the Space.
	robot caller
	// mine and run are accounts, and theirs is one of which the tenant knows nothing, nor of its Space.
	mine, run, theirs string
	// seen is another Space of theirs, and loose is no Space: the tenant has the role view in one, and admin in the other.
	seen, loose string
}

// attempts are what is tried, and must fail or do nothing.
type attempts map[string]func(t *testing.T)

// Whatever a tenant tries, it gets no further than it was let.
func TestEscalation(t *testing.T) {
	t.Parallel()
	w := newTenancy(t)
	before := w.state(t)
	t.Run("by", func(t *testing.T) {
		for theme, tried := range map[string]attempts{
			"metadata":           w.byMetadata(),
			"names":              w.byNames(),
			"labels of others":   w.byLabelsOfOthers(),
			"the namespace":      w.byNamespace(),
			"subresources":       w.bySubresources(),
			"kubeconfigs":        w.byKubeconfigs(),
			"accounts of others": w.byAccountsOfOthers(),
			"policies":           w.byPolicies(),
			"roles":              w.byRoles(),
			"guards":             w.byGuards(),
			"all rights":         w.byAllRights(),
			"raw rights":         w.byRawRights(t),
			"pods":               w.byPods(),
			"ceilings":           w.byCeilings(),
			"adoption":           w.byAdoption(),
			"false names":        w.byFalseNames(t),
		} {
			for what, try := range tried {
				t.Run(theme+"/"+what, func(t *testing.T) {
					t.Parallel()
					try(t)
				})
			}
		}
	})
	if diff := cmp.Diff(before, w.state(t)); diff != "" {
		t.Errorf("something has changed all the same (-before +after):\n%s", diff)
	}
	left := append(namespaces(t, w.mine+"-new-"), namespaces(t, "account-"+w.mine)...)
	if diff := cmp.Diff([]string{"account-" + w.mine, "account-" + w.run, "account-" + w.theirs}, left); diff != "" {
		t.Errorf("what was made (-want +got):\n%s", diff)
	}
}

func newTenancy(t *testing.T) tenancy {
	t.Helper()
	name := unique("escalation")
	w := tenancy{admin: caller{shared.Admin(t), "admin"}, mine: name, run: name + "-run", theirs: name + "-theirs", seen: name + "-seen", loose: name + "-loose"}
	w.accounts(t)
	w.tenant, w.helper = newTenant(t, name+"-tenant", name), newTenant(t, name+"-helper", name+"-helpers")
	w.root, w.manager = newTenant(t, name+"-root", name+"-roots"), newCaller(t, name+"-manager", devs)
	w.rights(t)
	w.tenant.space(t, w.mine, withQuota("pods", "5", "requests.cpu", "1"))
	must(createPod(t, w.tenant.Clients, w.mine, aPod("first")))(t)
	bind(t, w.admin.Clients, w.mine, "helper", clusterRole("admin"), user(w.helper.name))
	bind(t, w.admin.Clients, w.mine, "root", clusterRole("cluster-admin"), user(w.root.name))
	w.robot = w.tenant.kubeconfig(t, w.mine)
	awaitSight(t, w.tenant.Clients, w.mine, w.seen, w.loose)
	awaitSight(t, w.helper.Clients, w.mine)
	awaitSight(t, w.root.Clients, w.mine)
	awaitAccounts(t, w.manager.Clients, w.run)
	return w
}

// accounts creates the accounts, and the Spaces of others.
func (w tenancy) accounts(t *testing.T) {
	t.Helper()
	ceilings := v1alpha1.SpacePolicy{
		DefaultTTL: new(v1alpha1.Duration("2h")), MaxTTL: new(v1alpha1.Duration("4h")), MaxLifetime: new(v1alpha1.Duration("3h")),
		MaxQuota:  quota("pods", "10", "requests.cpu", "2"),
		Propagate: &v1alpha1.Propagate{Labels: []string{"team", "app.kubernetes.io/*"}, Annotations: []string{"kubectl.kubernetes.io/*"}},
	}
	createAccount(t, w.admin.Clients, w.mine, withSubjects(group(w.mine)), withPolicy(ceilings))
	for _, name := range []string{w.run, w.theirs} {
		createAccount(t, w.admin.Clients, name)
	}
	for _, name := range []string{w.theirs, w.seen} {
		createSpace(t, w.admin.Clients, newSpace(name, withAccount(w.theirs), withTTL("2h")))
	}
	createNamespace(t, w.admin.Clients, w.loose, nil)
}

// rights are what the callers have, besides those by the account.
func (w tenancy) rights(t *testing.T) {
	t.Helper()
	admin, tenant := w.admin.Clients, user(w.tenant.name)
	bind(t, admin, "account-"+w.mine, "owner", clusterRole("spaces:account-owner"), tenant)
	bind(t, admin, w.seen, "tenant", clusterRole("view"), tenant)
	bind(t, admin, w.loose, "tenant", clusterRole("admin"), tenant)
	setClusterRole(t, admin, w.run, rbacv1.PolicyRule{APIGroups: []string{v1alpha1.GroupName}, Resources: []string{"accounts"}, Verbs: []string{"manage"}}, getNamespaces())
	bind(t, admin, "account-"+w.run, "manager", clusterRole(w.run), user(w.manager.name))
	bind(t, admin, "spaces-system", w.mine, clusterRole("view"), user(w.helper.name))
	t.Cleanup(func() {
		_ = admin.Kube.RbacV1().RoleBindings("spaces-system").Delete(context.WithoutCancel(t.Context()), w.mine, metav1.DeleteOptions{})
	})
}

// standing is what decides about a namespace, and who may do what in it.
type standing struct {
	Labels, Annotations, Contents map[string]string
	Finalizers                    []string
	Owners                        []metav1.OwnerReference
	Deleted                       bool
}

// state is all that nothing a tenant tries may change.
func (w tenancy) state(t *testing.T) map[string]standing {
	t.Helper()
	state := map[string]standing{}
	for _, name := range []string{w.mine, w.theirs, w.seen, w.loose, "account-" + w.mine, "account-" + w.run, "account-" + w.theirs} {
		behind := namespace(t, name)
		state[name] = standing{
			Labels: behind.Labels, Annotations: withoutFigures(t, behind.Annotations), Contents: must(contents(t.Context(), w.admin.Clients, name))(t),
			Finalizers: behind.Finalizers, Owners: behind.OwnerReferences, Deleted: behind.DeletionTimestamp != nil,
		}
	}
	return state
}

// withoutFigures returns the annotations without what an account says is charged: that follows what its members may do.
func withoutFigures(t *testing.T, annotations map[string]string) map[string]string {
	t.Helper()
	const key = "spaces.tenancy.example.io/object"
	left := maps.Clone(annotations)
	if left[key] == "" {
		return left
	}
	var object map[string]any
	check(t, json.Unmarshal([]byte(left[key]), &object))
	for _, figures := range []string{"spaces", "quota"} {
		unstructured.RemoveNestedField(object, "status", figures)
	}
	left[key] = string(must(json.Marshal(object))(t))
	return left
}

// cannot is that the caller is refused each of the calls in this way.
func (c caller) cannot(want refusal, calls ...call) func(*testing.T) {
	return func(t *testing.T) {
		for _, tried := range calls {
			got := c.do(t, tried)
			if got.code != want.code {
				t.Errorf("%s %s %s %s", tried.method, tried.path, tried.contentType, tried.body)
			}
			got.refused(t, want)
		}
	}
}

func notFound(message ...string) refusal {
	return refusal{code: http.StatusNotFound, reason: metav1.StatusReasonNotFound, message: message}
}

// written are all ways to write this to a Space: to a new one, or to that of the tenant.
func (w tenancy) written(metadata, spec members) []call {
	return append(creations(unique(w.mine+"-new"), metadata, spec), changed(w.mine, metadata, spec)...)
}

// creations are all ways to create a Space like this.
func creations(name string, metadata, spec members) []call {
	var calls []call
	for _, way := range ways {
		if way.creates {
			calls = append(calls, way.call(name, spaceFields(name, metadata, spec)))
		}
	}
	return calls
}

// changed are all ways to change the Space to be like this.
func changed(name string, metadata, spec members) []call {
	var calls []call
	for _, way := range ways {
		if !way.creates {
			calls = append(calls, way.call(name, spaceFields(name, metadata, spec)))
		}
	}
	return calls
}

// namespaceWrites are all ways in which a namespace is written, with the same in it.
func namespaceWrites(name string, metadata members) []call {
	path := "/api/v1/namespaces/" + name
	whole := members{"apiVersion": "v1", "kind": "Namespace", "metadata": members{"name": name}}
	maps.Copy(whole["metadata"].(members), metadata)
	additions := additions(members{"metadata": metadata})
	calls := []call{{method: "PUT", path: path + "/finalize", body: whole.String()}}
	for _, part := range []string{path, path + "/status"} {
		calls = append(calls,
			call{method: "PUT", path: part, body: whole.String()},
			call{method: "PATCH", path: part, contentType: jsonPatch, body: additions},
			call{method: "PATCH", path: part, contentType: mergePatch, body: whole.String()},
			call{method: "PATCH", path: part + "?fieldManager=ways&force=true", contentType: applyPatch, body: whole.String()})
	}
	return calls
}

// fresh has the tenant make another Space, for what is not refused and must do nothing.
func (w tenancy) fresh(t *testing.T) *v1alpha1.Space {
	t.Helper()
	name := unique(w.mine + "-more")
	deleteLater(t, w.admin.Clients, name)
	return w.tenant.space(t, name, withQuota("pods", "5"))
}

// objectsIn is where those of the kind are in a namespace.
func objectsIn(namespace, kind string) string {
	return guarded{name: namespace}.objects(kind)
}
