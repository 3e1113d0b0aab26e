// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

func TestValidateSpaceTemplate(t *testing.T) {
	testCases := map[string]struct {
		change func(*spaces.SpaceTemplate)
		want   []string
	}{
		"a name is all it takes": {
			change: func(*spaces.SpaceTemplate) {},
		},
		"a name may have 63 characters": {
			change: func(t *spaces.SpaceTemplate) { t.Name = strings.Repeat("a", 63) },
		},
		"a name cannot have 64 characters": {
			change: func(t *spaces.SpaceTemplate) { t.Name = strings.Repeat("a", 64) },
			want:   []string{"metadata.name: Invalid value: must be no more than 63 characters"},
		},
		"a name cannot have a dot": {
			change: func(t *spaces.SpaceTemplate) { t.Name = "a.b" },
			want:   []string{"metadata.name: Invalid value: must not contain dots"},
		},
		"a name is needed": {
			change: func(t *spaces.SpaceTemplate) { t.Name = "" },
			want:   []string{"metadata.name: Required value: name or generateName is required"},
		},
		"no name is reserved": {
			change: func(t *spaces.SpaceTemplate) { t.Name = "default" },
		},
		"a namespace makes no sense": {
			change: func(t *spaces.SpaceTemplate) { t.Namespace = "x" },
			want:   []string{"metadata.namespace: Forbidden: not allowed on this type"},
		},
		"finalizers are refused": {
			change: func(t *spaces.SpaceTemplate) { t.Finalizers = []string{"example.com/keep"} },
			want:   []string{"metadata.finalizers: Forbidden: a SpaceTemplate has no finalizers: remove them"},
		},
		"owners are refused": {
			change: func(t *spaces.SpaceTemplate) { t.OwnerReferences = []metav1.OwnerReference{{}} },
			want:   []string{"metadata.ownerReferences: Forbidden: a SpaceTemplate has no owners: remove them"},
		},
		"keys of the platform are refused": {
			change: func(t *spaces.SpaceTemplate) { t.Labels = map[string]string{spaces.LabelManaged: "true"} },
			want:   []string{"metadata.labels[spaces.tenancy.example.io/managed]: Forbidden: "},
		},
		"the spec is for others to look at": {
			change: func(t *spaces.SpaceTemplate) { t.Spec.Parameters = []spaces.TemplateParameter{{}} },
		},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			template := newSpaceTemplate()
			tc.change(template)
			expectErrors(t, tc.want, ValidateSpaceTemplate(template))
		})
	}
}

func TestValidateSpaceTemplateUpdate(t *testing.T) {
	testCases := map[string]struct {
		old    func(*spaces.SpaceTemplate)
		change func(*spaces.SpaceTemplate)
		want   []string
	}{
		"nothing needs to change": {
			change: func(*spaces.SpaceTemplate) {},
		},
		"the name cannot change": {
			change: func(t *spaces.SpaceTemplate) { t.Name = "other" },
			want:   []string{"metadata.name: Invalid value: field is immutable"},
		},
		"a resourceVersion is needed": {
			change: func(t *spaces.SpaceTemplate) { t.ResourceVersion = "" },
			want:   []string{"metadata.resourceVersion: Invalid value: must be specified for an update"},
		},
		"finalizers that are there may stay": {
			old:    func(t *spaces.SpaceTemplate) { t.Finalizers = []string{"example.com/keep"} },
			change: func(t *spaces.SpaceTemplate) { t.Spec.Reapply = true },
		},
		"finalizers cannot join": {
			change: func(t *spaces.SpaceTemplate) { t.Finalizers = []string{"example.com/keep"} },
			want:   []string{"metadata.finalizers: Forbidden: a SpaceTemplate has no finalizers: remove them"},
		},
		"annotations cannot become too large": {
			change: func(t *spaces.SpaceTemplate) {
				t.Annotations = map[string]string{"a": strings.Repeat("x", MaxLabelsAndAnnotationsBytes)}
			},
			want: []string{"metadata.annotations: Too long: labels and annotations take 65"},
		},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			old := newSpaceTemplate()
			if tc.old != nil {
				tc.old(old)
			}
			template := old.DeepCopy()
			tc.change(template)
			expectErrors(t, tc.want, ValidateSpaceTemplateUpdate(template, old))
		})
	}
}

func newSpaceTemplate() *spaces.SpaceTemplate {
	return &spaces.SpaceTemplate{ObjectMeta: metav1.ObjectMeta{Name: "web", UID: "u", ResourceVersion: "1"}}
}
