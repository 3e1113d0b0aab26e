// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func TestCheckNewTTL(t *testing.T) {
	teamA := func(p spaces.SpacePolicy) Source { return Source{Account: "team-a", Policy: p} }
	testCases := map[string]struct {
		ttl      *spaces.Duration
		cluster  spaces.SpacePolicy
		source   Source
		wantErrs []string
	}{
		"without a ceiling a Space may be there forever": {},
		"a ttl may reach its ceilings":                   {ttl: ttl("60m"), cluster: spaces.SpacePolicy{MaxTTL: ttl("1h"), MaxLifetime: ttl("1h")}},
		"a ttl cannot pass the maxTTL": {
			ttl: ttl("12h"), source: teamA(spaces.SpacePolicy{MaxTTL: ttl("4h")}),
			wantErrs: []string{`spec.ttl: Forbidden: 12h is longer than 4h, the maxTTL of account "team-a": ask for less, or ask its administrator for more`},
		},
		"a ttl cannot pass the maxLifetime": {
			ttl: ttl("12h"), source: teamA(spaces.SpacePolicy{MaxLifetime: ttl("4h")}),
			wantErrs: []string{`spec.ttl: Forbidden: 12h is longer than 4h, the maxLifetime of account "team-a": ask for less, or ask its administrator for more`},
		},
		"who has set the ceiling is told": {
			ttl: ttl("12h"), cluster: spaces.SpacePolicy{MaxTTL: ttl("4h"), MaxLifetime: ttl("5h")}, source: teamA(spaces.SpacePolicy{MaxTTL: ttl("6h")}),
			wantErrs: []string{
				`spec.ttl: Forbidden: 12h is longer than 6h, the maxTTL of account "team-a": ask for less, or ask its administrator for more`,
				`spec.ttl: Forbidden: 12h is longer than 5h, the maxLifetime of ClusterQuota "cluster": ask for less, or ask its administrator for more`,
			},
		},
		"without an account it is the ClusterQuota": {
			ttl: ttl("12h"), cluster: spaces.SpacePolicy{MaxTTL: ttl("4h")},
			wantErrs: []string{`spec.ttl: Forbidden: 12h is longer than 4h, the maxTTL of ClusterQuota "cluster": ask for less, or ask its administrator for more`},
		},
		"no ttl is longer than any": {
			cluster:  spaces.SpacePolicy{MaxTTL: ttl("4h")},
			wantErrs: []string{`spec.ttl: Forbidden: the Space would never expire, which is longer than 4h, the maxTTL of ClusterQuota "cluster": ask for less, or ask its administrator for more`},
		},
		"never is longer than any, and the lowest ceiling is told": {
			ttl: ttl("0s"), cluster: spaces.SpacePolicy{MaxTTL: ttl("4h"), MaxLifetime: ttl("3h")},
			wantErrs: []string{`spec.ttl: Forbidden: the Space would never expire, which is longer than 3h, the maxLifetime of ClusterQuota "cluster": ask for less, or ask its administrator for more`},
		},
		"what is no duration never ends": {
			ttl: ttl("soon"), cluster: spaces.SpacePolicy{MaxTTL: ttl("4h")},
			wantErrs: []string{`spec.ttl: Forbidden: the Space would never expire, which is longer than 4h, the maxTTL of ClusterQuota "cluster": ask for less, or ask its administrator for more`},
		},
		"an account may lift the ceilings of the cluster": {
			ttl: ttl("0s"), cluster: spaces.SpacePolicy{MaxTTL: ttl("4h"), MaxLifetime: ttl("3h")},
			source: teamA(spaces.SpacePolicy{MaxTTL: ttl("0s"), MaxLifetime: ttl("0s")}),
		},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			space := &spaces.Space{Spec: spaces.SpaceSpec{TTL: tc.ttl}}
			expectErrors(t, tc.wantErrs, Check(space, nil, Merge(tc.cluster, tc.source.Policy), tc.source, noon))
		})
	}
}

func TestCheckNewQuota(t *testing.T) {
	cluster := spaces.SpacePolicy{MaxQuota: quota("pods", "10", "requests.cpu", "4")}
	teamA := Source{Account: "team-a", Policy: spaces.SpacePolicy{MaxQuota: quota("pods", "20")}}
	testCases := map[string]struct {
		asked    *spaces.Quota
		policy   spaces.SpacePolicy
		source   Source
		wantErrs []string
	}{
		"without a ceiling no quota is needed":    {},
		"without a ceiling all is allowed":        {asked: quota("pods", "1000")},
		"quotas may reach their ceilings":         {asked: quota("pods", "10", "requests.cpu", "4000m"), policy: cluster},
		"what has no ceiling may be high":         {asked: quota("pods", "10", "requests.cpu", "4", "secrets", "1000"), policy: cluster},
		"an account may raise the cluster's":      {asked: quota("pods", "20", "requests.cpu", "4"), policy: Merge(cluster, teamA.Policy), source: teamA},
		"a policy may name no resources in quota": {policy: spaces.SpacePolicy{MaxQuota: &spaces.Quota{}}},
		"quotas cannot pass their ceilings": {
			asked: quota("pods", "21", "requests.cpu", "4001m"), policy: Merge(cluster, teamA.Policy), source: teamA,
			wantErrs: []string{
				`spec.quota.hard[pods]: Forbidden: 21 is more than 20, the maxQuota of account "team-a": ask for less, or ask its administrator for more`,
				`spec.quota.hard[requests.cpu]: Forbidden: 4001m is more than 4, the maxQuota of ClusterQuota "cluster": ask for less, or ask its administrator for more`,
			},
		},
		"what has a ceiling must be named": {
			asked: quota("pods", "1"), policy: cluster,
			wantErrs: []string{`spec.quota.hard[requests.cpu]: Required value: ask for at most 4, the maxQuota of ClusterQuota "cluster", or ask its administrator for more`},
		},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			space := &spaces.Space{Spec: spaces.SpaceSpec{Quota: tc.asked}}
			expectErrors(t, tc.wantErrs, Check(space, nil, tc.policy, tc.source, noon))
		})
	}
}

// The Space of these updates was created six hours before noon, and expires two hours after it.
func TestCheckUpdate(t *testing.T) {
	day := spaces.SpacePolicy{MaxTTL: ttl("4h"), MaxLifetime: ttl("9h30m"), MaxQuota: quota("pods", "10", "secrets", "5")}
	testCases := map[string]struct {
		old, spec spaces.SpaceSpec
		policy    spaces.SpacePolicy
		wantErrs  []string
	}{
		"what has not changed is not wrong": {
			old:    spaces.SpaceSpec{TTL: ttl("99h"), Quota: quota("pods", "99")},
			spec:   spaces.SpaceSpec{TTL: ttl("99h"), Quota: quota("pods", "99")},
			policy: day,
		},
		"what is open still is not wrong": {policy: day},
		"the same amount in another text is no change": {
			old:    spaces.SpaceSpec{Quota: quota("pods", "99000m")},
			spec:   spaces.SpaceSpec{Quota: quota("pods", "99")},
			policy: day,
		},
		"a ttl is checked when it changes": {
			old:      spaces.SpaceSpec{TTL: ttl("99h")},
			spec:     spaces.SpaceSpec{TTL: ttl("98h")},
			policy:   spaces.SpacePolicy{MaxTTL: ttl("4h")},
			wantErrs: []string{`spec.ttl: Forbidden: 98h is longer than 4h, the maxTTL of ClusterQuota "cluster": ask for less, or ask its administrator for more`},
		},
		"the same ttl in another text starts again": {
			old:      spaces.SpaceSpec{TTL: ttl("8h")},
			spec:     spaces.SpaceSpec{TTL: ttl("480m")},
			policy:   spaces.SpacePolicy{MaxTTL: ttl("4h")},
			wantErrs: []string{`spec.ttl: Forbidden: 480m is longer than 4h, the maxTTL of ClusterQuota "cluster": ask for less, or ask its administrator for more`},
		},
		"a ttl cannot be removed below a ceiling": {
			old:      spaces.SpaceSpec{TTL: ttl("4h")},
			policy:   day,
			wantErrs: []string{`spec.ttl: Forbidden: the Space would never expire, which is longer than 4h, the maxTTL of ClusterQuota "cluster": ask for less, or ask its administrator for more`},
		},
		"a ttl may be what is left of the lifetime": {
			old:    spaces.SpaceSpec{TTL: ttl("4h")},
			spec:   spaces.SpaceSpec{TTL: ttl("3h30m")},
			policy: day,
		},
		"a ttl cannot be more than is left": {
			old:      spaces.SpaceSpec{TTL: ttl("8h")},
			spec:     spaces.SpaceSpec{TTL: ttl("4h")},
			policy:   day,
			wantErrs: []string{`spec.ttl: Forbidden: the Space would expire in 4h0m0s, and 3h30m0s is left of 9h30m, the maxLifetime of ClusterQuota "cluster": ask for less, or ask its administrator for more`},
		},
		"a lifetime that is over is told": {
			old:      spaces.SpaceSpec{TTL: ttl("8h")},
			spec:     spaces.SpaceSpec{TTL: ttl("1s")},
			policy:   spaces.SpacePolicy{MaxLifetime: ttl("5h")},
			wantErrs: []string{`spec.ttl: Forbidden: nothing is left of 5h, the maxLifetime of ClusterQuota "cluster": ask its administrator for more`},
		},
		"a quota is checked when it changes, and no other": {
			old:      spaces.SpaceSpec{Quota: quota("pods", "99")},
			spec:     spaces.SpaceSpec{Quota: quota("pods", "98")},
			policy:   day,
			wantErrs: []string{`spec.quota.hard[pods]: Forbidden: 98 is more than 10, the maxQuota of ClusterQuota "cluster": ask for less, or ask its administrator for more`},
		},
		"a quota cannot be removed below a ceiling": {
			old:      spaces.SpaceSpec{Quota: quota("pods", "9", "secrets", "5")},
			spec:     spaces.SpaceSpec{Quota: quota("pods", "9")},
			policy:   day,
			wantErrs: []string{`spec.quota.hard[secrets]: Required value: ask for at most 5, the maxQuota of ClusterQuota "cluster", or ask its administrator for more`},
		},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			expectErrors(t, tc.wantErrs, Check(&spaces.Space{Spec: tc.spec}, sixHoursOld(tc.old), tc.policy, Source{}, noon))
		})
	}
}

// A renewal asks for nothing new, but for the same time once more. The Space of these was created six hours before noon, and
// expires two hours after it.
func TestCheckRenewal(t *testing.T) {
	testCases := map[string]struct {
		ttl      *spaces.Duration
		expires  time.Time
		policy   spaces.SpacePolicy
		wantErrs []string
	}{
		"within the ceilings":                        {ttl: ttl("3h"), expires: noon.Add(3 * time.Hour), policy: spaces.SpacePolicy{MaxTTL: ttl("3h"), MaxLifetime: ttl("9h")}},
		"one that expires as before is no renewal":   {ttl: ttl("99h"), expires: noon.Add(2 * time.Hour), policy: spaces.SpacePolicy{MaxTTL: ttl("3h"), MaxLifetime: ttl("1h")}},
		"a ttl that has come to be longer than that": {ttl: ttl("4h"), expires: noon.Add(4 * time.Hour), policy: spaces.SpacePolicy{MaxTTL: ttl("3h")}, wantErrs: []string{`spec.ttl: Forbidden: 4h is longer than 3h, the maxTTL of ClusterQuota "cluster": ask for less, or ask its administrator for more`}},
		"a ttl that is more than what is left":       {ttl: ttl("4h"), expires: noon.Add(4 * time.Hour), policy: spaces.SpacePolicy{MaxLifetime: ttl("9h")}, wantErrs: []string{`spec.ttl: Forbidden: the Space would expire in 4h0m0s, and 3h0m0s is left of 9h, the maxLifetime of ClusterQuota "cluster": ask for less, or ask its administrator for more`}},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			old := sixHoursOld(spaces.SpaceSpec{TTL: tc.ttl})
			space := old.DeepCopy()
			space.Status.ExpiresAt = new(metav1.NewTime(tc.expires))
			expectErrors(t, tc.wantErrs, Check(space, old, tc.policy, Source{}, noon))
		})
	}
}

// The Space of these transfers was created six hours before noon, and expires two hours after it.
func TestCheckTransfer(t *testing.T) {
	testCases := map[string]struct {
		old      func(*spaces.Space)
		spec     spaces.SpaceSpec // but for its account the same before and after
		change   func(*spaces.Space)
		policy   spaces.SpacePolicy
		wantErrs []string
	}{
		"what is within the ceilings goes": {
			spec:   spaces.SpaceSpec{TTL: ttl("8h"), Quota: quota("pods", "9")},
			policy: spaces.SpacePolicy{MaxTTL: ttl("8h"), MaxLifetime: ttl("9h"), MaxQuota: quota("pods", "10")},
		},
		"a ttl must be within them": {
			spec:     spaces.SpaceSpec{TTL: ttl("8h")},
			policy:   spaces.SpacePolicy{MaxTTL: ttl("4h")},
			wantErrs: []string{`spec.ttl: Forbidden: 8h is longer than 4h, the maxTTL of account "team-b": ask for less, or ask its administrator for more`},
		},
		"a Space that never expires must be within them": {
			policy:   spaces.SpacePolicy{MaxLifetime: ttl("9h")},
			wantErrs: []string{`spec.ttl: Forbidden: the Space would never expire, which is longer than 9h, the maxLifetime of account "team-b": ask for less, or ask its administrator for more`},
		},
		"an expiry must be within them": {
			spec:     spaces.SpaceSpec{TTL: ttl("8h")},
			policy:   spaces.SpacePolicy{MaxLifetime: ttl("7h")},
			wantErrs: []string{`spec.ttl: Forbidden: the Space would expire in 2h0m0s, and 1h0m0s is left of 7h, the maxLifetime of account "team-b": ask for less, or ask its administrator for more`},
		},
		"an expiry may be a little late, as it is rounded": {
			spec:   spaces.SpaceSpec{TTL: ttl("8h")},
			policy: spaces.SpacePolicy{MaxLifetime: ttl("7h59m58s")},
		},
		"a ttl that changes on the way counts from now": {
			spec:     spaces.SpaceSpec{TTL: ttl("8h")},
			change:   func(s *spaces.Space) { s.Spec.TTL = ttl("3h") },
			policy:   spaces.SpacePolicy{MaxLifetime: ttl("8h")},
			wantErrs: []string{`spec.ttl: Forbidden: the Space would expire in 3h0m0s, and 2h0m0s is left of 8h, the maxLifetime of account "team-b": ask for less, or ask its administrator for more`},
		},
		"a ttl that had not begun counts from now": {
			old:    func(s *spaces.Space) { s.Status.ExpiresAt = nil },
			spec:   spaces.SpaceSpec{TTL: ttl("3h")},
			policy: spaces.SpacePolicy{MaxLifetime: ttl("9h")},
		},
		"quotas must be within them": {
			spec:     spaces.SpaceSpec{Quota: quota("pods", "11")},
			policy:   spaces.SpacePolicy{MaxQuota: quota("pods", "10", "secrets", "5")},
			wantErrs: []string{`spec.quota.hard[pods]: Forbidden: 11 is more than 10, the maxQuota of account "team-b": ask for less, or ask its administrator for more`, `spec.quota.hard[secrets]: Required value: ask for at most 5, the maxQuota of account "team-b", or ask its administrator for more`},
		},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			old := sixHoursOld(tc.spec)
			old.Spec.Account = "team-a"
			if tc.old != nil {
				tc.old(old)
			}
			space := old.DeepCopy()
			space.Spec.Account = "team-b"
			if tc.change != nil {
				tc.change(space)
			}
			expectErrors(t, tc.wantErrs, Check(space, old, tc.policy, Source{Account: "team-b", Policy: tc.policy}, noon))
		})
	}
}

func sixHoursOld(spec spaces.SpaceSpec) *spaces.Space {
	return &spaces.Space{
		ObjectMeta: metav1.ObjectMeta{CreationTimestamp: metav1.NewTime(noon.Add(-6 * time.Hour))},
		Spec:       spec,
		Status:     spaces.SpaceStatus{ExpiresAt: new(metav1.NewTime(noon.Add(2 * time.Hour)))},
	}
}

func expectErrors(t *testing.T, want []string, errs field.ErrorList) {
	t.Helper()
	var got []string
	for _, err := range errs {
		got = append(got, err.Error())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("unexpected errors (-want +got):\n%s", diff)
	}
}
