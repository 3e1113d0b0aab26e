// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package clusterquota

import (
	"cmp"
	"math/rand" //nolint:depguard // the fuzzer takes no other
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/randfill"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	spacesfuzzer "tenancy.example.io/spaces/pkg/apis/spaces/fuzzer"
	"tenancy.example.io/spaces/pkg/apis/spaces/install"
	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/pkg/registry/backing"
)

var noon = metav1.NewTime(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC))

func testScheme() (*runtime.Scheme, serializer.CodecFactory) {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	return scheme, serializer.NewCodecFactory(scheme)
}

func testMapping() Mapping {
	_, codecs := testScheme()
	return NewMapping(codecs.LegacyCodec(v1alpha1.SchemeGroupVersion))
}

// theQuota returns the ClusterQuota with this default.
func theQuota(ttl spaces.Duration) *spaces.ClusterQuota {
	return &spaces.ClusterQuota{
		ObjectMeta: metav1.ObjectMeta{Name: spaces.ClusterQuotaName, ResourceVersion: "7"},
		Spec:       spaces.ClusterQuotaSpec{Space: spaces.SpacePolicy{DefaultTTL: &ttl}},
	}
}

// system returns the system namespace without an object in it.
func system() *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name:              spaces.SystemNamespace,
		UID:               "system",
		ResourceVersion:   "7",
		CreationTimestamp: noon,
		Labels:            map[string]string{"env": "prod"},
		Annotations:       map[string]string{"secret": "of the cluster"},
	}}
}

// keeping returns the system namespace with the ClusterQuota in it.
func keeping(t *testing.T, quota *spaces.ClusterQuota) *corev1.Namespace {
	t.Helper()
	value, err := testMapping().Encode(quota, system())
	if err != nil {
		t.Fatal(err)
	}
	namespace := system()
	namespace.Annotations[spaces.AnnotationObject] = value
	return namespace
}

// complete fills subjects, which have their group when they have come through the API.
func complete(serializer.CodecFactory) []any {
	return []any{func(s *rbacv1.Subject, c randfill.Continue) {
		c.FillNoCustom(s)
		s.APIGroup = rbacv1.GroupName
	}}
}

func TestMappingRoundTrip(t *testing.T) {
	_, codecs := testScheme()
	random := fuzzer.FuzzerFor(fuzzer.MergeFuzzerFuncs(metafuzzer.Funcs, spacesfuzzer.Funcs, complete), rand.NewSource(1), codecs)
	for range 200 {
		quota := &spaces.ClusterQuota{}
		random.Fill(quota)
		want := quota.DeepCopy()
		namespace := keeping(t, quota)
		want.TypeMeta, want.ObjectMeta = metav1.TypeMeta{}, backing.Shown(namespace, spaces.ClusterQuotaName, quota.ObjectMeta)
		if diff := gocmp.Diff(want, testMapping().Decode(namespace), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("ClusterQuota (-stored +shown):\n%s", diff)
		}
	}
}

// The ClusterQuota is there before anybody has said anything.
func TestMappingShowsTheSystemNamespace(t *testing.T) {
	got := testMapping().Decode(system()).(*spaces.ClusterQuota)
	want := &spaces.ClusterQuota{ObjectMeta: metav1.ObjectMeta{Name: "cluster", UID: got.UID, ResourceVersion: "7", CreationTimestamp: noon}}
	if diff := gocmp.Diff(want, got); diff != "" || got.UID == "system" {
		t.Errorf("UID %s; shown (-want +got):\n%s", got.UID, diff)
	}
	for name, want := range map[string]bool{"spaces-system": true, "spaces-system-2": false, "cluster": false, "account-a": false, "a": false} {
		if got := testMapping().Shows(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); got != want {
			t.Errorf("shows %q: %v, want %v", name, got, want)
		}
	}
}

func TestMappingShowsWhatItCannotRead(t *testing.T) {
	for name, value := range map[string]string{
		"garbage":              "{",
		"nothing":              "",
		"another kind of ours": `{"kind":"Space","apiVersion":"spaces.tenancy.example.io/v1alpha1"}`,
		"another kind":         `{"kind":"Pod","apiVersion":"v1"}`,
	} {
		t.Run(name, func(t *testing.T) {
			namespace := system()
			namespace.Annotations[spaces.AnnotationObject] = value
			got := testMapping().Decode(namespace).(*spaces.ClusterQuota)
			if got.Name != "cluster" || !backing.HasReason(got.Status.Conditions, backing.ReasonUndecodable) {
				t.Errorf("shown as %+v", got)
			}
		})
	}
}

// Lists and their continue tokens go by the order of keys in one place, and by that of names in another.
func TestMappingKeysSortAsNames(t *testing.T) {
	mapping := testMapping()
	keys := []string{"", "-", ".", "0", "a", "clus", "cluster", "cluster\x00", "cluster-2", "clusterz", "clustes", "d", "spaces-system", "z", "~"}
	for _, one := range keys {
		key, name := Kind.KeyPrefix()+one, mapping.Name(Kind.KeyPrefix()+one)
		if got := mapping.Key(name); got != key {
			t.Errorf("the name of %q is %q, and the key of that %q", key, name, got)
		}
		if got := name == spaces.SystemNamespace; got != (one == spaces.ClusterQuotaName) {
			t.Errorf("the name of %q is %q", key, name)
		}
		for _, other := range keys {
			other = Kind.KeyPrefix() + other
			if cmp.Compare(key, other) != cmp.Compare(name, mapping.Name(other)) {
				t.Errorf("%q and %q do not sort as their names", key, other)
			}
		}
	}
	if got := mapping.Key(""); got != "/spaces.tenancy.example.io/clusterquotas/" || mapping.Annotation() != spaces.AnnotationObject {
		t.Errorf("all keys begin with %q, and objects are in the annotation %q", got, mapping.Annotation())
	}
}

func TestAttributes(t *testing.T) {
	quota := theQuota("1h")
	quota.Labels = labels.Set{"team": "red"}
	gotLabels, gotFields, err := attributes(quota)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(labels.Set{"team": "red"}, gotLabels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if diff := gocmp.Diff(fields.Set{"metadata.name": "cluster"}, gotFields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestWhatIsNoClusterQuotaIsRefused(t *testing.T) {
	const want = "want a ClusterQuota, have a *spaces.Space"
	_, _, selecting := attributes(&spaces.Space{})
	_, encoding := testMapping().Encode(&spaces.Space{}, system())
	_, printing := newTable().ConvertToTable(t.Context(), &spaces.Space{}, nil)
	for name, err := range map[string]error{"select": selecting, "encode": encoding, "print": printing} {
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}
