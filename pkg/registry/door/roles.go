// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package door

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// Roles lets a caller name ClusterRoles in a policy that the caller may bind: the platform binds them in Spaces, and may
// bind more than the caller. The platform has to be allowed that, too, or nobody would be let into any Space. What was
// named before needs no right, nor does the role that everybody has by default.
func (d Door) Roles(ctx context.Context, name string, policy, before spaces.SpacePolicy) error {
	known := map[string]bool{spaces.ClusterRoleOwner: true}
	for _, role := range before.ClusterRoles() {
		known[role] = true
	}
	for _, role := range policy.ClusterRoles() {
		if known[role] {
			continue
		}
		if err := d.Require(ctx, name, fmt.Sprintf("bind the ClusterRole %q", role), ToBind(role)); err != nil {
			return err
		}
		if err := d.bindable(ctx, name, role); err != nil {
			return err
		}
	}
	return nil
}

// bindable tells why the platform cannot bind the role, if so.
func (d Door) bindable(ctx context.Context, name, role string) error {
	if d.Self == nil {
		return nil
	}
	allowed, err := d.Self.AllowsSelf(ctx, ToBind(role))
	if err != nil {
		return apierrors.NewInternalError(err)
	}
	if !allowed {
		return d.Forbidden(name, fmt.Sprintf("the platform itself cannot bind the ClusterRole %q: let it do so first, by the verb bind in its own ClusterRole spaces:apiserver", role))
	}
	return nil
}
