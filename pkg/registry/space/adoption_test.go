// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/registry/backing"
)

// A namespace that becomes a Space begins as one that is created: it is provisioned, and its time starts.
func TestStrategyAdopts(t *testing.T) {
	hour := ptr.To(spaces.Duration("1h"))
	unmanaged := []metav1.Condition{{Type: spaces.ConditionReady, Reason: reasonUnmanaged}}
	begun := spaces.SpaceStatus{Phase: spaces.SpaceProvisioning, CreatedBy: "alice", ExpiresAt: at(noon.Add(time.Hour))}
	for name, tc := range map[string]struct {
		old        spaces.SpaceStatus
		spec       spaces.SpaceSpec
		want       spaces.SpaceStatus
		generation int64
	}{
		"a namespace that is given an account": {
			old:        spaces.SpaceStatus{Phase: spaces.SpaceActive, Conditions: unmanaged},
			spec:       spaces.SpaceSpec{Account: "red", TTL: hour},
			want:       begun,
			generation: 1,
		},
		"a namespace that does not expire": {
			old:        spaces.SpaceStatus{Phase: spaces.SpaceActive, Conditions: unmanaged},
			spec:       spaces.SpaceSpec{Account: "red"},
			want:       spaces.SpaceStatus{Phase: spaces.SpaceProvisioning, CreatedBy: "alice"},
			generation: 1,
		},
		"not a Space that is given one": {
			old:        spaces.SpaceStatus{Phase: spaces.SpaceActive, CreatedBy: "bob"},
			spec:       spaces.SpaceSpec{Account: "red"},
			want:       spaces.SpaceStatus{Phase: spaces.SpaceActive, CreatedBy: "bob"},
			generation: 4,
		},
	} {
		t.Run(name, func(t *testing.T) {
			old := &spaces.Space{ObjectMeta: metav1.ObjectMeta{Name: "a", Generation: 3}, Status: tc.old}
			space := &spaces.Space{ObjectMeta: old.ObjectMeta, Spec: tc.spec, Status: spaces.SpaceStatus{CreatedBy: "mallory"}}
			testStrategy(noon).PrepareForUpdate(asAlice(t.Context()), space, old)
			if diff := cmp.Diff(tc.want, space.Status); diff != "" || space.Generation != tc.generation {
				t.Errorf("generation %d, want %d; status (-want +got):\n%s", space.Generation, tc.generation, diff)
			}
		})
	}
}

// What was stored of an adopted namespace is the Space, without the labels that it is shown with.
func TestMappingStoresWhatIsAdopted(t *testing.T) {
	mapping := testMapping()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "a", Labels: map[string]string{"env": "prod"}}}
	adopted := mapping.Decode(namespace).(*spaces.Space).DeepCopy()
	adopted.Spec.Account, adopted.Labels["team"] = "red", "red"
	value, err := mapping.Encode(adopted, namespace)
	if err != nil {
		t.Fatal(err)
	}
	namespace.Annotations = map[string]string{spaces.AnnotationObject: value}
	own := mapping.Own(namespace)
	if diff := cmp.Diff(map[string]string{"team": "red"}, own.Labels); diff != "" || own.Spec.Account != "red" {
		t.Errorf("account %q; its own labels (-want +got):\n%s", own.Spec.Account, diff)
	}
}

func TestMappingOwn(t *testing.T) {
	mapping := testMapping()
	space := &spaces.Space{ObjectMeta: metav1.ObjectMeta{Name: "a", Generation: 2, Labels: map[string]string{"env": "test"}, Annotations: map[string]string{"cost": "low"}}}
	space.Spec.Account, space.Status.Phase = "red", spaces.SpaceActive
	space.Status.Conditions = []metav1.Condition{{Type: spaces.ConditionReady, Status: metav1.ConditionFalse}}
	namespace := namespaceOf(t, mapping, space, map[string]string{"env": "prod", "team": "red"})
	namespace.ResourceVersion, namespace.DeletionTimestamp = "7", at(noon)
	want := space.DeepCopy()
	want.ObjectMeta = backing.Shown(namespace, "a", space.ObjectMeta)
	if diff := cmp.Diff(want, mapping.Own(namespace)); diff != "" {
		t.Errorf("its own Space (-want +got):\n%s", diff)
	}
	if shown := mapping.Decode(namespace).(*spaces.Space).Labels; shown["team"] != "red" {
		t.Errorf("it is shown with the labels %v, want those of the namespace as well", shown)
	}
}

func TestMappingOwnIsNothingWhere(t *testing.T) {
	for name, annotations := range map[string]map[string]string{
		"there is no Space":           {"other": "{}"},
		"it cannot be read":           {spaces.AnnotationObject: "{"},
		"it is another kind of ours":  {spaces.AnnotationObject: `{"kind":"Account","apiVersion":"spaces.tenancy.example.io/v1alpha1"}`},
		"it is a kind of the cluster": {spaces.AnnotationObject: `{"kind":"Namespace","apiVersion":"v1"}`},
	} {
		t.Run(name, func(t *testing.T) {
			namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "a", Annotations: annotations}}
			if own := testMapping().Own(namespace); own != nil {
				t.Errorf("it is %+v", own)
			}
		})
	}
}
