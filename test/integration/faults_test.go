// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
	"tenancy.example.io/spaces/test/controlplane"
)

// mostWrites is more than the creation of a Space has.
const mostWrites = 40

// Whatever write of a creation our server ends at, before the write or after it: when it is back, the Space is complete
// or gone.
func TestCreationSurvivesTheServersEnd(t *testing.T) {
	for when, after := range map[string]bool{"before the write": false, "after the write": true} {
		t.Run(when, func(t *testing.T) {
			t.Parallel()
			f := newFaults(t)
			for write := range mostWrites {
				if f.interrupt(t, write, after) {
					t.Logf("a creation has %d writes", write)
					return
				}
			}
			t.Errorf("a creation has more than %d writes", mostWrites)
		})
	}
}

// faults is a cluster whose only server of ours is behind a gate.
type faults struct {
	gate   *gate
	server *controlplane.Process
	// admin asks the server, and kube the kube-apiserver.
	admin cluster.Clients
	kube  kubernetes.Interface
	// direct is how alice asks the server.
	direct *rest.Config
}

func newFaults(t *testing.T) faults {
	t.Helper()
	c := cluster.ForTest(t)
	gate, through := newGate(t, c.Kubeconfig("spaces-apiserver"))
	check(t, c.Server.Stop())
	server := must(c.StartSpaces(t.Context(), filepath.Join(c.Bin, "spaces-apiserver"), "--kubeconfig="+through))(t)
	f := faults{
		gate:   gate,
		server: server,
		admin:  cluster.ClientsFor(t, c.DirectConfig(c.AdminConfig(), server)),
		kube:   c.Admin(t).Kube,
		direct: c.DirectConfig(c.As(t, "alice", "devs").Config, server),
	}
	body := templateFields("fault", nil, configMap("a", "${space}"), configMap("b", "${space}")).String()
	caller{f.admin, "admin"}.do(t, call{method: "POST", path: templatesPath, body: body}).succeeded(t)
	return f
}

// interrupt creates a Space, and ends the server at that write of it. It tells whether there was no such write.
func (f faults) interrupt(t *testing.T, write int, after bool) (done bool) {
	t.Helper()
	space := newSpace(fmt.Sprintf("fault-%d", write), withTemplate("fault"))
	space.Spec.Quota = &v1alpha1.Quota{Hard: corev1.ResourceList{corev1.ResourceRequestsCPU: resource.MustParse("1")}}
	killed := make(chan error, 1)
	f.gate.arm(space.Name, write, after, func() { killed <- f.server.Kill() })
	alice := cluster.ClientsFor(t, f.direct) // a new connection each time
	var code int
	err := alice.Spaces.SpacesV1alpha1().RESTClient().Post().Resource("spaces").Body(space).
		MaxRetries(0).Do(t.Context()).StatusCode(&code).Error()
	wrote := f.gate.disarm()
	if wrote <= write {
		check(t, err)
		check(t, f.completeSpace(t.Context(), space.Name))
		return true
	}
	if err == nil && code == http.StatusCreated {
		t.Errorf("the creation was answered though the server ended at its write %d", write)
	}
	check(t, <-killed)
	check(t, f.server.Start(t.Context()))
	within(t, completionTime, fmt.Sprintf("the Space is complete or gone whose write %d was the last", write), func(ctx context.Context) error {
		return f.completeOrGone(ctx, space.Name)
	})
	return false
}

func (f faults) completeOrGone(ctx context.Context, name string) error {
	_, err := f.kube.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return errors.Join(err, f.completeSpace(ctx, name))
}

// completeSpace tells what is missing from the Space, or too much in it.
func (f faults) completeSpace(ctx context.Context, name string) error {
	space, err := spacesOf(f.admin).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if space.Status.Phase != v1alpha1.SpaceActive || space.Status.CreatedBy != "alice" {
		return fmt.Errorf("%s is %s, created by %q", name, space.Status.Phase, space.Status.CreatedBy)
	}
	found, err := f.contents(ctx, name)
	if err = errors.Join(err, wantConfigMaps(ctx, cluster.Clients{Kube: f.kube}, name, "a", name, "b", name)); err != nil {
		return err
	}
	if space.Status.Template == nil || len(space.Status.Template.Objects) != 2 {
		return fmt.Errorf("%s was filled with %+v", name, space.Status.Template)
	}
	want := sets.New("ResourceQuota spaces", "LimitRange spaces", "NetworkPolicy spaces-deny", "NetworkPolicy spaces-allow-within",
		"NetworkPolicy spaces-allow-dns", "NetworkPolicy spaces-allow-internet", "RoleBinding spaces:owner")
	if !found.Equal(want) {
		return fmt.Errorf("%s has not %v, and has %v besides", name, sets.List(want.Difference(found)), sets.List(found.Difference(want)))
	}
	return nil
}

// contents returns all objects in the Space that are of the kinds that we put there.
func (f faults) contents(ctx context.Context, name string) (sets.Set[string], error) {
	kube, all, found := f.kube, metav1.ListOptions{}, sets.New[string]()
	quotas, errQuotas := kube.CoreV1().ResourceQuotas(name).List(ctx, all)
	limits, errLimits := kube.CoreV1().LimitRanges(name).List(ctx, all)
	policies, errPolicies := kube.NetworkingV1().NetworkPolicies(name).List(ctx, all)
	bindings, errBindings := kube.RbacV1().RoleBindings(name).List(ctx, all)
	if err := errors.Join(errQuotas, errLimits, errPolicies, errBindings); err != nil {
		return nil, err
	}
	for i := range quotas.Items {
		found.Insert("ResourceQuota " + quotas.Items[i].Name)
	}
	for i := range limits.Items {
		found.Insert("LimitRange " + limits.Items[i].Name)
	}
	for i := range policies.Items {
		found.Insert("NetworkPolicy " + policies.Items[i].Name)
	}
	for i := range bindings.Items {
		found.Insert("RoleBinding " + bindings.Items[i].Name)
	}
	return found, nil
}
