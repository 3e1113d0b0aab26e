// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

func TestMetadata(t *testing.T) {
	labelsOf := func(more ...string) map[string]string {
		labels := map[string]string{
			"app.kubernetes.io/managed-by":               "spaces",
			"pod-security.kubernetes.io/enforce":         "baseline",
			"pod-security.kubernetes.io/enforce-version": "latest",
		}
		for i := 0; i < len(more); i += 2 {
			labels[more[i]] = more[i+1]
		}
		return labels
	}
	for name, tc := range map[string]struct {
		space           spaces.Space
		policy          spaces.SpacePolicy
		wantLabels      map[string]string
		wantAnnotations map[string]string
	}{
		"without an account": {wantLabels: labelsOf()},
		"with an account": {
			space:      spaces.Space{Spec: spaces.SpaceSpec{Account: "team-a"}},
			wantLabels: labelsOf("spaces.tenancy.example.io/account", "team-a"),
		},
		"another level": {
			policy:     spaces.SpacePolicy{PodSecurity: spaces.PodSecurityRestricted},
			wantLabels: labelsOf("pod-security.kubernetes.io/enforce", "restricted"),
		},
		"nothing is taken over unless allowed": {
			space:      spaces.Space{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"env": "dev"}, Annotations: map[string]string{"note": "x"}}},
			wantLabels: labelsOf(),
		},
		"what is allowed is taken over": {
			space: spaces.Space{ObjectMeta: metav1.ObjectMeta{
				Labels:      map[string]string{"env": "dev", "environment": "dev", "istio.io/rev": "1", "note": "x"},
				Annotations: map[string]string{"note": "x", "env": "dev"},
			}},
			policy:          spaces.SpacePolicy{Propagate: &spaces.Propagate{Labels: []string{"env", "istio.io/*"}, Annotations: []string{"note"}}},
			wantLabels:      labelsOf("env", "dev", "istio.io/rev", "1"),
			wantAnnotations: map[string]string{"note": "x"},
		},
		"what is the platform's is not": {
			space: spaces.Space{ObjectMeta: metav1.ObjectMeta{
				Labels: map[string]string{
					"app.kubernetes.io/managed-by":               "mallory",
					"app.kubernetes.io/name":                     "shop",
					"pod-security.kubernetes.io/enforce":         "privileged",
					"pod-security.kubernetes.io/enforce-version": "v1.0",
					"pod-security.kubernetes.io/warn":            "privileged",
					"spaces.tenancy.example.io/account":          "rich",
					"kubernetes.io/metadata.name":                "kube-system",
				},
				Annotations: map[string]string{
					"spaces.tenancy.example.io/object":                 "{}",
					"kubectl.kubernetes.io/last-applied-configuration": "{}",
					"note": "x",
				},
			}},
			policy:          spaces.SpacePolicy{Propagate: &spaces.Propagate{Labels: []string{"*"}, Annotations: []string{"*"}}},
			wantLabels:      labelsOf("app.kubernetes.io/name", "shop"),
			wantAnnotations: map[string]string{"note": "x"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.policy.PodSecurity == "" {
				tc.policy.PodSecurity = spaces.PodSecurityBaseline
			}
			if tc.wantAnnotations == nil {
				tc.wantAnnotations = map[string]string{}
			}
			labels, annotations := (&Provisioner{}).Metadata(Plan{Space: &tc.space, Policy: tc.policy})
			if diff := cmp.Diff(tc.wantLabels, labels); diff != "" {
				t.Errorf("labels (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.wantAnnotations, annotations); diff != "" {
				t.Errorf("annotations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMatches(t *testing.T) {
	for name, tc := range map[string]struct {
		pattern, key string
		want         bool
	}{
		"the key":                          {pattern: "env", key: "env", want: true},
		"a longer key":                     {pattern: "env", key: "environment"},
		"a key that begins like that":      {pattern: "example.com/*", key: "example.com/env", want: true},
		"a key that is the beginning":      {pattern: "env*", key: "env", want: true},
		"a key that begins otherwise":      {pattern: "example.com/*", key: "example.org/env"},
		"every key":                        {pattern: "*", key: "env", want: true},
		"a star that is not at the end":    {pattern: "*/env", key: "example.com/env"},
		"a pattern that says nothing":      {pattern: "", key: "env"},
		"upper case is not the lower case": {pattern: "Env*", key: "env"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := matches(tc.pattern, tc.key); got != tc.want {
				t.Errorf("That %q matches %q is %v, want %v", tc.pattern, tc.key, got, tc.want)
			}
		})
	}
}

func TestLabelsOf(t *testing.T) {
	all := map[string]string{"env": "test", "team": "red", spaces.LabelManagedBy: spaces.ManagedBy}
	for name, tc := range map[string]struct {
		record string
		want   map[string]string
	}{
		"without a record":             {want: all},
		"with one that cannot be read": {record: "{", want: all},
		"without copies":               {record: `{"labels":["app.kubernetes.io/managed-by"]}`, want: all},
		"with a copy":                  {record: `{"labels":["env","app.kubernetes.io/managed-by","gone"]}`, want: map[string]string{"team": "red", spaces.LabelManagedBy: spaces.ManagedBy}},
		"with copies":                  {record: `{"labels":["env","team"]}`, want: map[string]string{spaces.LabelManagedBy: spaces.ManagedBy}},
	} {
		t.Run(name, func(t *testing.T) {
			namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Labels: maps.Clone(all), Annotations: map[string]string{spaces.AnnotationMetadata: tc.record}}}
			if diff := cmp.Diff(tc.want, LabelsOf(namespace)); diff != "" {
				t.Errorf("labels (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(all, namespace.Labels); diff != "" {
				t.Errorf("labels of the namespace (-before +after):\n%s", diff)
			}
		})
	}
}
