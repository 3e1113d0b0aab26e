// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spaces

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Each role has a name of its own, which nobody else may give.
func TestBindingOf(t *testing.T) {
	seen := map[string]string{}
	for role, want := range map[string]string{
		"view":                    "spaces:role:view",
		"spaces:owner":            "spaces:owner",
		"spaces:role:view":        "spaces:role:spaces:role:view",
		"spaces-kubeconfig":       "spaces:role:spaces-kubeconfig",
		"role:view":               "spaces:role:role:view",
		"spaces:role:":            "spaces:role:spaces:role:",
		"system:discovery:spaces": "spaces:role:system:discovery:spaces",
	} {
		got := BindingOf(role)
		if got != want {
			t.Errorf("the binding of %q is %q, want %q", role, got, want)
		}
		if other, ok := seen[got]; ok {
			t.Errorf("%q and %q have the same binding %q", role, other, got)
		}
		seen[got] = role
		if !IsPlatformObject(schema.GroupKind{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"}, got) {
			t.Errorf("the binding %q of %q is not kept for the platform", got, role)
		}
	}
}
