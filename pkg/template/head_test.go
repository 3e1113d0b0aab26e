// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"fmt"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

func manifestOf(apiVersion, kind, name string) string {
	return fmt.Sprintf(`{"apiVersion":%q,"kind":%q,"metadata":{"name":%q}}`, apiVersion, kind, name)
}

// The names are told where they stand in the template, and else when they are filled in.
func TestNames(t *testing.T) {
	const (
		rbac, networking = "rbac.authorization.k8s.io/v1", "networking.k8s.io/v1"
		ours             = "Forbidden: the platform itself has a "
		noName           = "Invalid value: a lowercase RFC 1123 subdomain must"
	)
	testCases := map[string]struct {
		apiVersion, kind, name string
		want                   string
	}{
		"a name":                                   {apiVersion: "v1", kind: "ConfigMap", name: "a.b-1"},
		"one with other letters":                   {apiVersion: "v1", kind: "ConfigMap", name: "A", want: noName},
		"one with a slash":                         {apiVersion: "v1", kind: "ConfigMap", name: "a/b", want: noName},
		"one of a role":                            {apiVersion: rbac, kind: "Role", name: "ci:Deploy"},
		"one of a role with a slash":               {apiVersion: rbac, kind: "Role", name: "a/b", want: "Invalid value: may not contain '/'"},
		"that of our quota":                        {apiVersion: "v1", kind: "ResourceQuota", name: "spaces", want: ours + `ResourceQuota of such a name in Spaces: choose one that does not begin with "spaces"`},
		"that of our probe":                        {apiVersion: "v1", kind: "ResourceQuota", name: "spaces-probe", want: ours},
		"that of our limits":                       {apiVersion: "v1", kind: "LimitRange", name: "spaces", want: ours},
		"that of what closes a Space":              {apiVersion: networking, kind: "NetworkPolicy", name: "spaces-deny", want: ours},
		"that of what opens it":                    {apiVersion: networking, kind: "NetworkPolicy", name: "spaces-allow-dns", want: ours},
		"the same in another version":              {apiVersion: "networking.k8s.io/v1beta9", kind: "NetworkPolicy", name: "spaces-deny", want: ours},
		"that of the ServiceAccount of a pipeline": {apiVersion: "v1", kind: "ServiceAccount", name: "spaces-kubeconfig", want: ours},
		"that of its binding":                      {apiVersion: rbac, kind: "RoleBinding", name: "spaces-kubeconfig", want: ours},
		"that of the binding of owners":            {apiVersion: rbac, kind: "RoleBinding", name: "spaces:owner", want: ours},
		"our name of another kind":                 {apiVersion: "v1", kind: "ConfigMap", name: "spaces"},
		"our name of another group":                {apiVersion: "example.com/v1", kind: "ResourceQuota", name: "spaces"},
		"another name of our kind":                 {apiVersion: "v1", kind: "ResourceQuota", name: "space"},
		"the ServiceAccount that everybody has":    {apiVersion: "v1", kind: "ServiceAccount", name: "default"},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			var wantFixed, wantFilled []string
			if tc.want != "" {
				wantFixed = []string{"spec.objects[0].metadata.name: " + tc.want}
				wantFilled = []string{"spec.parameters: " + withName(tc.kind, tc.name, tc.want)}
			}
			fixed := specOf(manifestOf(tc.apiVersion, tc.kind, tc.name))
			expectErrors(t, wantFixed, Validate(fixed, field.NewPath("spec")))

			open := specOf(manifestOf(tc.apiVersion, tc.kind, "${s}"))
			expectErrors(t, nil, Validate(open, field.NewPath("spec")))
			_, err := Fill(open, spaceWith(map[string]string{"s": tc.name}))
			expectErrors(t, wantFilled, listOf(t, err))
		})
	}
}

// withName says which object the error is about.
func withName(kind, name, want string) string {
	var typ, detail string
	for _, typ = range []string{"Forbidden: ", "Invalid value: "} {
		if len(want) > len(typ) && want[:len(typ)] == typ {
			detail = want[len(typ):]
			break
		}
	}
	return fmt.Sprintf("%s%s %q (spec.objects[0].metadata.name of the template): %s", typ, kind, name, detail)
}

func TestNoTwoObjectsAreTheSame(t *testing.T) {
	testCases := map[string]struct {
		first, second string
		want          []string // of Validate
		wantFilled    []string // of Fill, if Validate has nothing to say; s is "text" and the Space is "dev"
	}{
		"two names":  {first: manifestOf("v1", "Pod", "a"), second: manifestOf("v1", "Pod", "b")},
		"two kinds":  {first: manifestOf("v1", "Pod", "a"), second: manifestOf("v1", "Service", "a")},
		"two groups": {first: manifestOf("v1", "Service", "a"), second: manifestOf("example.com/v1", "Service", "a")},
		"the same twice": {
			first: manifestOf("v1", "Pod", "a"), second: manifestOf("v1", "Pod", "a"),
			want: []string{"spec.objects[1].metadata.name: Duplicate value: spec.objects[0] is the same Pod: remove one of them, or give it another name"},
		},
		"in another version": {
			first: manifestOf("apps/v1", "Deployment", "a"), second: manifestOf("apps/v1beta1", "Deployment", "a"),
			want: []string{"spec.objects[1].metadata.name: Duplicate value: spec.objects[0] is the same Deployment"},
		},
		"names that differ in the end": {first: manifestOf("v1", "Pod", "${s}-a"), second: manifestOf("v1", "Pod", "${space}-a")},
		"what becomes the same": {
			first: manifestOf("v1", "Pod", "${s}-dev"), second: manifestOf("v1", "Pod", "text-${space}"),
			wantFilled: []string{`spec.parameters: Duplicate value: Pod "text-dev" (spec.objects[1].metadata.name of the template): spec.objects[0] is the same Pod`},
		},
		"what becomes the same as another": {
			first: manifestOf("v1", "Pod", "text"), second: manifestOf("v1", "Pod", "${s}"),
			wantFilled: []string{`spec.parameters: Duplicate value: Pod "text" (spec.objects[1].metadata.name of the template): spec.objects[0] is the same Pod`},
		},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			spec := specOf(tc.first, tc.second)
			expectErrors(t, tc.want, Validate(spec, field.NewPath("spec")))
			if len(tc.want) == 0 {
				_, err := Fill(spec, spaceWith(nil))
				expectErrors(t, tc.wantFilled, listOf(t, err))
			}
		})
	}
}
