// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package door

import (
	"context"
	"fmt"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// Roles lets a caller name ClusterRoles in a policy that the caller may bind: the platform binds them in Spaces, and may
// bind more than the caller. What was named before needs no right, nor does the role that everybody has by default.
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
	}
	return nil
}
