// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

// Who is logged in sees the ClusterQuota, and by that nothing else of the namespace behind it, and may not change it.
func TestClusterQuotaIsSeenByEverybody(t *testing.T) {
	t.Parallel()
	name := unique("eve")
	eve := newTenant(t, name)
	eventually(t, "eve sees the ClusterQuota", func(ctx context.Context) error { return seesClusterQuota(ctx, eve.Clients) })
	one := clusterQuotaPath + "/cluster"
	eve.cannot(forbidden(`cannot manage it, nor update the namespace "spaces-system"`), merge(one, `{"spec":{"quota":{"hard":{"spaces":"1"}}}}`))(t)
	elsewhere := forbidden(`User "` + name + `" cannot`)
	const behind = "/api/v1/namespaces/spaces-system"
	for what, tried := range map[string]call{
		"changes the namespace": merge(behind, `{"metadata":{"labels":{"a":"b"}}}`),
		"deletes the namespace": {method: http.MethodDelete, path: behind},
		"lists namespaces":      {path: "/api/v1/namespaces"},
		"reads templates":       {path: behind + "/configmaps"},
		"reads Secrets":         {path: behind + "/secrets"},
		"reads Events":          {path: behind + "/events"},
	} {
		t.Run("eve "+what, func(t *testing.T) { eve.cannot(elsewhere, tried)(t) })
	}
}

// The namespace behind the ClusterQuota is a Space to nobody, though everybody may get it.
func TestClusterQuotaIsNoSpace(t *testing.T) {
	t.Parallel()
	eve := newTenant(t, unique("eve"))
	eventually(t, "eve sees the ClusterQuota", func(ctx context.Context) error { return seesClusterQuota(ctx, eve.Clients) })
	for who, someone := range map[string]caller{"eve": eve, "an administrator": {shared.Admin(t), "admin"}} {
		someone.cannot(notFound("spaces-system"), call{path: spacesPath + "/spaces-system"}, call{method: http.MethodDelete, path: spacesPath + "/spaces-system"},
			merge(spacesPath+"/spaces-system", `{"metadata":{"labels":{"a":"b"}}}`))(t)
		list := must(spacesOf(someone.Clients).List(t.Context(), metav1.ListOptions{}))(t)
		for _, space := range list.Items {
			if space.Name == "spaces-system" || who == "eve" {
				t.Errorf("%s has the Space %s in the list", who, space.Name)
			}
		}
	}
}

// Who sees the ClusterQuota is for RBAC to say: without the binding that comes with Spaces, nobody does who has no other.
func TestClusterQuotaIsHiddenByRBAC(t *testing.T) {
	t.Parallel()
	c := cluster.ForTest(t)
	eve := c.As(t, "eve")
	eventually(t, "eve sees the ClusterQuota", func(ctx context.Context) error { return seesClusterQuota(ctx, eve) })
	watching := must(eve.Spaces.SpacesV1alpha1().ClusterQuotas().Watch(t.Context(), metav1.ListOptions{}))(t)
	defer watching.Stop()
	wantQuotaEvent(t, watching, watch.Added)
	check(t, c.Admin(t).Kube.RbacV1().RoleBindings("spaces-system").Delete(t.Context(), "spaces:quota-viewer", metav1.DeleteOptions{}))
	wantQuotaEvent(t, watching, watch.Deleted)
	quotas := eve.Spaces.SpacesV1alpha1().ClusterQuotas()
	if _, err := quotas.Get(t.Context(), "cluster", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("eve gets the ClusterQuota: %v", err)
	}
	if list := must(quotas.List(t.Context(), metav1.ListOptions{}))(t); len(list.Items) != 0 {
		t.Errorf("eve lists %v", list.Items)
	}
	check(t, seesClusterQuota(t.Context(), c.Admin(t)))
}

// seesClusterQuota tells whether the user gets and lists the ClusterQuota.
func seesClusterQuota(ctx context.Context, user cluster.Clients) error {
	quotas := user.Spaces.SpacesV1alpha1().ClusterQuotas()
	list, err := quotas.List(ctx, metav1.ListOptions{})
	if err == nil && len(list.Items) != 1 {
		err = fmt.Errorf("there are %d in the list", len(list.Items))
	}
	_, notThere := quotas.Get(ctx, "cluster", metav1.GetOptions{})
	return errors.Join(err, notThere)
}

// wantQuotaEvent takes events of the ClusterQuota up to one of that type.
func wantQuotaEvent(t *testing.T, watching watch.Interface, want watch.EventType) {
	t.Helper()
	eventually(t, "the watch says "+string(want), func(ctx context.Context) error {
		for {
			select {
			case event, ok := <-watching.ResultChan():
				quota, isQuota := event.Object.(*v1alpha1.ClusterQuota)
				if !ok || !isQuota || quota.Name != "cluster" {
					t.Fatalf("it ends, or says %v", event)
				}
				if event.Type == want {
					return nil
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
}
