// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spacetemplate

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/namespacestore"
	"tenancy.example.io/spaces/pkg/registry/backing"
)

// Kind is that of templates.
var Kind = backing.Kind{
	Resource:   "spacetemplates",
	Singular:   "spacetemplate",
	New:        func() runtime.Object { return &spaces.SpaceTemplate{} },
	NewList:    func() runtime.Object { return &spaces.SpaceTemplateList{} },
	Attributes: attributes,
}

// Labels are those of the ConfigMaps that are shown as templates.
func Labels() map[string]string {
	return map[string]string{spaces.LabelManagedBy: spaces.ManagedBy, spaces.LabelTemplate: "true"}
}

// Mapping shows as templates what is behind them: what the store knows as namespaces here, are ConfigMaps.
type Mapping struct {
	backing.Names

	codec backing.Codec
}

var _ namespacestore.Mapping = Mapping{}

// NewMapping returns a Mapping that encodes templates by the codec.
func NewMapping(codec runtime.Codec) Mapping {
	return Mapping{Names: backing.NewNames(Kind, spaces.TemplatePrefix), codec: backing.Codec{Codec: codec}}
}

// Annotation implements namespacestore.Mapping.
func (Mapping) Annotation() string { return spaces.AnnotationObject }

// Shows implements namespacestore.Mapping. One that nothing can be read from is shown, too.
func (Mapping) Shows(behind *corev1.Namespace) bool {
	for key, value := range Labels() {
		if behind.Labels[key] != value {
			return false
		}
	}
	return strings.HasPrefix(behind.Name, spaces.TemplatePrefix)
}

// Decode implements namespacestore.Mapping.
func (m Mapping) Decode(behind *corev1.Namespace) runtime.Object {
	template, err := backing.DecodeAs[*spaces.SpaceTemplate](m.codec, behind)
	if err != nil {
		template = &spaces.SpaceTemplate{Status: spaces.SpaceTemplateStatus{Conditions: []metav1.Condition{unreadable(behind, err)}}}
	}
	template.ObjectMeta = backing.Shown(behind, strings.TrimPrefix(behind.Name, spaces.TemplatePrefix), template.ObjectMeta)
	return template
}

// unreadable is the condition of a template that cannot be read.
func unreadable(behind *corev1.Namespace, why error) metav1.Condition {
	return backing.Unreadable(behind, fmt.Sprintf(
		"The key %q of the ConfigMap %q in the namespace %q does not hold a SpaceTemplate: %v. Set the template again, or delete it.",
		spaces.TemplateKey, behind.Name, spaces.SystemNamespace, why))
}

// Encode implements namespacestore.Mapping.
func (m Mapping) Encode(object runtime.Object, _ *corev1.Namespace) (string, error) {
	template, ok := object.(*spaces.SpaceTemplate)
	if !ok {
		return "", errNotATemplate(object)
	}
	return m.codec.Encode(&spaces.SpaceTemplate{ObjectMeta: backing.Kept(template.ObjectMeta), Spec: template.Spec, Status: template.Status})
}

// attributes returns what selectors can select templates by.
func attributes(object runtime.Object) (labels.Set, fields.Set, error) {
	template, ok := object.(*spaces.SpaceTemplate)
	if !ok {
		return nil, nil, errNotATemplate(object)
	}
	return template.Labels, fields.Set{"metadata.name": template.Name}, nil
}

func errNotATemplate(object runtime.Object) error {
	return fmt.Errorf("want a SpaceTemplate, have a %T", object)
}
