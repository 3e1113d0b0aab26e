// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

func TestForbiddenMetadata(t *testing.T) {
	owner := metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: "a", UID: "u"}
	const wantFinalizers = "metadata.finalizers: Forbidden: a Space has no finalizers: remove them"
	const wantOwners = "metadata.ownerReferences: Forbidden: a Space has no owners: remove them"
	testCases := map[string]struct {
		old    metav1.ObjectMeta
		change func(*metav1.ObjectMeta)
		want   []string
	}{
		"finalizers are refused": {
			change: func(m *metav1.ObjectMeta) { m.Finalizers = []string{"example.com/keep"} },
			want:   []string{wantFinalizers},
		},
		"finalizers are refused once, however wrong they are": {
			change: func(m *metav1.ObjectMeta) { m.Finalizers = []string{"not a finalizer"} },
			want:   []string{wantFinalizers},
		},
		"finalizers that are there may stay": {
			old:    metav1.ObjectMeta{Finalizers: []string{"example.com/keep"}},
			change: func(m *metav1.ObjectMeta) { m.Labels = map[string]string{"team": "a"} },
		},
		"finalizers that are there may go": {
			old:    metav1.ObjectMeta{Finalizers: []string{"example.com/keep"}},
			change: func(m *metav1.ObjectMeta) { m.Finalizers = nil },
		},
		"finalizers cannot join those that are there": {
			old:    metav1.ObjectMeta{Finalizers: []string{"example.com/keep"}},
			change: func(m *metav1.ObjectMeta) { m.Finalizers = append(m.Finalizers, "example.com/more") },
			want:   []string{wantFinalizers},
		},
		"owners are refused": {
			change: func(m *metav1.ObjectMeta) { m.OwnerReferences = []metav1.OwnerReference{owner} },
			want:   []string{wantOwners},
		},
		"owners are refused once, however wrong they are": {
			change: func(m *metav1.ObjectMeta) { m.OwnerReferences = []metav1.OwnerReference{{}} },
			want:   []string{wantOwners},
		},
		"owners that are there may stay": {
			old:    metav1.ObjectMeta{OwnerReferences: []metav1.OwnerReference{owner}},
			change: func(m *metav1.ObjectMeta) { m.Labels = map[string]string{"team": "a"} },
		},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) { expectUpdateErrors(t, tc.old, tc.change, tc.want) })
	}
}

func TestReservedKeys(t *testing.T) {
	const detail = `keys that start with "spaces.tenancy.example.io/" are set by the platform only: remove it, or choose another prefix`
	platform := map[string]string{"spaces.tenancy.example.io/managed": "true"}
	testCases := map[string]struct {
		old    metav1.ObjectMeta
		change func(*metav1.ObjectMeta)
		want   []string
	}{
		"any other key is the tenant's": {
			change: func(m *metav1.ObjectMeta) {
				m.Labels = map[string]string{"app.kubernetes.io/name": "a", "sub.spaces.tenancy.example.io/a": "b", "spaces.tenancy.example.io": "c"}
				m.Annotations = map[string]string{"kubectl.kubernetes.io/last-applied-configuration": "{}", "tenancy.example.io/a": "b"}
			},
		},
		"a label of the platform is refused": {
			change: func(m *metav1.ObjectMeta) { m.Labels = platform },
			want:   []string{"metadata.labels[spaces.tenancy.example.io/managed]: Forbidden: " + detail},
		},
		"an annotation of the platform is refused": {
			change: func(m *metav1.ObjectMeta) { m.Annotations = map[string]string{spaces.AnnotationObject: "{}"} },
			want:   []string{"metadata.annotations[spaces.tenancy.example.io/object]: Forbidden: " + detail},
		},
		"case is no way around": {
			change: func(m *metav1.ObjectMeta) {
				m.Annotations = map[string]string{"Spaces.Tenancy.Example.IO/object": "{}"}
			},
			want: []string{"metadata.annotations[Spaces.Tenancy.Example.IO/object]: Forbidden: " + detail},
		},
		"keys are reported in their order": {
			change: func(m *metav1.ObjectMeta) {
				m.Labels = map[string]string{"spaces.tenancy.example.io/b": "", "spaces.tenancy.example.io/a": "", "spaces.tenancy.example.io/c": ""}
			},
			want: []string{
				"metadata.labels[spaces.tenancy.example.io/a]: Forbidden: ",
				"metadata.labels[spaces.tenancy.example.io/b]: Forbidden: ",
				"metadata.labels[spaces.tenancy.example.io/c]: Forbidden: ",
			},
		},
		"a key that the namespace shows may stay": {
			old:    metav1.ObjectMeta{Labels: platform},
			change: func(m *metav1.ObjectMeta) { m.Labels["team"] = "a" },
		},
		"a key that the namespace shows may be left out": {
			old:    metav1.ObjectMeta{Labels: platform},
			change: func(m *metav1.ObjectMeta) { m.Labels = nil },
		},
		"a key that the namespace shows cannot change": {
			old:    metav1.ObjectMeta{Labels: platform},
			change: func(m *metav1.ObjectMeta) { m.Labels["spaces.tenancy.example.io/managed"] = "false" },
			want:   []string{"metadata.labels[spaces.tenancy.example.io/managed]: Forbidden: " + detail},
		},
		"a key with an empty value is new nevertheless": {
			change: func(m *metav1.ObjectMeta) { m.Labels = map[string]string{"spaces.tenancy.example.io/managed": ""} },
			want:   []string{"metadata.labels[spaces.tenancy.example.io/managed]: Forbidden: " + detail},
		},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) { expectUpdateErrors(t, tc.old, tc.change, tc.want) })
	}
}

func TestSizes(t *testing.T) {
	// The JSON of an annotation is {"a":"..."} and of no labels null.
	const overhead = len(`{"a":""}`) + len(`null`)
	full := annotation(strings.Repeat("x", MaxLabelsAndAnnotationsBytes-overhead))
	tooFull := annotation(full["a"] + "x")
	testCases := map[string]struct {
		old    metav1.ObjectMeta
		change func(*metav1.ObjectMeta)
		want   []string
	}{
		"annotations may reach the limit": {
			change: func(m *metav1.ObjectMeta) { m.Annotations = full },
		},
		"annotations cannot pass the limit": {
			change: func(m *metav1.ObjectMeta) { m.Annotations = tooFull },
			want:   []string{"metadata.annotations: Too long: labels and annotations take 65537 bytes as JSON, and 65536 are allowed: keep large data in a ConfigMap"},
		},
		"labels count as well": {
			change: func(m *metav1.ObjectMeta) { m.Annotations, m.Labels = full, map[string]string{"b": "c"} },
			want:   []string{"metadata.annotations: Too long: labels and annotations take 65541 bytes"},
		},
		"text counts as it is escaped": {
			change: func(m *metav1.ObjectMeta) { m.Annotations = annotation(strings.Repeat("<", 11_000)) },
			want:   []string{"metadata.annotations: Too long: labels and annotations take 66012 bytes"},
		},
		"what is too long may stay": {
			old:    metav1.ObjectMeta{Annotations: tooFull},
			change: func(*metav1.ObjectMeta) {},
		},
		"what is too long may shrink": {
			old:    metav1.ObjectMeta{Annotations: annotation(tooFull["a"] + "xx")},
			change: func(m *metav1.ObjectMeta) { m.Annotations = tooFull },
		},
		"what is too long cannot grow": {
			old:    metav1.ObjectMeta{Annotations: tooFull},
			change: func(m *metav1.ObjectMeta) { m.Annotations = annotation(tooFull["a"] + "x") },
			want:   []string{"metadata.annotations: Too long: labels and annotations take 65538 bytes"},
		},
		"few managers may own much": {
			change: func(m *metav1.ObjectMeta) { m.ManagedFields = managers(2) },
		},
		"many managers cannot own much": {
			change: func(m *metav1.ObjectMeta) { m.ManagedFields = managers(8) },
			want:   []string{"metadata.managedFields: Too long: managedFields take "},
		},
		"managers may become fewer": {
			old:    metav1.ObjectMeta{ManagedFields: managers(9)},
			change: func(m *metav1.ObjectMeta) { m.ManagedFields = managers(8) },
		},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) { expectUpdateErrors(t, tc.old, tc.change, tc.want) })
	}
}

// The largest Space must fit into the annotations of its namespace, with a copy of its own annotations beside it and an
// eighth of the space left for its status and for others.
func TestLargestSpaceFitsItsNamespace(t *testing.T) {
	space := newSpace()
	space.Annotations = annotation(strings.Repeat("x", MaxLabelsAndAnnotationsBytes-20))
	space.ManagedFields = managers(7)
	space.Spec.Quota = manyResources(MaxSpecBytes - 100)
	expectErrors(t, nil, ValidateSpace(space, defaultOptions(t)))
	stored, err := json.Marshal(space)
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}

	onNamespace := maps.Clone(space.Annotations)
	onNamespace[spaces.AnnotationObject] = string(stored)
	onNamespace["example.com/others"] = strings.Repeat("x", apivalidation.TotalAnnotationSizeLimitB/8-4096)
	if err := apivalidation.ValidateAnnotationsSize(onNamespace); err != nil {
		t.Errorf("unexpected error: %v", err)
	}
}

// The rules for new objects are those for updates of an empty one.
func TestNewMetadataHasTheSameRules(t *testing.T) {
	space := newSpace()
	space.Finalizers = []string{"example.com/keep"}
	space.OwnerReferences = []metav1.OwnerReference{{}}
	space.Labels = map[string]string{"spaces.tenancy.example.io/managed": "true"}
	space.Annotations = annotation(strings.Repeat("x", MaxLabelsAndAnnotationsBytes))
	space.ManagedFields = managers(8)
	expectErrors(t, []string{
		"metadata.finalizers: Forbidden: ",
		"metadata.ownerReferences: Forbidden: ",
		"metadata.labels[spaces.tenancy.example.io/managed]: Forbidden: ",
		"metadata.annotations: Too long: ",
		"metadata.managedFields: Too long: ",
	}, ValidateSpace(space, defaultOptions(t)))
}

// expectUpdateErrors expects the errors for a change of a Space that had the labels and so on of old.
func expectUpdateErrors(t *testing.T, old metav1.ObjectMeta, change func(*metav1.ObjectMeta), want []string) {
	t.Helper()
	before := newSpace()
	before.Labels, before.Annotations = maps.Clone(old.Labels), old.Annotations
	before.Finalizers, before.OwnerReferences, before.ManagedFields = old.Finalizers, old.OwnerReferences, old.ManagedFields
	after := before.DeepCopy()
	change(&after.ObjectMeta)
	expectErrors(t, want, ValidateSpaceUpdate(after, before))
}

func annotation(value string) map[string]string {
	return map[string]string{"a": value}
}

// managers returns the managedFields of so many managers, each owning 9000 bytes of fields.
// contact returns the annotation that says whom to ask.
func contact(text string) map[string]string {
	return map[string]string{spaces.AnnotationContact: text}
}

func managers(count int) []metav1.ManagedFieldsEntry {
	fields := metav1.NewFieldsV1(`{"f:metadata":{"f:annotations":{"f:` + strings.Repeat("x", 9000) + `":{}}}}`)
	var entries []metav1.ManagedFieldsEntry
	for range count {
		entries = append(entries, metav1.ManagedFieldsEntry{
			Manager: "m", Operation: metav1.ManagedFieldsOperationApply, FieldsType: "FieldsV1", FieldsV1: fields,
		})
	}
	return entries
}
