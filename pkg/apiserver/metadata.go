// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/provisioning"
)

// metadata is what a namespace is to have of us, but for the object in it.
type metadata struct {
	labels, annotations map[string]string
}

// recorded returns the metadata with an annotation that says what of it is of the Space.
func (m metadata) recorded() (metadata, error) {
	annotations := map[string]string{}
	maps.Copy(annotations, m.annotations)
	return metadata{labels: m.labels, annotations: annotations}, provisioning.NewRecord(m.labels, m.annotations).Annotate(annotations)
}

// changes returns what is to be merged into the metadata of the namespace, a nil to remove what is there; or nothing.
func (m metadata) changes(namespace *corev1.Namespace) (map[string]any, error) {
	wanted, err := m.recorded()
	if err != nil {
		return nil, err
	}
	before := provisioning.RecordOf(namespace)
	ours := slices.Concat(before.Labels, provisioning.PlatformLabels())
	changes := map[string]any{}
	for field, change := range map[string]map[string]any{
		"labels":      difference(namespace.Labels, wanted.labels, ours),
		"annotations": difference(namespace.Annotations, wanted.annotations, append(before.Annotations, spacesapi.AnnotationMetadata)),
	} {
		if len(change) > 0 {
			changes[field] = change
		}
	}
	return changes, nil
}

// difference returns what makes the entries have those that are wanted, and none that was ours and is not.
func difference(entries, wanted map[string]string, ours []string) map[string]any {
	change := map[string]any{}
	for key, value := range wanted {
		if has, ok := entries[key]; !ok || has != value {
			change[key] = value
		}
	}
	for _, key := range ours {
		_, has := entries[key]
		if _, stays := wanted[key]; has && !stays {
			change[key] = nil
		}
	}
	return change
}
