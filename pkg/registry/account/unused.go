// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// unused lets next decide about the deletion of an account that no Space is charged to. If the deletion is one in the
// foreground, its Spaces go with it, when next has agreed. One that is being deleted already stays so.
func (r *REST) unused(next rest.ValidateObjectFunc, options *metav1.DeleteOptions) rest.ValidateObjectFunc {
	return func(ctx context.Context, object runtime.Object) error {
		account, ok := object.(*spaces.Account)
		if !ok {
			return apierrors.NewInternalError(errNotAnAccount(object))
		}
		if account.DeletionTimestamp != nil {
			return next(ctx, object)
		}
		charged := r.charged.Count(account.Name)
		if charged > 0 && !inForeground(options) {
			return apierrors.NewConflict(Kind.GroupResource(), account.Name, fmt.Errorf(
				"it still has %d Space(s): delete them first, or delete it with --cascade=foreground, which deletes them, too", charged))
		}
		if err := next(ctx, object); err != nil || charged == 0 || len(options.DryRun) > 0 {
			return err
		}
		return r.charged.Condemn(ctx, account.Name)
	}
}

func inForeground(options *metav1.DeleteOptions) bool {
	return options != nil && options.PropagationPolicy != nil && *options.PropagationPolicy == metav1.DeletePropagationForeground
}
