// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"cmp"
	"maps"
	"math/rand" //nolint:depguard // the fuzzer takes no other
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	"k8s.io/apimachinery/pkg/api/meta"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	spacesfuzzer "tenancy.example.io/spaces/pkg/apis/spaces/fuzzer"
	"tenancy.example.io/spaces/pkg/apis/spaces/install"
	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/pkg/provisioning"
	"tenancy.example.io/spaces/pkg/registry/backing"
)

var equateEmpty = cmpopts.EquateEmpty()

func testScheme() (*runtime.Scheme, serializer.CodecFactory) {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	return scheme, serializer.NewCodecFactory(scheme)
}

func testMapping() Mapping {
	_, codecs := testScheme()
	return NewMapping(codecs.LegacyCodec(v1alpha1.SchemeGroupVersion))
}

func namespaceOf(t *testing.T, mapping Mapping, space *spaces.Space, labels map[string]string) *corev1.Namespace {
	t.Helper()
	value, err := mapping.Encode(space, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name:        space.Name,
		UID:         "backing",
		Labels:      labels,
		Annotations: map[string]string{spaces.AnnotationObject: value, "secret": "of the cluster"},
	}}
}

// anySpaces returns so many Spaces, with anything in them, and the same ones each time. Active ones have a condition Ready, as all
// have.
func anySpaces(count int) []*spaces.Space {
	_, codecs := testScheme()
	random := fuzzer.FuzzerFor(fuzzer.MergeFuzzerFuncs(metafuzzer.Funcs, spacesfuzzer.Funcs), rand.NewSource(1), codecs)
	all := make([]*spaces.Space, count)
	for i := range all {
		all[i] = &spaces.Space{}
		random.Fill(all[i])
		if all[i].Status.Phase == spaces.SpaceActive {
			ready := metav1.Condition{Type: spaces.ConditionReady, Status: metav1.ConditionFalse, LastTransitionTime: *at(noon)}
			all[i].Status.Conditions = slices.Insert(all[i].Status.Conditions, 0, ready)
		}
	}
	return all
}

func TestMappingRoundTrip(t *testing.T) {
	mapping := testMapping()
	for _, space := range anySpaces(200) {
		shown := mapping.Decode(namespaceOf(t, mapping, space, nil)).(*spaces.Space)
		if diff := gocmp.Diff(space.Spec, shown.Spec, equateEmpty); diff != "" {
			t.Errorf("spec (-stored +shown):\n%s", diff)
		}
		if diff := gocmp.Diff(space.Status, shown.Status, equateEmpty); diff != "" {
			t.Errorf("status (-stored +shown):\n%s", diff)
		}
		for field, pair := range map[string][2]any{
			"labels":        {space.Labels, shown.Labels},
			"annotations":   {space.Annotations, shown.Annotations},
			"generation":    {space.Generation, shown.Generation},
			"managedFields": {space.ManagedFields, shown.ManagedFields},
		} {
			if diff := gocmp.Diff(pair[0], pair[1], equateEmpty); diff != "" {
				t.Errorf("%s (-stored +shown):\n%s", field, diff)
			}
		}
		if len(shown.Finalizers) > 0 || len(shown.OwnerReferences) > 0 {
			t.Errorf("shown with finalizers %v and owners %v", shown.Finalizers, shown.OwnerReferences)
		}
	}
}

// What nearly all say of themselves is not written, and shown as if it were.
func TestMappingDoesNotWriteThatAllIsWell(t *testing.T) {
	mapping := testMapping()
	other := metav1.Condition{Type: spaces.ConditionExpired, Status: metav1.ConditionTrue, LastTransitionTime: *at(noon)}
	for name, tc := range map[string]struct {
		change  func(ready *metav1.Condition)
		others  []metav1.Condition
		phase   spaces.SpacePhase
		written bool
	}{
		"ready when it was created":     {},
		"in the same second":            {change: func(ready *metav1.Condition) { ready.LastTransitionTime = *at(noon.Add(999 * time.Millisecond)) }},
		"and more is to be said":        {others: []metav1.Condition{other}},
		"ready later":                   {change: func(ready *metav1.Condition) { ready.LastTransitionTime = *at(noon.Add(time.Second)) }, written: true},
		"not ready":                     {change: func(ready *metav1.Condition) { ready.Status = metav1.ConditionFalse }, written: true},
		"for another reason":            {change: func(ready *metav1.Condition) { ready.Reason = "Other" }, written: true},
		"in other words":                {change: func(ready *metav1.Condition) { ready.Message = "All is well." }, written: true},
		"of what it was asked before":   {change: func(ready *metav1.Condition) { ready.ObservedGeneration = 2 }, written: true},
		"something else that is true":   {change: func(ready *metav1.Condition) { ready.Type = "Other" }, others: []metav1.Condition{{Type: spaces.ConditionReady}}, written: true},
		"not active, which need not be": {phase: spaces.SpaceProvisioning, written: true},
	} {
		t.Run(name, func(t *testing.T) {
			namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "a", CreationTimestamp: *at(noon), Annotations: map[string]string{}}}
			space := &spaces.Space{ObjectMeta: metav1.ObjectMeta{Name: "a", Generation: 3}}
			space.Status.Phase = cmp.Or(tc.phase, spaces.SpaceActive)
			ready := provisioning.Ready(space, noon)
			if tc.change != nil {
				tc.change(&ready)
			}
			space.Status.Conditions = append([]metav1.Condition{ready}, tc.others...)
			value, err := mapping.Encode(space, namespace)
			if err != nil {
				t.Fatal(err)
			}
			if written := strings.Contains(value, ready.Reason); written != tc.written {
				t.Errorf("that it is written is %v: %s", written, value)
			}
			namespace.Annotations[spaces.AnnotationObject] = value
			for i := range space.Status.Conditions {
				since := &space.Status.Conditions[i].LastTransitionTime
				since.Time = since.Truncate(time.Second)
			}
			for _, shown := range []*spaces.Space{mapping.Decode(namespace).(*spaces.Space), mapping.Own(namespace)} {
				if diff := gocmp.Diff(space.Status, shown.Status); diff != "" {
					t.Errorf("status (-stored +shown):\n%s", diff)
				}
			}
		})
	}
}

// There are very many Spaces, and most say the same of themselves.
func TestMappingSharesTexts(t *testing.T) {
	mapping := testMapping()
	space := &spaces.Space{Status: spaces.SpaceStatus{Conditions: []metav1.Condition{{Message: "All is well."}}}}
	var said [2]string
	for i := range said {
		said[i] = mapping.Decode(namespaceOf(t, mapping, space, nil)).(*spaces.Space).Status.Conditions[0].Message
	}
	if said[0] != "All is well." || unsafe.StringData(said[0]) != unsafe.StringData(said[1]) {
		t.Errorf("two Spaces say %q and %q, and do not share it", said[0], said[1])
	}
}

func TestMappingRedecodes(t *testing.T) {
	mapping := testMapping()
	for _, space := range anySpaces(200) {
		active := namespaceOf(t, mapping, space, map[string]string{"env": "prod"})
		ending := active.DeepCopy()
		ending.ResourceVersion, ending.DeletionTimestamp = "8", at(noon)
		ending.Status = corev1.NamespaceStatus{Phase: corev1.NamespaceTerminating, Conditions: []corev1.NamespaceCondition{{
			Type: corev1.NamespaceContentRemaining, Status: corev1.ConditionTrue, Message: "some are left", LastTransitionTime: *at(noon),
		}}}
		unreadable := active.DeepCopy()
		unreadable.Annotations[spaces.AnnotationObject] = "{"
		for _, before := range []*corev1.Namespace{active, unreadable} {
			after := ending.DeepCopy()
			after.Annotations = before.Annotations
			shown := mapping.Decode(before)
			if diff := gocmp.Diff(mapping.Decode(after), mapping.Redecode(shown, after)); diff != "" {
				t.Errorf("-decoded +redecoded:\n%s", diff)
			}
			if diff := gocmp.Diff(mapping.Decode(before), shown); diff != "" {
				t.Errorf("-as it was +what redecoding has made of it:\n%s", diff)
			}
		}
	}
}

func TestMappingShowsTheNamespace(t *testing.T) {
	now := metav1.Now()
	namespace := &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{
			Name: "a", UID: "backing", ResourceVersion: "7", CreationTimestamp: now, DeletionTimestamp: &now,
			Labels:          map[string]string{"env": "prod"},
			Annotations:     map[string]string{"secret": "of the cluster"},
			OwnerReferences: []metav1.OwnerReference{{Name: "owner"}},
			Finalizers:      []string{"example.com/x"},
		},
	}
	got := testMapping().Decode(namespace).(*spaces.Space)
	want := metav1.ObjectMeta{
		Name: "a", UID: "a41ddfac-3760-559c-9e43-37db0a427e18", ResourceVersion: "7", CreationTimestamp: now, DeletionTimestamp: &now,
		Labels: map[string]string{"env": "prod"},
	}
	if diff := gocmp.Diff(want, got.ObjectMeta); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
	if got.UID == namespace.UID || got.Status.Phase != spaces.SpaceTerminating || !hasReason(got, reasonUnmanaged) {
		t.Errorf("UID %s, status %+v", got.UID, got.Status)
	}
}

func TestMappingShowsThatASpaceIsBeingDeleted(t *testing.T) {
	mapping := testMapping()
	space := &spaces.Space{ObjectMeta: metav1.ObjectMeta{Name: "a", Generation: 3}}
	space.Status.Conditions = []metav1.Condition{{Type: spaces.ConditionReady, Status: metav1.ConditionTrue, Reason: "Provisioned"}}
	namespace := namespaceOf(t, mapping, space, nil)
	namespace.DeletionTimestamp = at(noon)
	got := mapping.Decode(namespace).(*spaces.Space)
	ready := meta.FindStatusCondition(got.Status.Conditions, spaces.ConditionReady)
	want := metav1.Condition{
		Type: spaces.ConditionReady, Status: metav1.ConditionFalse, Reason: backing.ReasonTerminating, Message: ready.Message,
		ObservedGeneration: 3, LastTransitionTime: *at(noon),
	}
	if diff := gocmp.Diff(want, *ready); diff != "" || got.Status.Phase != spaces.SpaceTerminating {
		t.Errorf("phase %s; Ready (-want +got):\n%s", got.Status.Phase, diff)
	}
}

func TestMappingShowsWhatItCannotRead(t *testing.T) {
	for name, value := range map[string]string{
		"garbage":         "{",
		"nothing":         "",
		"another kind":    `{"kind":"Pod","apiVersion":"v1"}`,
		"another version": `{"kind":"Space","apiVersion":"spaces.tenancy.example.io/v9"}`,
		"a wrong type":    `{"kind":"Space","apiVersion":"spaces.tenancy.example.io/v1alpha1","spec":{"ttl":5}}`,
	} {
		t.Run(name, func(t *testing.T) {
			namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "a", Annotations: map[string]string{spaces.AnnotationObject: value}}}
			space := testMapping().Decode(namespace).(*spaces.Space)
			ready := meta.FindStatusCondition(space.Status.Conditions, spaces.ConditionReady)
			if space.Name != "a" || ready == nil || ready.Status != metav1.ConditionFalse || ready.Reason != backing.ReasonUndecodable {
				t.Errorf("shown as %+v", space)
			}
		})
	}
}

func TestMappingKeepsOwnLabelsApart(t *testing.T) {
	mapping := testMapping()
	const level = "pod-security.kubernetes.io/enforce"
	shownBy := map[string]string{"kubernetes.io/metadata.name": "a", "env": "prod", level: "baseline"}
	own := map[string]string{"team": "red", "env": "test", level: "privileged"}
	namespace := namespaceOf(t, mapping, &spaces.Space{ObjectMeta: metav1.ObjectMeta{Name: "a", Labels: own}}, shownBy)
	shown := mapping.Decode(namespace).(*spaces.Space)
	want := map[string]string{"kubernetes.io/metadata.name": "a", "env": "test", "team": "red", level: "baseline"}
	if diff := gocmp.Diff(want, shown.Labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	unchanged, err := mapping.Encode(shown, namespace)
	if err != nil || unchanged != namespace.Annotations[spaces.AnnotationObject] {
		t.Errorf("stored unchanged, it is %s (%v), want %s", unchanged, err, namespace.Annotations[spaces.AnnotationObject])
	}
	// Without a label of its own the Space shows that of the namespace again.
	delete(shown.Labels, "env")
	value, err := mapping.Encode(shown, namespace)
	if err != nil {
		t.Fatal(err)
	}
	namespace.Annotations[spaces.AnnotationObject] = value
	if got := mapping.Decode(namespace).(*spaces.Space).Labels["env"]; got != "prod" {
		t.Errorf("env is %q, want the namespace's", got)
	}
}

func TestOverlay(t *testing.T) {
	const level = "pod-security.kubernetes.io/enforce"
	for name, tc := range map[string]struct{ below, above, want map[string]string }{
		"nothing":                              {},
		"the labels of the namespace":          {below: map[string]string{"a": "b"}, want: map[string]string{"a": "b"}},
		"the labels of the Space":              {above: map[string]string{"a": "b"}, want: map[string]string{"a": "b"}},
		"both":                                 {below: map[string]string{"a": "b"}, above: map[string]string{"c": "d"}, want: map[string]string{"a": "b", "c": "d"}},
		"the Space's above the namespace's":    {below: map[string]string{"a": "b"}, above: map[string]string{"a": "c"}, want: map[string]string{"a": "c"}},
		"but not the level that is enforced":   {below: map[string]string{level: "baseline"}, above: map[string]string{level: "privileged"}, want: map[string]string{level: "baseline"}},
		"nor whom it is charged to":            {below: map[string]string{spaces.LabelAccount: "a"}, above: map[string]string{spaces.LabelAccount: "b"}, want: map[string]string{spaces.LabelAccount: "a"}},
		"who manages the Space":                {below: map[string]string{spaces.LabelManagedBy: "spaces"}, above: map[string]string{spaces.LabelManagedBy: "Helm"}, want: map[string]string{spaces.LabelManagedBy: "Helm"}},
		"nor the name":                         {below: map[string]string{corev1.LabelMetadataName: "a"}, above: map[string]string{corev1.LabelMetadataName: "kube-system"}, want: map[string]string{corev1.LabelMetadataName: "a"}},
		"which may stand where none is behind": {below: map[string]string{"a": "b"}, above: map[string]string{level: "privileged"}, want: map[string]string{"a": "b", level: "privileged"}},
	} {
		t.Run(name, func(t *testing.T) {
			below, above := maps.Clone(tc.below), maps.Clone(tc.above)
			if diff := gocmp.Diff(tc.want, overlay(tc.below, tc.above)); diff != "" {
				t.Errorf("labels (-want +got):\n%s", diff)
			}
			if !maps.Equal(below, tc.below) || !maps.Equal(above, tc.above) {
				t.Errorf("what it was given is now %v and %v", tc.below, tc.above)
			}
		})
	}
}

func TestMappingHidesWhatIsThePlatforms(t *testing.T) {
	for name, want := range map[string]bool{"a": true, "kube-system": true, "spaces-system": false, "account-a": false, "accounts": true} {
		if got := testMapping().Shows(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); got != want {
			t.Errorf("shows %q: %v, want %v", name, got, want)
		}
	}
}

func TestMappingKeys(t *testing.T) {
	mapping := testMapping()
	if key := mapping.Key("a"); mapping.Name(key) != "a" || key != "/spaces.tenancy.example.io/spaces/a" {
		t.Errorf("the key of a is %q, and the name of that %q", key, mapping.Name(key))
	}
	if prefix := mapping.Name("/spaces.tenancy.example.io/spaces/"); prefix != "" {
		t.Errorf("the prefix of all names is %q", prefix)
	}
}
