// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	spacesclient "tenancy.example.io/spaces/pkg/generated/clientset/versioned/typed/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

func accountsOf(user cluster.Clients) spacesclient.AccountInterface {
	return user.Spaces.SpacesV1alpha1().Accounts()
}

// createAccount creates an account, and deletes it when the test has ended, with all its Spaces.
func createAccount(t *testing.T, admin cluster.Clients, name string, edits ...func(*v1alpha1.Account)) *v1alpha1.Account {
	t.Helper()
	account := &v1alpha1.Account{ObjectMeta: metav1.ObjectMeta{Name: name}}
	for _, edit := range edits {
		edit(account)
	}
	created := must(accountsOf(admin).Create(t.Context(), account, metav1.CreateOptions{}))(t)
	deleteAccountLater(t, admin, name)
	return created
}

func deleteAccountLater(t *testing.T, admin cluster.Clients, name string) {
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		_ = accountsOf(admin).Delete(ctx, name, inForeground())
	})
}

func inForeground() metav1.DeleteOptions {
	policy := metav1.DeletePropagationForeground
	return metav1.DeleteOptions{PropagationPolicy: &policy}
}

func withSubjects(subjects ...rbacv1.Subject) func(*v1alpha1.Account) {
	return func(account *v1alpha1.Account) { account.Spec.Subjects = subjects }
}

func withPolicy(policy v1alpha1.SpacePolicy) func(*v1alpha1.Account) {
	return func(account *v1alpha1.Account) { account.Spec.Space = policy }
}

func withAccount(name string) func(*v1alpha1.Space) {
	return func(space *v1alpha1.Space) { space.Spec.Account = name }
}

// serviceAccount is a subject. Without a namespace it is one of where it stands.
func serviceAccount(namespace, name string) rbacv1.Subject {
	return rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: name}
}

// quota returns a quota of resources and amounts that take turns.
func quota(resourcesAndAmounts ...string) *v1alpha1.Quota {
	hard := corev1.ResourceList{}
	for name, amount := range pairs(resourcesAndAmounts...) {
		hard[corev1.ResourceName(name)] = resource.MustParse(amount)
	}
	return &v1alpha1.Quota{Hard: hard}
}

// amounts is what a quota says.
func amounts(quota *v1alpha1.Quota) map[string]string {
	result := map[string]string{}
	if quota == nil {
		return result
	}
	for name, amount := range quota.Hard {
		result[string(name)] = amount.String()
	}
	return result
}

// patchAccount merges the patch into the account.
func patchAccount(t *testing.T, user cluster.Clients, name, patch string) *v1alpha1.Account {
	t.Helper()
	return must(accountsOf(user).Patch(t.Context(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{}))(t)
}

// newTenant returns a caller who may ask for Spaces, and has no other right in the cluster but what the groups give.
func newTenant(t *testing.T, name string, groups ...string) caller {
	t.Helper()
	tenant := newCaller(t, name, groups...)
	admitTenant(t, shared.Admin(t), name, user(name))
	tenant.awaitFrontDoor(t)
	return tenant
}

// admitTenant lets the subject ask for Spaces until the test ends.
func admitTenant(t *testing.T, admin cluster.Clients, name string, subject rbacv1.Subject) {
	t.Helper()
	bindings := admin.Kube.RbacV1().ClusterRoleBindings()
	binding := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name}, RoleRef: clusterRole("spaces:user"), Subjects: []rbacv1.Subject{subject}}
	must(bindings.Create(t.Context(), binding, metav1.CreateOptions{}))(t)
	t.Cleanup(func() { _ = bindings.Delete(context.WithoutCancel(t.Context()), name, metav1.DeleteOptions{}) })
}

// awaitFrontDoor returns when the caller may ask for Spaces.
func (c caller) awaitFrontDoor(t *testing.T) {
	t.Helper()
	what := &authorizationv1.ResourceAttributes{Verb: "create", Group: v1alpha1.GroupName, Resource: "spaces"}
	eventually(t, c.name+" may ask for Spaces", func(ctx context.Context) error {
		review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: what}}
		got, err := c.Kube.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
		if err == nil && !got.Status.Allowed {
			err = errors.New(got.Status.Reason)
		}
		return err
	})
}

func forbidden(message ...string) refusal {
	return refusal{code: http.StatusForbidden, reason: metav1.StatusReasonForbidden, message: message}
}

// podIn is a call that creates a pod in the namespace. The container is more of it, such as `,"securityContext":{}`.
func podIn(namespace, container string) call {
	return call{method: "POST", path: "/api/v1/namespaces/" + namespace + "/pods", body: strings.ReplaceAll(
		`{"metadata":{"generateName":"first-"},"spec":{"containers":[{"name":"a","image":"a"%}]}}`, "%", container)}
}

// deploymentIn is a call that creates a Deployment in the namespace.
func deploymentIn(namespace string) call {
	return call{method: "POST", path: "/apis/apps/v1/namespaces/" + namespace + "/deployments", body: `{"metadata":{"generateName":"first-"},` +
		`"spec":{"selector":{"matchLabels":{"app":"a"}},"template":{"metadata":{"labels":{"app":"a"}},"spec":{"containers":[{"name":"a","image":"a"}]}}}}`}
}

// worksIn tells that the caller may create Deployments in the namespace by now, or why not.
func (c caller) worksIn(ctx context.Context, namespace string) error {
	what := dry(deploymentIn(namespace))
	return c.Kube.CoreV1().RESTClient().Verb(what.method).RequestURI(what.path).
		SetHeader("Content-Type", runtime.ContentTypeJSON).Body([]byte(what.body)).Do(ctx).Error()
}

// isShutOutOf is the opposite of worksIn, and also looks whether the Space is hidden.
func (c caller) isShutOutOf(ctx context.Context, namespace string) error {
	if err := c.worksIn(ctx, namespace); !apierrors.IsForbidden(err) {
		return fmt.Errorf("%s creates a Deployment in %s: %w", c.name, namespace, err)
	}
	if _, err := spacesOf(c.Clients).Get(ctx, namespace, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		return fmt.Errorf("%s gets %s: %w", c.name, namespace, err)
	}
	return nil
}

// wantLabel tells whether the namespace has this label; "" is none.
func wantLabel(ctx context.Context, t *testing.T, name, key, want string) error {
	t.Helper()
	behind, err := shared.Admin(t).Kube.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
	if err == nil && behind.Labels[key] != want {
		err = fmt.Errorf("the label %s of the namespace is %q, want %q", key, behind.Labels[key], want)
	}
	return err
}
