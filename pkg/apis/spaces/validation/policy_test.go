// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

func TestPolicy(t *testing.T) {
	testCases := map[string]struct {
		policy, old spaces.SpacePolicy
		want        []string
	}{
		"nothing needs to be said": {},
		"everything may be said": {
			policy: spaces.SpacePolicy{
				DefaultTTL: ttl("4h"), MaxTTL: ttl("4h"), MaxLifetime: ttl("87600h"),
				DefaultQuota: quota("pods", "10", "secrets", "5"), MaxQuota: quota("pods", "10", "requests.cpu", "4"),
				ClusterRole: "spaces:owner", PodSecurity: "restricted", NetworkIsolation: new(false),
				Access:    []spaces.Access{{ClusterRole: "view", Subjects: users(2)}, {ClusterRole: "edit"}},
				Propagate: &spaces.Propagate{Labels: []string{"env", "app.kubernetes.io/*"}, Annotations: []string{"example.com/cost-*"}},
			},
		},
		"zero is a length": {
			policy: spaces.SpacePolicy{DefaultTTL: ttl("0s"), MaxTTL: ttl("0"), MaxLifetime: ttl("0s")},
		},
		"lengths must be some": {
			policy: spaces.SpacePolicy{DefaultTTL: ttl("soon"), MaxTTL: ttl("1d"), MaxLifetime: ttl("")},
			want: []string{
				`spec.space.defaultTTL: Invalid value: must be a duration such as "2h"`,
				`spec.space.maxTTL: Invalid value: must be a duration such as "2h"`,
				`spec.space.maxLifetime: Invalid value: must be a duration such as "2h"`,
			},
		},
		"lengths cannot be negative, and zero is explained": {
			policy: spaces.SpacePolicy{DefaultTTL: ttl("-1s"), MaxTTL: ttl("-1s"), MaxLifetime: ttl("-1s")},
			want: []string{
				`spec.space.defaultTTL: Invalid value: must not be negative; write "0s" for a Space that never expires`,
				`spec.space.maxTTL: Invalid value: must not be negative; write "0s" for no ceiling`,
				`spec.space.maxLifetime: Invalid value: must not be negative; write "0s" for no ceiling`,
			},
		},
		"lengths cannot be longer than ten years": {
			policy: spaces.SpacePolicy{MaxLifetime: ttl("87601h")},
			want:   []string{`spec.space.maxLifetime: Invalid value: must not be longer than 87600h (ten years); write "0s" for no ceiling`},
		},
		"the default cannot be longer than the longest": {
			policy: spaces.SpacePolicy{DefaultTTL: ttl("61m"), MaxTTL: ttl("1h")},
			want:   []string{"spec.space.defaultTTL: Invalid value: must not be longer than 1h, the maxTTL"},
		},
		"the default cannot be never, if there is a longest": {
			policy: spaces.SpacePolicy{DefaultTTL: ttl("0s"), MaxTTL: ttl("1h")},
			want:   []string{"spec.space.defaultTTL: Invalid value: must not be never, which is longer than 1h, the maxTTL"},
		},
		"the default may be anything, if there is no longest": {
			policy: spaces.SpacePolicy{DefaultTTL: ttl("9h"), MaxTTL: ttl("0s")},
		},
		"the longest cannot fall below the default": {
			old:    spaces.SpacePolicy{DefaultTTL: ttl("4h"), MaxTTL: ttl("4h")},
			policy: spaces.SpacePolicy{DefaultTTL: ttl("4h"), MaxTTL: ttl("3h")},
			want:   []string{"spec.space.defaultTTL: Invalid value: must not be longer than 3h, the maxTTL"},
		},
		"a default quota cannot be more than the highest": {
			policy: spaces.SpacePolicy{DefaultQuota: quota("pods", "11", "requests.cpu", "4001m"), MaxQuota: quota("pods", "10", "requests.cpu", "4")},
			want: []string{
				"spec.space.defaultQuota.hard[pods]: Invalid value: must not be more than 10, the maxQuota",
				"spec.space.defaultQuota.hard[requests.cpu]: Invalid value: must not be more than 4, the maxQuota",
			},
		},
		"the highest quota cannot fall below the default": {
			old:    spaces.SpacePolicy{DefaultQuota: quota("pods", "10")},
			policy: spaces.SpacePolicy{DefaultQuota: quota("pods", "10"), MaxQuota: quota("pods", "9")},
			want:   []string{"spec.space.defaultQuota.hard[pods]: Invalid value: must not be more than 9, the maxQuota"},
		},
		"quotas must be of resources": {
			policy: spaces.SpacePolicy{DefaultQuota: quota("spaces", "1"), MaxQuota: quota("pods", "-1")},
			want: []string{
				"spec.space.defaultQuota.hard[spaces]: Invalid value: must be a resource inside a Space",
				"spec.space.maxQuota.hard[pods]: Invalid value: must not be negative",
			},
		},
		"a role must be a name": {
			policy: spaces.SpacePolicy{ClusterRole: "a/b", Access: []spaces.Access{{ClusterRole: "view"}, {ClusterRole: ".."}}},
			want: []string{
				"spec.space.clusterRole: Invalid value: may not contain '/'",
				"spec.space.access[1].clusterRole: Invalid value: may not be '..'",
			},
		},
		"a template may be named": {
			policy: spaces.SpacePolicy{Template: "web-1"},
		},
		"a template has the name of one": {
			policy: spaces.SpacePolicy{Template: "web.v1"},
			want:   []string{"spec.space.template: Invalid value: must not contain dots"},
		},
		"access is for subjects": {
			policy: spaces.SpacePolicy{Access: []spaces.Access{{ClusterRole: "view", Subjects: []rbacv1.Subject{{Kind: "User", Name: "a"}}}}},
			want:   []string{"spec.space.access[0].subjects[0].apiGroup: Unsupported value: "},
		},
		"access that is there may stay, and move": {
			old:    spaces.SpacePolicy{Access: []spaces.Access{{ClusterRole: "..", Subjects: []rbacv1.Subject{}}}},
			policy: spaces.SpacePolicy{Access: []spaces.Access{{ClusterRole: "view"}, {ClusterRole: ".."}}},
		},
		"patterns that are there may stay, and move": {
			old:    spaces.SpacePolicy{Propagate: &spaces.Propagate{Labels: []string{"*"}}},
			policy: spaces.SpacePolicy{Propagate: &spaces.Propagate{Labels: []string{"a", "*"}, Annotations: []string{"*"}}},
			want:   []string{"spec.space.propagate.annotations[0]: Forbidden: "},
		},
		"what has not changed is not wrong": {
			old:    wrongPolicy(),
			policy: wrongPolicy(),
		},
		"what is removed is not wrong": {
			old: wrongPolicy(),
		},
		"all of it is wrong when it is new": {
			policy: wrongPolicy(),
			want: []string{
				"spec.space.maxTTL: Invalid value: ", "spec.space.maxLifetime: Invalid value: ",
				"spec.space.defaultQuota.hard[pod]: Invalid value: ", "spec.space.maxQuota.hard[pod]: Invalid value: ",
				"spec.space.defaultQuota.hard[pod]: Invalid value: ",
				"spec.space.clusterRole: Invalid value: ", "spec.space.access[0].clusterRole: Invalid value: ",
				"spec.space.template: Invalid value: ",
				"spec.space.propagate.labels[0]: Forbidden: ", "spec.space.propagate.annotations[0]: Invalid value: ",
			},
		},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			expectErrors(t, tc.want, validatePolicy(&tc.policy, &tc.old, field.NewPath("spec", "space")))
		})
	}
}

func TestPropagatePatterns(t *testing.T) {
	const wantKey = `Invalid value: must be a key, or the beginning of keys with a "*" behind it: `
	testCases := map[string]struct {
		patterns []string
		want     string // of each error, behind the path
	}{
		"keys": {patterns: []string{"env", "Env", "a.b_c-d", "app.kubernetes.io/name", "Example.com/a"}},
		"beginnings": {patterns: []string{
			"env*", "env-*", "env.*", "app.kubernetes.io/*", "example.com/cost-*", "app*", "topology.kubernetes.io/*", "spaces-*", "pods*",
		}},
		"what is like a key that is not for Spaces": {patterns: []string{
			"sub.spaces.tenancy.example.io/a", "spaces.tenancy.example.io", "kubernetes.io/metadata", "kubernetes.io/metadata.name2", "pod-security.kubernetes.io",
		}},
		"everything": {patterns: []string{"*"}, want: `Forbidden: "*" matches "spaces.tenancy.example.io/", which is not for Spaces to set on a namespace: choose keys beside it`},
		"the platform's keys": {
			patterns: []string{"spaces.tenancy.example.io/account", "spaces.tenancy.example.io/*", "spaces.tenancy.example.io/a*", "spaces.tenancy*", "spaces.*", "s*"},
			want:     "Forbidden: ",
		},
		"the platform's keys in other letters": {patterns: []string{"Spaces.tenancy.example.io/object", "SPACES*"}, want: "Forbidden: "},
		"the keys of Pod Security": {
			patterns: []string{"pod-security.kubernetes.io/enforce", "pod-security.kubernetes.io/*", "pod-security.kubernetes.io/warn*", "pod-*", "p*"},
			want:     "Forbidden: ",
		},
		"the name of the namespace": {
			patterns: []string{"kubernetes.io/metadata.name", "kubernetes.io/*", "kubernetes.io/metadata.name*", "kubernetes.io/metadata.*", "k*"},
			want:     "Forbidden: ",
		},
		"no key": {
			patterns: []string{"", "a b", "-", "a/", "a/b/c", "/a", "a-", strings.Repeat("a", 64)},
			want:     wantKey,
		},
		"stars elsewhere": {patterns: []string{"*a", "a*b", "a**", "**", "*/a"}, want: wantKey},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			for _, pattern := range tc.patterns {
				var want []string
				if tc.want != "" {
					want = []string{"labels[0]: " + tc.want}
				}
				expectErrors(t, want, validatePatterns([]string{pattern}, nil, field.NewPath("labels")))
			}
		})
	}
}

// No pattern that is accepted lets through what guards a namespace.
func FuzzPatternsMatchNoGuards(f *testing.F) {
	for _, pattern := range []string{"*", "p*", "kubernetes.io/*", "kubernetes.io/metadata.name", "spaces.tenancy.example.io/account", "env", "pod*"} {
		f.Add(pattern)
	}
	guards := []string{
		"spaces.tenancy.example.io/account", "pod-security.kubernetes.io/enforce", "pod-security.kubernetes.io/enforce-version",
		"kubernetes.io/metadata.name",
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		if len(validatePattern(pattern, nil)) > 0 {
			return
		}
		for _, key := range guards {
			prefix, isPrefix := strings.CutSuffix(pattern, "*")
			if pattern == key || (isPrefix && strings.HasPrefix(key, prefix)) {
				t.Errorf("%q was accepted, and matches %q", pattern, key)
			}
		}
	})
}

func wrongPolicy() spaces.SpacePolicy {
	return spaces.SpacePolicy{
		DefaultTTL: ttl("2h"), MaxTTL: ttl("-1h"), MaxLifetime: ttl("soon"),
		DefaultQuota: quota("pod", "2"), MaxQuota: quota("pod", "1"),
		ClusterRole: "a/b",
		Access:      []spaces.Access{{ClusterRole: ".."}},
		Template:    "A",
		Propagate:   &spaces.Propagate{Labels: []string{"*"}, Annotations: []string{"a b"}},
	}
}

func ttl(text spaces.Duration) *spaces.Duration { return new(text) }
