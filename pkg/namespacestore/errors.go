// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"errors"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/storage"
)

// The texts of the kube-apiserver for the same causes; clients look for them.
const (
	listExpired        = "The resourceVersion for the provided list is too old."
	continueExpired    = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list."
	watchExpired       = "too old resource version: the changes since then are not known here any more; list again"
	watchTooSlow       = "the watcher is too slow: what it has not read yet is not known here any more; list again"
	retryTooLargeAfter = 1 // seconds
)

var errShuttingDown = apierrors.NewServiceUnavailable("the server is shutting down")

// expiredContinue is what a client gets for a continue token that is too old: an error with a token for the remainder
// of the list as it is now.
func expiredContinue(key, prefix string) error {
	expired := apierrors.NewResourceExpired(continueExpired)
	token, err := storage.EncodeContinue(key, prefix, -1)
	if err != nil {
		return apierrors.NewResourceExpired(listExpired)
	}
	expired.ErrStatus.Continue = token
	return expired
}

func apiExpired(text string) error { return apierrors.NewResourceExpired(text) }

// interrupted returns what to tell the client whose request ended while it waited.
func interrupted(err error) error {
	if apierrors.ReasonForError(err) != metav1.StatusReasonUnknown {
		return err
	}
	return apierrors.NewTimeoutError("the request ended before the server's caches had caught up with it: "+err.Error(), retryTooLargeAfter)
}

// relabel returns what the kube-apiserver says against a namespace as said against the object that shows it.
func (s *Store) relabel(err error, namespace string) error {
	var status *apierrors.StatusError
	if !errors.As(err, &status) {
		return err
	}
	relabelled := apierrors.StatusError{ErrStatus: *status.ErrStatus.DeepCopy()}
	said, name := &relabelled.ErrStatus, s.objectName(namespace)
	if details := said.Details; details != nil && details.Name == namespace && details.Group == "" {
		said.Message = strings.Replace(said.Message, details.Kind+` "`+namespace+`"`, s.Resource.String()+` "`+name+`"`, 1)
		details.Group, details.Kind, details.Name = s.Resource.Group, s.Resource.Resource, name
	}
	return &relabelled
}

// objectName returns the name of the object behind which is the namespace.
func (s *Store) objectName(namespace string) string {
	return strings.TrimPrefix(s.Mapping.Key(namespace), s.Mapping.Key(""))
}
