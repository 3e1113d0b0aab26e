// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package backing

import (
	"errors"
	"math/rand" //nolint:depguard // the fuzzer takes no other
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/randfill"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	spacesfuzzer "tenancy.example.io/spaces/pkg/apis/spaces/fuzzer"
	"tenancy.example.io/spaces/pkg/apis/spaces/install"
	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

var noon = metav1.NewTime(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC))

func testScheme() (*runtime.Scheme, serializer.CodecFactory) {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	return scheme, serializer.NewCodecFactory(scheme)
}

func testCodec() Codec {
	_, codecs := testScheme()
	return Codec{codecs.LegacyCodec(v1alpha1.SchemeGroupVersion)}
}

func random(seed int64) *randfill.Filler {
	_, codecs := testScheme()
	return fuzzer.FuzzerFor(fuzzer.MergeFuzzerFuncs(metafuzzer.Funcs, spacesfuzzer.Funcs, complete), rand.NewSource(seed), codecs)
}

// complete fills subjects, which have their group when they have come through the API.
func complete(serializer.CodecFactory) []any {
	return []any{func(s *rbacv1.Subject, c randfill.Continue) {
		c.FillNoCustom(s)
		s.APIGroup = rbacv1.GroupName
	}}
}

// holding returns a namespace with this value of the annotation.
func holding(value string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: "a", CreationTimestamp: noon, Annotations: map[string]string{spaces.AnnotationObject: value, "secret": "of the cluster"},
	}}
}

func TestCodecRoundTrip(t *testing.T) {
	codec := testCodec()
	for seed := range int64(100) {
		account := &spaces.Account{}
		random(seed).Fill(account)
		account.ObjectMeta = Kept(account.ObjectMeta)
		value, err := codec.Encode(account)
		if err != nil {
			t.Fatal(err)
		}
		if strings.TrimSpace(value) != value {
			t.Errorf("there are blanks around %q", value)
		}
		got, err := codec.Decode(holding(value))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(runtime.Object(account), got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("seed %d (-stored +read):\n%s", seed, diff)
		}
	}
}

func TestCodecReads(t *testing.T) {
	const version = `"apiVersion":"spaces.tenancy.example.io/v1alpha1"`
	for name, tc := range map[string]struct {
		namespace *corev1.Namespace
		want      runtime.Object
		fails     bool
	}{
		"nothing where there is no annotation": {namespace: &corev1.Namespace{}},
		"an object of ours":                    {namespace: holding(`{"kind":"Space",` + version + `}`), want: &spaces.Space{}},
		"an object of ours of another kind":    {namespace: holding(`{"kind":"Account",` + version + `}`), want: &spaces.Account{}},
		"no empty annotation":                  {namespace: holding(""), fails: true},
		"no garbage":                           {namespace: holding("{"), fails: true},
		"no object without a kind":             {namespace: holding("{}"), fails: true},
		"no object of another group":           {namespace: holding(`{"kind":"Pod","apiVersion":"v1"}`), fails: true},
		"no object of a later version":         {namespace: holding(`{"kind":"Space","apiVersion":"spaces.tenancy.example.io/v9"}`), fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := testCodec().Decode(tc.namespace)
			if (err != nil) != tc.fails {
				t.Fatalf("error: %v, want one: %v", err, tc.fails)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("read (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCodecCannotEncodeWhatIsNotOurs(t *testing.T) {
	value, err := testCodec().Encode(&corev1.Pod{})
	if err == nil || !strings.HasPrefix(err.Error(), "encode a *v1.Pod: ") {
		t.Errorf("encoded %q: %v", value, err)
	}
}

// Whatever an object had once, it is shown with the identity of its namespace, and what is its own.
func TestShownIsOfTheNamespaceAndKept(t *testing.T) {
	for seed := range int64(100) {
		var was metav1.ObjectMeta
		namespace := &corev1.Namespace{}
		filler := random(seed)
		filler.Fill(&was)
		filler.Fill(&namespace.ObjectMeta)
		want := metav1.ObjectMeta{
			Name:                       "name",
			UID:                        uidOf(namespace.UID),
			ResourceVersion:            namespace.ResourceVersion,
			CreationTimestamp:          namespace.CreationTimestamp,
			DeletionTimestamp:          namespace.DeletionTimestamp,
			DeletionGracePeriodSeconds: namespace.DeletionGracePeriodSeconds,
			Generation:                 was.Generation,
			Labels:                     was.Labels,
			Annotations:                was.Annotations,
			ManagedFields:              was.ManagedFields,
		}
		if diff := cmp.Diff(want, Shown(namespace, "name", was)); diff != "" {
			t.Errorf("shown (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(Shown(namespace, "name", was), Shown(namespace, "name", Kept(was))); diff != "" {
			t.Errorf("what is not kept is shown (-all +kept):\n%s", diff)
		}
	}
}

// The UIDs of objects are those that they had yesterday, and nobody else has.
func TestUIDs(t *testing.T) {
	const backing = "8d3c1f6e-2b57-4f0e-9a51-0c7d6a1f4b22"
	if got := uidOf(backing); got != "32abe1d0-50c3-5b27-bb7d-f54f04e3a711" || got == uidOf("other") {
		t.Errorf("the UID behind %s is %s", backing, got)
	}
}

func TestUndecodable(t *testing.T) {
	got := Undecodable(holding("{"), "a Space", errors.New("it ends too soon"), "Mend it.")
	want := metav1.Condition{
		Type: spaces.ConditionReady, Status: metav1.ConditionFalse, Reason: ReasonUndecodable, LastTransitionTime: noon,
		Message: "The annotation spaces.tenancy.example.io/object of the namespace does not hold a Space: it ends too soon. Mend it.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("condition (-want +got):\n%s", diff)
	}
}

func TestHasReason(t *testing.T) {
	for name, tc := range map[string]struct {
		conditions []metav1.Condition
		want       bool
	}{
		"without conditions":       {},
		"with the reason":          {conditions: []metav1.Condition{{Type: "Other"}, {Type: spaces.ConditionReady, Reason: "Why"}}, want: true},
		"with another reason":      {conditions: []metav1.Condition{{Type: spaces.ConditionReady, Reason: "Because"}}},
		"with the reason of other": {conditions: []metav1.Condition{{Type: "Other", Reason: "Why"}}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := HasReason(tc.conditions, "Why"); got != tc.want {
				t.Errorf("has it: %v, want %v", got, tc.want)
			}
		})
	}
}
