// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"cmp"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// CauseExceeded is the type of the causes in a refusal, one for each resource of which there is too little left.
const CauseExceeded metav1.CauseType = "QuotaExceeded"

// Refusal returns the error as an answer to who writes to the Space: 403, with what was asked, what is left, whose that is, and
// the contact to ask for more, or its administrator if that is empty.
func (e *ExceededError) Refusal(space, contact string) *apierrors.StatusError {
	refusal := apierrors.NewForbidden(spaces.Resource("spaces"), space,
		fmt.Errorf("%w; ask %s for more", e, cmp.Or(contact, "its administrator")))
	for _, shortage := range e.Shortages {
		refusal.ErrStatus.Details.Causes = append(refusal.ErrStatus.Details.Causes, shortage.cause())
	}
	return refusal
}

// cause has a field where the Space has one: it has none that says that it is one Space.
func (s Shortage) cause() metav1.StatusCause {
	cause := metav1.StatusCause{Type: CauseExceeded, Message: s.String()}
	if s.Resource != Spaces {
		cause.Field = fmt.Sprintf("spec.quota.hard[%s]", s.Resource)
	}
	return cause
}
