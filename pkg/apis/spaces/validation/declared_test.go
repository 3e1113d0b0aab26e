// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/operation"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// What this package leaves to the code that is generated from the types must be said there.
func TestDeclaredRules(t *testing.T) {
	testCases := map[string]struct {
		spec   v1alpha1.SpaceSpec
		policy v1alpha1.SpacePolicy
		want   []string
	}{
		"nothing needs to be said": {},
		"levels of Pod Security are accepted": {
			policy: v1alpha1.SpacePolicy{PodSecurity: v1alpha1.PodSecurityPrivileged},
		},
		"others are not": {
			policy: v1alpha1.SpacePolicy{PodSecurity: "lax"},
			want:   []string{`spec.space.podSecurity: Unsupported value: supported values: "baseline", "privileged", "restricted"`},
		},
		"access is by a role": {
			policy: v1alpha1.SpacePolicy{Access: []v1alpha1.Access{{ClusterRole: "view"}, {}}},
			want:   []string{"spec.space.access[1].clusterRole: Required value: "},
		},
		"the names of accounts may have 55 characters": {
			spec: v1alpha1.SpaceSpec{Account: strings.Repeat("a", maxAccountName)},
		},
		"they cannot have more": {
			spec: v1alpha1.SpaceSpec{Account: strings.Repeat("a", maxAccountName+1)},
			want: []string{"spec.account: Too long: may not be more than 55 characters"},
		},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			create := operation.Operation{Type: operation.Create}
			account := &v1alpha1.Account{Spec: v1alpha1.AccountSpec{Space: tc.policy}}
			errs := v1alpha1.Validate_Account(t.Context(), create, nil, account, nil)
			space := &v1alpha1.Space{Spec: tc.spec}
			expectErrors(t, tc.want, append(errs, v1alpha1.Validate_Space(t.Context(), create, nil, space, nil)...))
		})
	}
}
