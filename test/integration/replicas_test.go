// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"path/filepath"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"tenancy.example.io/spaces/test/cluster"
)

// A server that has just started knows a newer revision of the cluster than one that has been there, though no namespace
// has changed. Who lists at the one and watches at the other does not wait for a bookmark, which may take a minute.
func TestWatchElsewhereOfWhatANewReplicaHasListed(t *testing.T) {
	t.Parallel()
	const soon = 20 * time.Second
	c := cluster.ForTest(t)
	admin, alice := c.Admin(t), c.As(t, "alice")
	createNamespace(t, admin, "given", nil)
	second := must(c.StartSpaces(t.Context(), filepath.Join(c.Bin, "spaces-apiserver")))(t)
	something := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "something"}}
	must(admin.Kube.CoreV1().ConfigMaps(metav1.NamespaceDefault).Create(t.Context(), something, metav1.CreateOptions{}))(t)
	check(t, second.Restart(t.Context()))

	there := cluster.ClientsFor(t, c.DirectConfig(alice.Config, second))
	here := cluster.ClientsFor(t, c.DirectConfig(alice.Config, c.Server))
	listed := must(spacesOf(there).List(t.Context(), metav1.ListOptions{}))(t)
	began := time.Now()
	events := openWatch(t, here, metav1.ListOptions{ResourceVersion: listed.ResourceVersion})
	bind(t, admin, "given", "sight", clusterRole("view"), user("alice"))
	events.want(t, watch.Added, "given")
	if took := time.Since(began); took > soon {
		t.Errorf("the grant was told after %s", took)
	}
	must(spacesOf(here).List(t.Context(), metav1.ListOptions{
		ResourceVersion: listed.ResourceVersion, ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan,
	}))(t)
}
