// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"fmt"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
)

// Reviewer asks the kube-apiserver what a caller may do, by a SubjectAccessReview for each question: all of the
// cluster's authorizers answer, and nothing is remembered. It is safe for concurrent use.
type Reviewer struct {
	client authorizationclient.AuthorizationV1Interface
}

// NewReviewer returns a Reviewer that asks by this client.
func NewReviewer(client authorizationclient.AuthorizationV1Interface) *Reviewer {
	return &Reviewer{client: client}
}

// Allows tells whether the caller may do what the attributes say. An error means that the question was not answered.
func (r *Reviewer) Allows(ctx context.Context, caller user.Info, what authorizationv1.ResourceAttributes) (bool, error) {
	review, err := r.client.SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{
			User:               caller.GetName(),
			UID:                caller.GetUID(),
			Groups:             caller.GetGroups(),
			Extra:              extraOf(caller),
			ResourceAttributes: &what,
		},
	}, metav1.CreateOptions{})
	if err != nil {
		return false, fmt.Errorf("review whether %q may %s %s %q: %w", caller.GetName(), what.Verb, what.Resource, what.Name, err)
	}
	return review.Status.Allowed && !review.Status.Denied, nil
}

// AllowsSelf tells whether we ourselves may do what the attributes say.
func (r *Reviewer) AllowsSelf(ctx context.Context, what authorizationv1.ResourceAttributes) (bool, error) {
	review, err := r.client.SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &what},
	}, metav1.CreateOptions{})
	if err != nil {
		return false, fmt.Errorf("review whether we may %s %s %q: %w", what.Verb, what.Resource, what.Name, err)
	}
	return review.Status.Allowed && !review.Status.Denied, nil
}

// Sees tells whether the caller may get the namespace, which is what makes it visible.
func (r *Reviewer) Sees(ctx context.Context, caller user.Info, namespace string) (bool, error) {
	return r.Allows(ctx, caller, authorizationv1.ResourceAttributes{
		Verb: "get", Version: "v1", Resource: "namespaces", Namespace: namespace, Name: namespace,
	})
}

func extraOf(caller user.Info) map[string]authorizationv1.ExtraValue {
	extra := map[string]authorizationv1.ExtraValue{}
	for key, values := range caller.GetExtra() {
		extra[key] = values
	}
	return extra
}
