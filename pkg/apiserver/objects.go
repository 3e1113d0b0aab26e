// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	authenticationclient "k8s.io/client-go/kubernetes/typed/authentication/v1"

	"tenancy.example.io/spaces/pkg/access"
	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/provisioning"
)

// objects are those that Spaces are filled with from templates. It is safe for concurrent use.
type objects struct {
	client   dynamic.Interface
	kinds    kinds
	selves   authenticationclient.SelfSubjectReviewsGetter
	reviewer *access.Reviewer
}

var _ provisioning.Objects = objects{}

// Self implements provisioning.Objects.
func (o objects) Self(ctx context.Context) (string, error) {
	review, err := o.selves.SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return "", fmt.Errorf("review who we are: %w", err)
	}
	return review.Status.UserInfo.Username, nil
}

// Enters implements provisioning.Objects. ConfigMaps are among what the role grants, and nothing else grants them to us
// there.
func (o objects) Enters(ctx context.Context, namespace string) (bool, error) {
	return o.reviewer.AllowsSelf(ctx, authorizationv1.ResourceAttributes{
		Verb: "patch", Version: "v1", Resource: "configmaps", Namespace: namespace,
	})
}

// Apply implements provisioning.Objects. That something is not found, such as a kind that was removed, is no answer about the
// Space.
func (o objects) Apply(ctx context.Context, object *unstructured.Unstructured) error {
	in, err := o.in(ctx, object.GroupVersionKind(), object.GetNamespace())
	if err == nil {
		_, err = in.Apply(ctx, object.GetName(), object, metav1.ApplyOptions{FieldManager: provisioning.FieldManager, Force: true})
		err = explain(ctx, in, object, err)
	}
	if apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
		return apierrors.NewBadRequest(err.Error())
	}
	return err
}

// explain returns a better error where the manifest is none of its kind. Server-side apply answers as to a fault of its own
// then, and nothing but the text tells; a creation says whose fault it is.
func explain(ctx context.Context, in dynamic.ResourceInterface, object *unstructured.Unstructured, failed error) error {
	var status apierrors.APIStatus
	if !errors.As(failed, &status) || status.Status().Code != http.StatusInternalServerError || status.Status().Reason != metav1.StatusReasonUnknown {
		return failed
	}
	_, err := in.Create(ctx, object, metav1.CreateOptions{
		DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict, FieldManager: provisioning.FieldManager,
	})
	if !apierrors.IsBadRequest(err) {
		return failed
	}
	return apierrors.NewBadRequest("whoever manages the template has to mend the manifest: " + err.Error())
}

// Remove implements provisioning.Objects. An object from which the label was taken is somebody's own, and what has no kind any
// more is gone.
func (o objects) Remove(ctx context.Context, namespace, template string, object spacesapi.TemplateObject) error {
	version, err := schema.ParseGroupVersion(object.APIVersion)
	if err != nil {
		return fmt.Errorf("read the apiVersion: %w", err)
	}
	in, err := o.in(ctx, version.WithKind(object.Kind), namespace)
	if meta.IsNoMatchError(err) {
		return nil
	}
	if err != nil {
		return err
	}
	found, err := in.Get(ctx, object.Name, metav1.GetOptions{})
	if err == nil && found.GetLabels()[spacesapi.LabelTemplate] == template {
		err = in.Delete(ctx, object.Name, metav1.DeleteOptions{
			Preconditions:     metav1.NewUIDPreconditions(string(found.GetUID())),
			PropagationPolicy: new(metav1.DeletePropagationBackground),
		})
	}
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return err
}

// in returns the client of the kind in the namespace.
func (o objects) in(ctx context.Context, kind schema.GroupVersionKind, namespace string) (dynamic.ResourceInterface, error) {
	mapping, err := o.kinds.RESTMapping(ctx, kind)
	if err != nil {
		return nil, err
	}
	if mapping.Scope.Name() != meta.RESTScopeNameNamespace {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("objects of the kind %s are not in namespaces", kind.Kind))
	}
	return o.client.Resource(mapping.Resource).Namespace(namespace), nil
}
