// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

// repairTime is how soon is put right what somebody changes.
const repairTime = time.Second

func withQuota(resourcesAndAmounts ...string) func(*v1alpha1.Space) {
	return func(space *v1alpha1.Space) { space.Spec.Quota = quota(resourcesAndAmounts...) }
}

// aPod returns a pod of one container, which nobody runs here.
func aPod(name string, edits ...func(*corev1.Container)) *corev1.Pod {
	container := corev1.Container{Name: "main", Image: "registry.invalid/main"}
	for _, edit := range edits {
		edit(&container)
	}
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.PodSpec{Containers: []corev1.Container{container}}}
}

// createPod creates the pod as the first thing that is done.
func createPod(t *testing.T, user cluster.Clients, namespace string, pod *corev1.Pod) (*corev1.Pod, error) {
	t.Helper()
	return user.Kube.CoreV1().Pods(namespace).Create(t.Context(), pod, metav1.CreateOptions{})
}

func wantRefused(t *testing.T, err error, why string) {
	t.Helper()
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), why) {
		t.Errorf("The answer is %v, want 403 that says %q", err, why)
	}
}

// What limits a Space does so for the first thing that is done in it, and lets it be done if it may be.
func TestGuardsAreInForceAtOnce(t *testing.T) {
	t.Parallel()
	const rounds = 10
	alice := shared.As(t, unique("force-alice"), "devs")
	for what, tc := range map[string]struct {
		quota []string
		test  func(t *testing.T, space string)
	}{
		"a pod that asks for nothing is admitted": {
			quota: []string{"requests.cpu", "1", "requests.memory", "1Gi", "limits.cpu", "300m", "limits.memory", "1Gi"},
			test: func(t *testing.T, space string) {
				got := must(createPod(t, alice, space, aPod("first")))(t).Spec.Containers[0].Resources
				want := corev1.ResourceRequirements{
					Requests: quota("cpu", "100m", "memory", "128Mi").Hard,
					Limits:   quota("cpu", "300m", "memory", "512Mi").Hard,
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("resources (-want +got):\n%s", diff)
				}
			},
		},
		"a pod is admitted where nothing is limited": {
			test: func(t *testing.T, space string) { must(createPod(t, alice, space, aPod("first")))(t) },
		},
		"a pod that asks for too much is refused": {
			quota: []string{"requests.cpu", "1"},
			test: func(t *testing.T, space string) {
				_, err := createPod(t, alice, space, aPod("first", func(container *corev1.Container) {
					container.Resources.Requests = quota("cpu", "1001m").Hard
				}))
				wantRefused(t, err, "exceeded quota: spaces")
			},
		},
		"one pod too many is refused": {
			quota: []string{"pods", "1"},
			test: func(t *testing.T, space string) {
				must(createPod(t, alice, space, aPod("first")))(t)
				_, err := createPod(t, alice, space, aPod("second"))
				wantRefused(t, err, "exceeded quota: spaces")
			},
		},
		"a privileged pod is refused": {
			test: func(t *testing.T, space string) {
				_, err := createPod(t, alice, space, aPod("first", func(container *corev1.Container) {
					container.SecurityContext = &corev1.SecurityContext{Privileged: new(true)}
				}))
				wantRefused(t, err, `violates PodSecurity "baseline:latest"`)
			},
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			for range rounds {
				tc.test(t, createSpace(t, alice, newSpace(unique("force"), withQuota(tc.quota...))).Name)
			}
		})
	}
}

// useOf begins the names, among contents, of what quotas say of their use.
const useOf = "use of "

// contents returns what the platform has put into the namespace: what there is of each object, by kind and name.
func contents(ctx context.Context, admin cluster.Clients, namespace string) (map[string]string, error) {
	ours := metav1.ListOptions{LabelSelector: managedLabel + "=true"}
	quotas, quotasErr := admin.Kube.CoreV1().ResourceQuotas(namespace).List(ctx, ours)
	limits, limitsErr := admin.Kube.CoreV1().LimitRanges(namespace).List(ctx, ours)
	policies, policiesErr := admin.Kube.NetworkingV1().NetworkPolicies(namespace).List(ctx, ours)
	bindings, bindingsErr := admin.Kube.RbacV1().RoleBindings(namespace).List(ctx, ours)
	if err := errors.Join(quotasErr, limitsErr, policiesErr, bindingsErr); err != nil {
		return nil, err
	}
	found := map[string]string{}
	put := func(kind, name string, says ...any) {
		text, _ := json.Marshal(says)
		found[kind+" "+name] = string(text)
	}
	for i := range quotas.Items {
		put("ResourceQuota", quotas.Items[i].Name, quotas.Items[i].Labels, quotas.Items[i].Spec)
		put(useOf+"ResourceQuota", quotas.Items[i].Name, quotas.Items[i].Status)
	}
	for i := range limits.Items {
		put("LimitRange", limits.Items[i].Name, limits.Items[i].Labels, limits.Items[i].Spec)
	}
	for i := range policies.Items {
		put("NetworkPolicy", policies.Items[i].Name, policies.Items[i].Labels, policies.Items[i].Spec)
	}
	for i := range bindings.Items {
		put("RoleBinding", bindings.Items[i].Name, bindings.Items[i].Labels, bindings.Items[i].RoleRef, bindings.Items[i].Subjects)
	}
	return found, nil
}

// withoutUse leaves out of contents what quotas say of their use.
var withoutUse = cmpopts.IgnoreMapEntries(func(name, _ string) bool { return strings.HasPrefix(name, useOf) })

// wantContents tells whether this is what the platform has put into the namespace.
func wantContents(ctx context.Context, admin cluster.Clients, namespace string, want map[string]string, options ...cmp.Option) error {
	got, err := contents(ctx, admin, namespace)
	if diff := cmp.Diff(want, got, options...); err == nil && diff != "" {
		err = fmt.Errorf("what is there (-want +got):\n%s", diff)
	}
	return err
}

// Everything is there when the creation is answered, and the quota is as if nobody had ever looked at it.
func TestGuardsAreThereAtOnce(t *testing.T) {
	t.Parallel()
	admin, name := shared.Admin(t), unique("there")
	createSpace(t, shared.As(t, name+"-alice", "devs"), newSpace(name, withQuota("pods", "5", "requests.cpu", "1")))
	got := must(contents(t.Context(), admin, name))(t)
	labels := `{"app.kubernetes.io/managed-by":"spaces","spaces.tenancy.example.io/managed":"true"}`
	for object, says := range map[string]string{
		"ResourceQuota spaces": `{"hard":{"pods":"5","requests.cpu":"1"}}`,
		"LimitRange spaces":    `{"limits":[{"type":"Container","defaultRequest":{"cpu":"100m"}}]}`,
		"RoleBinding spaces:owner": `{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"spaces:owner"},` +
			`[{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"` + name + `-alice"}]`,
		"NetworkPolicy spaces-deny": `{"podSelector":{},"policyTypes":["Ingress","Egress"]}`,
	} {
		if diff := cmp.Diff("["+labels+","+says+"]", got[object]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", object, diff)
		}
	}
	use := `[{"hard":{"pods":"5","requests.cpu":"1"},"used":{"pods":"0","requests.cpu":"0"}}]`
	if diff := cmp.Diff(use, got[useOf+"ResourceQuota spaces"]); diff != "" {
		t.Errorf("what is used (-want +got):\n%s", diff)
	}
	for _, object := range []string{"spaces-allow-within", "spaces-allow-dns", "spaces-allow-internet"} {
		if got["NetworkPolicy "+object] == "" {
			t.Errorf("%s is missing", object)
		}
	}
	enforced := must(admin.Kube.CoreV1().Namespaces().Get(t.Context(), name, metav1.GetOptions{}))(t).Labels[enforceLabel]
	if enforced != "baseline" {
		t.Errorf("The Pod Security level %q is enforced, want baseline", enforced)
	}
}

// Whatever somebody with the right to do so does to what the platform has put there, it is as before a moment later. What takes
// so short a time is not measured beside other tests.
func TestGuardsComeBack(t *testing.T) {
	admin := shared.Admin(t)
	alice := shared.As(t, unique("back-alice"), "devs")
	core, network, rbac := admin.Kube.CoreV1(), admin.Kube.NetworkingV1(), admin.Kube.RbacV1()
	patched := func(_ any, err error) error { return err }
	for what, harm := range map[string]func(ctx context.Context, space string) error{
		"a quota that is deleted": func(ctx context.Context, space string) error {
			return core.ResourceQuotas(space).Delete(ctx, "spaces", metav1.DeleteOptions{})
		},
		"a quota that is raised": func(ctx context.Context, space string) error {
			raise := []byte(`{"spec":{"hard":{"pods":"500"}}}`)
			return patched(core.ResourceQuotas(space).Patch(ctx, "spaces", types.MergePatchType, raise, metav1.PatchOptions{}))
		},
		"a LimitRange that is deleted": func(ctx context.Context, space string) error {
			return core.LimitRanges(space).Delete(ctx, "spaces", metav1.DeleteOptions{})
		},
		"a policy that is deleted": func(ctx context.Context, space string) error {
			return network.NetworkPolicies(space).Delete(ctx, "spaces-deny", metav1.DeleteOptions{})
		},
		"a policy that is opened": func(ctx context.Context, space string) error {
			open := []byte(`{"spec":{"ingress":[{}]}}`)
			return patched(network.NetworkPolicies(space).Patch(ctx, "spaces-deny", types.MergePatchType, open, metav1.PatchOptions{}))
		},
		"a policy whose labels are removed": func(ctx context.Context, space string) error {
			bare := []byte(`{"metadata":{"labels":null}}`)
			return patched(network.NetworkPolicies(space).Patch(ctx, "spaces-deny", types.MergePatchType, bare, metav1.PatchOptions{}))
		},
		"a binding that is deleted": func(ctx context.Context, space string) error {
			return rbac.RoleBindings(space).Delete(ctx, "spaces:owner", metav1.DeleteOptions{})
		},
		"a binding with other subjects": func(ctx context.Context, space string) error {
			others := []byte(`{"subjects":[{"kind":"Group","apiGroup":"rbac.authorization.k8s.io","name":"everybody"}]}`)
			return patched(rbac.RoleBindings(space).Patch(ctx, "spaces:owner", types.MergePatchType, others, metav1.PatchOptions{}))
		},
		"a binding with another role": func(ctx context.Context, space string) error {
			other := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "spaces:owner"}, RoleRef: clusterRole("view")}
			err := rbac.RoleBindings(space).Delete(ctx, other.Name, metav1.DeleteOptions{})
			if err == nil {
				err = patched(rbac.RoleBindings(space).Create(ctx, other, metav1.CreateOptions{}))
			}
			// Who has put it back before is not too early.
			if apierrors.IsAlreadyExists(err) {
				return nil
			}
			return err
		},
	} {
		t.Run(what, func(t *testing.T) {
			space := createSpace(t, alice, newSpace(unique("back"), withQuota("pods", "5", "requests.cpu", "1"))).Name
			want := must(contents(t.Context(), admin, space))(t)
			check(t, harm(t.Context(), space))
			within(t, repairTime, "it is as before", func(ctx context.Context) error {
				return wantContents(ctx, admin, space, want, withoutUse)
			})
			// A quota that was deleted admits nothing until the kube-controller-manager has counted, when it comes to that.
			eventually(t, "what is used is as before, too", func(ctx context.Context) error {
				return wantContents(ctx, admin, space, want)
			})
		})
	}
}

// What says which metadata of a namespace is that of its Space is put back, whatever becomes of it. Where there is none, nothing
// says so.
func TestProvisioningRestoresTheRecord(t *testing.T) {
	t.Parallel()
	admin := shared.Admin(t)
	space := createSpace(t, admin, newSpace(unique("provisioning-record")))
	want := namespace(t, space.Name).Annotations[metadataAnnotation]
	for what, value := range map[string]string{"removed": `null`, "changed": `"{\"labels\":[\"a\"]}"`, "spoilt": `"x"`} {
		patchNamespace(t, admin, space.Name, `{"metadata":{"annotations":{"`+metadataAnnotation+`":`+value+`}}}`)
		eventually(t, "the record is there again which was "+what, func(ctx context.Context) error {
			behind, err := admin.Kube.CoreV1().Namespaces().Get(ctx, space.Name, metav1.GetOptions{})
			if err == nil && behind.Annotations[metadataAnnotation] != want {
				err = fmt.Errorf("it is %q, want %q", behind.Annotations[metadataAnnotation], want)
			}
			return err
		})
	}
}
