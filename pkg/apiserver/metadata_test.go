// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/provisioning"
)

// entries are labels or annotations, as "key=value".
type entries = map[string]string

// namespaceWith returns a namespace with these labels and annotations, where the record of what is ours is this one.
func namespaceWith(labels, annotations entries, ours string) *corev1.Namespace {
	all := entries{spacesapi.AnnotationMetadata: ours}
	maps.Copy(all, annotations)
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "a", Labels: labels, Annotations: all}}
}

func TestChanges(t *testing.T) {
	const ours = `{"labels":["env"],"annotations":["cost"]}`
	recorded := func(value string) map[string]any { return map[string]any{spacesapi.AnnotationMetadata: value} }
	for name, tc := range map[string]struct {
		wanted    metadata
		namespace *corev1.Namespace
		want      map[string]any
	}{
		"none where all is as it is to be": {
			wanted:    metadata{entries{"env": "prod"}, entries{"cost": "low"}},
			namespace: namespaceWith(entries{"env": "prod", "other": "x"}, entries{"cost": "low", "other": "x"}, ours),
			want:      map[string]any{},
		},
		"of what has another value": {
			wanted:    metadata{entries{"env": "prod"}, entries{"cost": "low"}},
			namespace: namespaceWith(entries{"env": "test"}, entries{"cost": "high"}, ours),
			want:      map[string]any{"labels": map[string]any{"env": "prod"}, "annotations": map[string]any{"cost": "low"}},
		},
		"of what was removed": {
			wanted:    metadata{entries{"env": ""}, entries{"cost": "low"}},
			namespace: namespaceWith(nil, nil, ours),
			want:      map[string]any{"labels": map[string]any{"env": ""}, "annotations": map[string]any{"cost": "low"}},
		},
		"of what is new, and recorded": {
			wanted:    metadata{entries{"env": "prod", "team": "red"}, entries{"cost": "low"}},
			namespace: namespaceWith(entries{"env": "prod"}, entries{"cost": "low"}, ours),
			want:      map[string]any{"labels": map[string]any{"team": "red"}, "annotations": recorded(`{"labels":["env","team"],"annotations":["cost"]}`)},
		},
		"of what is not wanted any more": {
			wanted:    metadata{entries{}, entries{"cost": "low"}},
			namespace: namespaceWith(entries{"env": "prod", "other": "x"}, entries{"cost": "low"}, ours),
			want:      map[string]any{"labels": map[string]any{"env": nil}, "annotations": recorded(`{"annotations":["cost"]}`)},
		},
		"not of what is gone already": {
			wanted:    metadata{nil, entries{"cost": "low"}},
			namespace: namespaceWith(entries{"other": "x"}, entries{"cost": "low"}, ours),
			want:      map[string]any{"annotations": recorded(`{"annotations":["cost"]}`)},
		},
		"where nothing was recorded": {
			wanted:    metadata{entries{"env": "prod"}, nil},
			namespace: &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Labels: entries{"other": "x"}}},
			want:      map[string]any{"labels": map[string]any{"env": "prod"}, "annotations": recorded(`{"labels":["env"]}`)},
		},
		"where the record cannot be read, not even a part of it": {
			wanted:    metadata{nil, nil},
			namespace: namespaceWith(entries{"env": "prod"}, nil, `{"labels":["env"],"annotations":5}`),
			want:      map[string]any{"annotations": map[string]any{spacesapi.AnnotationMetadata: nil}},
		},
		"where nothing is taken over any more": {
			wanted:    metadata{entries{spacesapi.LabelManagedBy: "spaces"}, nil},
			namespace: namespaceWith(entries{"env": "prod", spacesapi.LabelManagedBy: "spaces"}, entries{"cost": "low"}, ours),
			want: map[string]any{
				"labels":      map[string]any{"env": nil},
				"annotations": map[string]any{"cost": nil, spacesapi.AnnotationMetadata: nil},
			},
		},
		"of the platform's labels, which need no record": {
			wanted: metadata{entries{spacesapi.LabelManagedBy: "spaces"}, nil},
			namespace: &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Labels: entries{
				spacesapi.LabelManagedBy: "mallory", spacesapi.LabelAccount: "rich", "pod-security.kubernetes.io/warn": "baseline",
			}}},
			want: map[string]any{"labels": map[string]any{spacesapi.LabelManagedBy: "spaces", spacesapi.LabelAccount: nil}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tc.wanted.changes(tc.namespace)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}

// merged returns the entries after a merge patch.
func merged(before entries, change any) entries {
	after := entries{}
	maps.Copy(after, before)
	changes, _ := change.(map[string]any)
	for key, value := range changes {
		if value == nil {
			delete(after, key)
			continue
		}
		after[key] = value.(string)
	}
	return after
}

// randomEntries returns some of few entries, so that many of them meet.
func randomEntries(random *rand.Rand, prefix string) entries {
	some := entries{}
	for n := range 6 {
		if random.IntN(2) == 0 {
			some[prefix+strconv.Itoa(n)] = strconv.Itoa(random.IntN(2))
		}
	}
	return some
}

// world is a namespace, and what others have put there.
type world struct {
	namespace                   *corev1.Namespace
	otherLabels, otherAnnotions entries
}

func (w *world) align(t *testing.T, wanted metadata) {
	t.Helper()
	changes, err := wanted.changes(w.namespace)
	if err != nil {
		t.Fatal(err)
	}
	w.namespace.Labels = merged(w.namespace.Labels, changes["labels"])
	w.namespace.Annotations = merged(w.namespace.Annotations, changes["annotations"])
}

// wantExactly checks that the namespace has what is wanted and what others have put there, and nothing else.
func (w *world) wantExactly(t *testing.T, wanted metadata) {
	t.Helper()
	recorded, err := wanted.recorded()
	if err != nil {
		t.Fatal(err)
	}
	labels, annotations := maps.Clone(w.otherLabels), maps.Clone(w.otherAnnotions)
	maps.Copy(labels, recorded.labels)
	maps.Copy(annotations, recorded.annotations)
	if diff := cmp.Diff(labels, w.namespace.Labels, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(annotations, w.namespace.Annotations, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
	if changes, err := wanted.changes(w.namespace); err != nil || len(changes) > 0 {
		t.Errorf("it is not done yet: %v (%v)", changes, err)
	}
}

// tamper has somebody change what is ours.
func (w *world) tamper(random *rand.Rand, ours entries, in entries) {
	for key := range ours {
		switch random.IntN(4) {
		case 0:
			delete(in, key)
		case 1:
			in[key] = "tampered"
		}
	}
}

// Whatever was wanted before, and whatever others have done to that, there is exactly what is wanted in the end, and what
// others have put there besides is as it was.
func TestChangesLeadToWhatIsWanted(t *testing.T) {
	for seed := range uint64(300) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			w := &world{otherLabels: randomEntries(random, "theirs-"), otherAnnotions: randomEntries(random, "theirs-")}
			w.namespace = &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
				Labels: maps.Clone(w.otherLabels), Annotations: maps.Clone(w.otherAnnotions),
			}}
			for range 4 {
				wanted := metadata{randomEntries(random, "ours-"), randomEntries(random, "ours-")}
				w.align(t, wanted)
				w.wantExactly(t, wanted)
				w.tamper(random, wanted.labels, w.namespace.Labels)
				w.tamper(random, wanted.annotations, w.namespace.Annotations)
			}
		})
	}
}

// What a new namespace has of ours can be removed from it from the beginning.
func TestNewNamespacesAreRecorded(t *testing.T) {
	f := filler{&provisioning.Provisioner{}, following(t).policies}
	labels, annotations, err := f.Metadata(&spacesapi.Space{ObjectMeta: metav1.ObjectMeta{Name: "a"}})
	if err != nil {
		t.Fatal(err)
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Labels: labels, Annotations: annotations}}
	if changes, err := (metadata{}).changes(namespace); err != nil || len(labels) == 0 || len(changes["labels"].(map[string]any)) != len(labels) {
		t.Errorf("of %v is removed %v (%v)", labels, changes, err)
	}
	if _, _, err := f.Metadata(&spacesapi.Account{}); err == nil {
		t.Error("an account is taken for a Space")
	}
}
