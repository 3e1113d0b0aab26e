// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// byMetadata are attempts to set on an object what is the platform's, or what would act on the namespace.
func (w tenancy) byMetadata() attempts {
	const keys = `keys that start with "spaces.tenancy.example.io/" are set by the platform only: remove it, or choose another prefix`
	const finalizers, owners = "has no finalizers: remove them", "has no owners: remove them"
	rows := attempts{}
	for what, tc := range map[string]struct {
		metadata    members
		field, says string
	}{
		"finalizers":              {members{"finalizers": []string{"example.com/hold"}}, "metadata.finalizers", finalizers},
		"the finalizer of others": {members{"finalizers": []string{"kubernetes"}}, "metadata.finalizers", finalizers},
		"owners": {members{"ownerReferences": []members{{"apiVersion": "v1", "kind": "ConfigMap", "name": "a", "uid": "b"}}},
			"metadata.ownerReferences", owners},
		"a reserved label":                       {members{"labels": members{accountLabel: "a"}}, "metadata.labels[" + accountLabel + "]", keys},
		"a new reserved label":                   {members{"labels": members{testedLabel: "a"}}, "metadata.labels[" + testedLabel + "]", keys},
		"a reserved annotation":                  {members{"annotations": members{v1alpha1.AnnotationObject: "{}"}}, "metadata.annotations[" + v1alpha1.AnnotationObject + "]", keys},
		"a reserved annotation of another use":   {members{"annotations": members{metadataAnnotation: "{}"}}, "metadata.annotations[" + metadataAnnotation + "]", keys},
		"a reserved annotation in other letters": {members{"annotations": members{"Spaces.Tenancy.example.io/object": "{}"}}, "metadata.annotations[Spaces.Tenancy.example.io/object]", keys},
	} {
		rows[what] = w.tenant.cannot(invalid(tc.field, tc.says), w.written(tc.metadata, nil)...)
		rows[what+" of an account"] = w.manager.cannot(invalid(tc.field, tc.says), accountWrites(w.run, tc.metadata, nil)...)
	}
	return rows
}

// byNames are attempts to create a Space that has the name of something of the platform, or of Kubernetes.
func (w tenancy) byNames() attempts {
	rows := attempts{}
	for name, pattern := range map[string]string{
		"default":           "default",
		"kube-system":       "kube-*",
		"kube-" + w.mine:    "kube-*",
		"openshift-console": "openshift-*",
		"account-" + w.mine: "account-*",
		"account-new":       "account-*",
		"spaces-system":     "spaces-system",
	} {
		want := invalid("metadata.name", fmt.Sprintf("%q is reserved for the platform (by the pattern %q): choose another name", name, pattern))
		rows[name] = w.creates(name, want)
	}
	for _, prefix := range []string{"kube-", "account-x"} {
		body := spaceFields("", members{"generateName": prefix}, nil).String()
		want := invalid("metadata.name", "is reserved for the platform")
		rows["a generated "+prefix] = w.tenant.cannot(want, call{method: "POST", body: body}, call{method: "POST", path: "?dryRun=All", body: body})
	}
	for whose, name := range map[string]string{"of others": w.theirs, "that is no Space": w.loose} {
		taken := refusal{code: http.StatusConflict, reason: metav1.StatusReasonAlreadyExists, message: []string{"already exists"}}
		rows["one "+whose] = w.tenant.cannot(taken, call{method: "POST", body: spaceFields(name, nil, nil).String()})
	}
	return rows
}

// creates is that the tenant cannot create a Space of the name, nor change what has it.
func (w tenancy) creates(name string, want refusal) func(*testing.T) {
	return func(t *testing.T) {
		before := namespaceOrNone(t, name)
		w.tenant.cannot(want, creations(name, nil, nil)...)(t)
		if diff := cmp.Diff(before, namespaceOrNone(t, name)); diff != "" {
			t.Errorf("the namespace (-before +after):\n%s", diff)
		}
	}
}

// byLabelsOfOthers are attempts to set labels and annotations that admission, network policies and meshes act on. They
// are the tenant's to set on the Space, and stay off the namespace.
func (w tenancy) byLabelsOfOthers() attempts {
	rows := attempts{}
	for _, way := range ways {
		rows[way.name] = func(t *testing.T) {
			name := unique(w.mine + "-labels")
			if !way.creates {
				w.tenant.space(t, name)
			}
			deleteLater(t, w.admin.Clients, name)
			got := w.tenant.do(t, way.call(name, spaceFields(name, metadataOfOthers, nil)))
			got.succeeded(t)
			w.keepsOff(t, name, got.space(t), way.dry)
		}
	}
	return rows
}

// metadataOfOthers is what has a meaning on a namespace, and a label that the account lets pass.
var metadataOfOthers = members{
	"labels": members{
		enforceLabel: "privileged", enforceLabel + "-version": "v1.20", "istio-injection": "enabled", managerLabel: "me",
		"kubernetes.io/metadata.name": "kube-system", "sub.spaces.tenancy.example.io/a": "b", "team": "red",
	},
	"annotations": members{
		"scheduler.alpha.kubernetes.io/node-selector": "a=b", "note": "x", "kubectl.kubernetes.io/last-applied-configuration": "{}",
	},
}

// keepsOff checks that the Space has what the tenant has written, and its namespace only what it may have.
func (w tenancy) keepsOff(t *testing.T, name string, written *v1alpha1.Space, dry bool) {
	t.Helper()
	if written.Labels["istio-injection"] != "enabled" || written.Annotations["note"] != "x" {
		t.Errorf("the Space has labels %v and annotations %v", written.Labels, written.Annotations)
	}
	if dry {
		if left := namespaceOrNone(t, name); left != nil {
			t.Errorf("a dry run left %+v", left)
		}
		return
	}
	eventually(t, "the namespace has the label that it may have", func(ctx context.Context) error {
		return wantLabel(ctx, t, name, "team", "red")
	})
	own := platformLabels(name, accountLabel, w.mine, "team", "red")
	checkNamespace(t, name, own, metadataAnnotation)
	shown := w.tenant.get(t, name).Labels
	own[managerLabel] = "me" // who manages a Space is for its owner to say
	for key, value := range own {
		if shown[key] != value {
			t.Errorf("the Space shows the label %s as %q, and that of its namespace is %q", key, shown[key], value)
		}
	}
}

// byNamespace are attempts of the owner of a Space to change its namespace, without the Space.
func (w tenancy) byNamespace() attempts {
	rows := attempts{}
	for what, metadata := range map[string]members{
		"more privileges":    {"labels": members{enforceLabel: "privileged"}},
		"another account":    {"labels": members{accountLabel: w.theirs}},
		"another manager":    {"labels": members{managerLabel: "me"}},
		"another Space":      {"annotations": members{v1alpha1.AnnotationObject: "{}"}},
		"another keeping":    {"annotations": members{metadataAnnotation: "{}"}},
		"a finalizer":        {"finalizers": []string{"example.com/hold"}},
		"labels of its own":  {"labels": members{"team": "blue"}},
		"another's own name": {"labels": members{"kubernetes.io/metadata.name": "kube-system"}},
	} {
		for whose, name := range map[string]string{"": w.mine, " of a home": "account-" + w.mine, " of what is no Space": w.loose} {
			want := forbidden(fmt.Sprintf("User %q cannot", w.tenant.name), `in API group "" in the namespace`)
			rows[what+whose] = w.tenant.cannot(want, namespaceWrites(name, metadata)...)
		}
	}
	for _, name := range []string{w.theirs, w.seen, w.loose, "account-" + w.mine, "spaces-system"} {
		want := forbidden(fmt.Sprintf("User %q cannot delete", w.tenant.name))
		rows["deletion of "+name] = w.tenant.cannot(want, call{method: "DELETE", path: "/api/v1/namespaces/" + name})
	}
	return rows
}
