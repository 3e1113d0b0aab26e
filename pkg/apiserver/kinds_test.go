// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"errors"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
)

// discovered is what a cluster says that it has. It counts how often it is asked.
type discovered struct {
	discovery.DiscoveryInterfaceWithContext

	resources map[schema.GroupVersion][]metav1.APIResource
	failed    map[schema.GroupVersion]error
	fails     error
	asked     int
}

//nolint:revive // As discovery.AggregatedDiscoveryInterfaceWithContext has it.
func (d *discovered) GroupsAndMaybeResourcesWithContext(context.Context) (*metav1.APIGroupList, map[schema.GroupVersion]*metav1.APIResourceList, map[schema.GroupVersion]error, error) {
	d.asked++
	if d.fails != nil {
		return nil, nil, nil, d.fails
	}
	groups, resources := &metav1.APIGroupList{}, map[schema.GroupVersion]*metav1.APIResourceList{}
	for version, list := range d.resources {
		one := metav1.GroupVersionForDiscovery{GroupVersion: version.String(), Version: version.Version}
		groups.Groups = append(groups.Groups, metav1.APIGroup{Name: version.Group, Versions: []metav1.GroupVersionForDiscovery{one}, PreferredVersion: one})
		resources[version] = &metav1.APIResourceList{GroupVersion: version.String(), APIResources: list}
	}
	return groups, resources, d.failed, nil
}

func kindNamed(version, kind string) schema.GroupVersionKind {
	return schema.FromAPIVersionAndKind(version, kind)
}

func TestKinds(t *testing.T) {
	cluster := &discovered{
		resources: map[schema.GroupVersion][]metav1.APIResource{
			{Version: "v1"}:                {{Name: "configmaps", Namespaced: true, Kind: "ConfigMap"}, {Name: "namespaces", Kind: "Namespace"}},
			{Group: "apps", Version: "v1"}: {{Name: "deployments", Namespaced: true, Kind: "Deployment"}},
		},
		failed: map[schema.GroupVersion]error{{Group: "broken.example.com", Version: "v1"}: errors.New("it does not answer")},
	}
	all := newKinds(cluster)
	if cluster.asked != 0 {
		t.Error("it is asked before anybody needs it")
	}
	for name, tc := range map[string]struct {
		kind    schema.GroupVersionKind
		want    bool
		noMatch bool
		says    string
	}{
		"in a namespace":           {kind: kindNamed("v1", "ConfigMap"), want: true},
		"in a namespace, too":      {kind: kindNamed("apps/v1", "Deployment"), want: true},
		"not in a namespace":       {kind: kindNamed("v1", "Namespace")},
		"another version":          {kind: kindNamed("apps/v2", "Deployment"), noMatch: true},
		"another kind":             {kind: kindNamed("apps/v1", "Widget"), noMatch: true},
		"another group":            {kind: kindNamed("example.com/v1", "Widget"), noMatch: true},
		"of whom does not answer":  {kind: kindNamed("broken.example.com/v1", "Widget"), says: "discover the kinds of broken.example.com/v1: it does not answer"},
		"another version of whose": {kind: kindNamed("broken.example.com/v2", "Widget"), noMatch: true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := all.Namespaced(t.Context(), tc.kind)
			if got != tc.want || meta.IsNoMatchError(err) != tc.noMatch || (err != nil) != (tc.noMatch || tc.says != "") {
				t.Errorf("namespaced: %v (%v)", got, err)
			}
			if err != nil && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("it says %q, want that it says %q", err, tc.says)
			}
		})
	}
	mapping, err := all.RESTMapping(t.Context(), kindNamed("apps/v1", "Deployment"))
	if err != nil || mapping.Resource.Resource != "deployments" {
		t.Errorf("mapping: %+v (%v)", mapping, err)
	}
}

// The cluster is asked again about what it did not have, and not about what it had.
func TestKindsThatComeLater(t *testing.T) {
	cluster := &discovered{fails: errors.New("no connection")}
	all, widget := newKinds(cluster), kindNamed("example.com/v1", "Widget")
	if _, err := all.Namespaced(t.Context(), widget); err == nil || meta.IsNoMatchError(err) {
		t.Errorf("without an answer: %v", err)
	}
	cluster.fails, cluster.resources = nil, map[schema.GroupVersion][]metav1.APIResource{{Version: "v1"}: {{Name: "configmaps", Namespaced: true, Kind: "ConfigMap"}}}
	if _, err := all.Namespaced(t.Context(), widget); !meta.IsNoMatchError(err) {
		t.Errorf("before it is installed: %v", err)
	}
	cluster.resources[schema.GroupVersion{Group: "example.com", Version: "v1"}] = []metav1.APIResource{{Name: "widgets", Namespaced: true, Kind: "Widget"}}
	if namespaced, err := all.Namespaced(t.Context(), widget); !namespaced || err != nil {
		t.Errorf("when it is installed: %v (%v)", namespaced, err)
	}
	before := cluster.asked
	if _, err := all.Namespaced(t.Context(), widget); err != nil || cluster.asked != before {
		t.Errorf("asked %d times more: %v", cluster.asked-before, err)
	}
}
