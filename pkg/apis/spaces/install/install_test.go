// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/apitesting/roundtrip"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/apis/spaces/fuzzer"
	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

func TestRoundTripTypes(t *testing.T) {
	roundtrip.RoundTripTestForAPIGroup(t, Install, fuzzer.Funcs)
}

func TestInstallPrefersV1alpha1(t *testing.T) {
	want := []schema.GroupVersion{v1alpha1.SchemeGroupVersion}
	if diff := cmp.Diff(want, newScheme().PrioritizedVersionsForGroup(spaces.GroupName)); diff != "" {
		t.Errorf("unexpected versions (-want +got):\n%s", diff)
	}
}

func TestDurationsKeepTheirText(t *testing.T) {
	codecs := serializer.NewCodecFactory(newScheme())
	codec := codecs.LegacyCodec(v1alpha1.SchemeGroupVersion)
	for _, text := range []string{"2h", "2h0m0s", "120m", "0", "0s", "+1.5h"} {
		t.Run(text, func(t *testing.T) {
			in := fmt.Sprintf(`{"kind":"Space","apiVersion":"spaces.tenancy.example.io/v1alpha1","metadata":{},"spec":{"ttl":%q},"status":{}}`, text)
			space, err := runtime.Decode(codec, []byte(in))
			if err != nil {
				t.Fatalf("unexpected error decoding: %v", err)
			}
			out, err := runtime.Encode(codec, space)
			if err != nil {
				t.Fatalf("unexpected error encoding: %v", err)
			}
			if diff := cmp.Diff(in+"\n", string(out)); diff != "" {
				t.Errorf("unexpected encoding (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFieldLabels(t *testing.T) {
	testCases := map[string]struct {
		label   string
		wantErr string
	}{
		"the name is known":  {label: "metadata.name"},
		"the phase is known": {label: "status.phase"},
		"the namespace is not known, as there is none": {
			label:   "metadata.namespace",
			wantErr: `"metadata.namespace" is not a known field selector: only metadata.name and status.phase are`,
		},
		"the ttl is not known": {
			label:   "spec.ttl",
			wantErr: `"spec.ttl" is not a known field selector: only metadata.name and status.phase are`,
		},
	}
	scheme := newScheme()
	gvk := v1alpha1.SchemeGroupVersion.WithKind("Space")
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			label, value, err := scheme.ConvertFieldLabel(gvk, tc.label, "x")
			if diff := cmp.Diff(tc.wantErr, errorText(err)); diff != "" {
				t.Fatalf("unexpected error (-want +got):\n%s", diff)
			}
			if tc.wantErr == "" && (label != tc.label || value != "x") {
				t.Errorf("want %s=x, got %s=%s", tc.label, label, value)
			}
		})
	}
}

func TestDefaultsChangeNothing(t *testing.T) {
	space := &v1alpha1.Space{}
	newScheme().Default(space)
	if diff := cmp.Diff(&v1alpha1.Space{}, space); diff != "" {
		t.Errorf("unexpected defaults (-want +got):\n%s", diff)
	}
}

func TestGeneratedValidation(t *testing.T) {
	longTTL := v1alpha1.Duration("0000000000000000000000000000000000000000000000000000000000000002h")
	ready := metav1.Condition{Type: v1alpha1.ConditionReady}
	testCases := map[string]struct {
		space        *v1alpha1.Space
		subresources []string
		wantFields   []string
	}{
		"an empty Space is valid": {
			space: &v1alpha1.Space{},
		},
		"the text of a ttl is limited": {
			space:      &v1alpha1.Space{Spec: v1alpha1.SpaceSpec{TTL: &longTTL}},
			wantFields: []string{"spec.ttl"},
		},
		"conditions are unique by type": {
			space:      &v1alpha1.Space{Status: v1alpha1.SpaceStatus{Conditions: []metav1.Condition{ready, ready}}},
			wantFields: []string{"status.conditions[1]"},
		},
		"the status is validated where it is written alone": {
			space:        &v1alpha1.Space{Status: v1alpha1.SpaceStatus{Conditions: []metav1.Condition{ready, ready}}},
			subresources: []string{"status"},
			wantFields:   []string{"status.conditions[1]"},
		},
	}
	scheme := newScheme()
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			var fields []string
			for _, err := range scheme.Validate(t.Context(), nil, tc.space, tc.subresources...) {
				fields = append(fields, err.Field)
			}
			if diff := cmp.Diff(tc.wantFields, fields); diff != "" {
				t.Errorf("unexpected fields with errors (-want +got):\n%s", diff)
			}
		})
	}
}

func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	Install(scheme)
	return scheme
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
