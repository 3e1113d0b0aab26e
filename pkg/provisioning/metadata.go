// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

const (
	podSecurityPrefix         = "pod-security.kubernetes.io/"
	labelPodSecurityEnforce   = podSecurityPrefix + "enforce"
	labelPodSecurityVersion   = podSecurityPrefix + "enforce-version"
	podSecurityVersionCurrent = "latest"
)

// Metadata returns the labels and annotations that the namespace itself is to have: those of the platform, and those
// that it takes over from the Space. The labels of the plan's Space have to be its own, without those that it is
// shown with because its namespace has them: what is taken over once would stay for ever.
func (*Provisioner) Metadata(plan Plan) (labels, annotations map[string]string) {
	propagate := ptr.Deref(plan.Policy.Propagate, spaces.Propagate{})
	labels = propagated(plan.Space.Labels, propagate.Labels)
	maps.Copy(labels, platformLabels(plan))
	return labels, propagated(plan.Space.Annotations, propagate.Annotations)
}

func platformLabels(plan Plan) map[string]string {
	labels := map[string]string{
		spaces.LabelManagedBy:   spaces.ManagedBy,
		labelPodSecurityEnforce: string(plan.Policy.PodSecurity),
		labelPodSecurityVersion: podSecurityVersionCurrent,
	}
	if account := plan.Space.Spec.Account; account != "" {
		labels[spaces.LabelAccount] = account
	}
	return labels
}

// PlatformLabels returns the keys of all labels that the platform sets, which are its own in every namespace of a Space.
func PlatformLabels() []string {
	return []string{spaces.LabelManagedBy, spaces.LabelAccount, labelPodSecurityEnforce, labelPodSecurityVersion}
}

// IsPlatformLabel tells whether the label of a namespace is one that says how the platform looks after it.
func IsPlatformLabel(key string) bool {
	return key == spaces.LabelManagedBy || key == spaces.LabelAccount || strings.HasPrefix(key, podSecurityPrefix)
}

// Record is which labels and annotations of a namespace it has taken over from its Space, as it says itself. Most have none,
// and say nothing.
type Record struct {
	Labels      []string `json:"labels,omitempty"`
	Annotations []string `json:"annotations,omitempty"`
}

// RecordOf returns what the namespace says. Where that cannot be read, nothing is known to be taken over, and all of it stays.
func RecordOf(namespace *corev1.Namespace) Record {
	text, recorded := namespace.Annotations[spaces.AnnotationMetadata]
	var record Record
	if !recorded || json.Unmarshal([]byte(text), &record) != nil {
		return Record{}
	}
	return record
}

// NewRecord returns the record of a namespace that is to have these labels and annotations of ours.
func NewRecord(labels, annotations map[string]string) Record {
	taken := slices.DeleteFunc(slices.Sorted(maps.Keys(labels)), IsPlatformLabel)
	return Record{Labels: taken, Annotations: slices.Sorted(maps.Keys(annotations))}
}

// Annotate adds the record to the annotations, if there is anything in it.
func (r Record) Annotate(annotations map[string]string) error {
	if len(r.Labels)+len(r.Annotations) == 0 {
		return nil
	}
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("record the metadata of a namespace: %w", err)
	}
	annotations[spaces.AnnotationMetadata] = string(text)
	return nil
}

// LabelsOf returns the labels that are the namespace's own, or say how the platform looks after it: those without the copies of
// labels of its Space. They may be those of the namespace themselves.
func LabelsOf(namespace *corev1.Namespace) map[string]string {
	labels := namespace.Labels
	for _, key := range RecordOf(namespace).Labels {
		if _, has := labels[key]; !has || IsPlatformLabel(key) {
			continue
		}
		if len(labels) == len(namespace.Labels) {
			labels = maps.Clone(labels)
		}
		delete(labels, key)
	}
	return labels
}

// propagated returns the entries whose keys match one of the patterns, without those that nobody may choose.
func propagated(entries map[string]string, patterns []string) map[string]string {
	result := map[string]string{}
	for key, value := range entries {
		if !isReserved(key) && slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, key) }) {
			result[key] = value
		}
	}
	return result
}

// matches tells whether the key is that of the pattern, or begins with what stands before the "*" at its end.
func matches(pattern, key string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(key, prefix)
	}
	return pattern == key
}

// isReserved tells whether the key says something of the namespace itself: what guards it, who it is, and how it was
// applied last.
func isReserved(key string) bool {
	return strings.HasPrefix(key, spaces.ReservedKeyPrefix) ||
		strings.HasPrefix(key, podSecurityPrefix) ||
		key == corev1.LabelMetadataName ||
		key == corev1.LastAppliedConfigAnnotation
}
