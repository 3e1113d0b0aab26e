// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// Slimmer removes from namespaces what no Feed reads, and has them share the texts that many of their labels have in common.
// It is safe for concurrent use.
type Slimmer struct {
	texts *Texts
}

// NewSlimmer returns a Slimmer.
func NewSlimmer() *Slimmer { return &Slimmer{texts: NewTexts()} }

// Slim is a cache.TransformFunc for namespaces. It changes the namespace that it is given.
func (s *Slimmer) Slim(obj any) (any, error) {
	namespace, ok := obj.(*corev1.Namespace)
	if !ok {
		return nil, fmt.Errorf("feed of namespaces was given a %T", obj)
	}
	namespace.ManagedFields = nil
	if namespace.DeletionTimestamp == nil { // otherwise they say what holds the deletion up
		namespace.Spec = corev1.NamespaceSpec{}
		namespace.Status.Conditions = nil
	}
	labels := make(map[string]string, len(namespace.Labels))
	for key, value := range namespace.Labels {
		if value == namespace.Name {
			value = namespace.Name // most have it as a label, too
		} else {
			value = Shared(s.texts, value)
		}
		labels[Shared(s.texts, key)] = value
	}
	namespace.Labels = labels
	return namespace, nil
}
