// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

func TestDefaultTTL(t *testing.T) {
	testCases := map[string]struct {
		ttl    *spaces.Duration
		policy spaces.SpacePolicy
		want   *spaces.Duration
	}{
		"without a policy it stays open":           {},
		"the default is taken":                     {policy: spaces.SpacePolicy{DefaultTTL: ttl("4h")}, want: ttl("4h")},
		"its text is kept":                         {policy: spaces.SpacePolicy{DefaultTTL: ttl("240m0s")}, want: ttl("240m0s")},
		"what was asked for stays":                 {ttl: ttl("2h"), policy: spaces.SpacePolicy{DefaultTTL: ttl("4h")}, want: ttl("2h")},
		"never was asked for":                      {ttl: ttl("0s"), policy: spaces.SpacePolicy{DefaultTTL: ttl("4h"), MaxTTL: ttl("5h")}, want: ttl("0s")},
		"too much was asked for":                   {ttl: ttl("9h"), policy: spaces.SpacePolicy{MaxTTL: ttl("5h")}, want: ttl("9h")},
		"what is no duration was asked for":        {ttl: ttl("soon"), policy: spaces.SpacePolicy{MaxTTL: ttl("5h")}, want: ttl("soon")},
		"maxTTL is the next":                       {policy: spaces.SpacePolicy{MaxTTL: ttl("5h")}, want: ttl("5h")},
		"maxLifetime is the last":                  {policy: spaces.SpacePolicy{MaxLifetime: ttl("6h")}, want: ttl("6h")},
		"maxLifetime may be shorter than maxTTL":   {policy: spaces.SpacePolicy{MaxTTL: ttl("5h"), MaxLifetime: ttl("3h")}, want: ttl("3h")},
		"the default ends at maxTTL":               {policy: spaces.SpacePolicy{DefaultTTL: ttl("9h"), MaxTTL: ttl("5h"), MaxLifetime: ttl("6h")}, want: ttl("5h")},
		"the default ends at maxLifetime":          {policy: spaces.SpacePolicy{DefaultTTL: ttl("9h"), MaxTTL: ttl("8h"), MaxLifetime: ttl("6h")}, want: ttl("6h")},
		"the default's text goes before its equal": {policy: spaces.SpacePolicy{DefaultTTL: ttl("60m"), MaxTTL: ttl("1h")}, want: ttl("60m")},
		"never may be the default":                 {policy: spaces.SpacePolicy{DefaultTTL: ttl("0s")}, want: ttl("0s")},
		"never is longer than maxTTL":              {policy: spaces.SpacePolicy{DefaultTTL: ttl("0s"), MaxTTL: ttl("5h")}, want: ttl("5h")},
		"a zero is no ceiling":                     {policy: spaces.SpacePolicy{DefaultTTL: ttl("4h"), MaxTTL: ttl("0s"), MaxLifetime: ttl("0")}, want: ttl("4h")},
		"a zero is no default either":              {policy: spaces.SpacePolicy{MaxTTL: ttl("0s")}},
		"what is no duration is no ceiling":        {policy: spaces.SpacePolicy{DefaultTTL: ttl("4h"), MaxTTL: ttl("soon"), MaxLifetime: ttl("-1h")}, want: ttl("4h")},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			spec := spaces.SpaceSpec{TTL: tc.ttl}
			Default(&spec, tc.policy)
			if diff := cmp.Diff(spaces.SpaceSpec{TTL: tc.want}, spec); diff != "" {
				t.Errorf("unexpected spec (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDefaultQuota(t *testing.T) {
	testCases := map[string]struct {
		asked  *spaces.Quota
		policy spaces.SpacePolicy
		want   *spaces.Quota
	}{
		"without a policy it stays open": {},
		"without limits it stays open":   {policy: spaces.SpacePolicy{DefaultQuota: quota(), MaxQuota: &spaces.Quota{}}},
		"the default is taken":           {policy: spaces.SpacePolicy{DefaultQuota: quota("pods", "5")}, want: quota("pods", "5")},
		"maxQuota is the next":           {policy: spaces.SpacePolicy{MaxQuota: quota("pods", "9")}, want: quota("pods", "9")},
		"each resource has its own default": {
			policy: spaces.SpacePolicy{DefaultQuota: quota("pods", "5"), MaxQuota: quota("pods", "9", "requests.cpu", "500m")},
			want:   quota("pods", "5", "requests.cpu", "500m"),
		},
		"a default ends at maxQuota": {
			policy: spaces.SpacePolicy{DefaultQuota: quota("requests.memory", "2Gi"), MaxQuota: quota("requests.memory", "2G")},
			want:   quota("requests.memory", "2G"),
		},
		"what was asked for stays": {
			asked:  quota("pods", "99", "secrets", "1"),
			policy: spaces.SpacePolicy{DefaultQuota: quota("pods", "5"), MaxQuota: quota("pods", "9", "requests.cpu", "4")},
			want:   quota("pods", "99", "secrets", "1", "requests.cpu", "4"),
		},
		"none was asked for":  {asked: quota("pods", "0"), policy: spaces.SpacePolicy{DefaultQuota: quota("pods", "5")}, want: quota("pods", "0")},
		"a quota has no list": {asked: &spaces.Quota{}, policy: spaces.SpacePolicy{DefaultQuota: quota("pods", "5")}, want: quota("pods", "5")},
		"a zero is a ceiling": {policy: spaces.SpacePolicy{DefaultQuota: quota("pods", "5"), MaxQuota: quota("pods", "0")}, want: quota("pods", "0")},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			spec := spaces.SpaceSpec{Quota: tc.asked}
			Default(&spec, tc.policy)
			if diff := cmp.Diff(spaces.SpaceSpec{Quota: tc.want}, spec); diff != "" {
				t.Errorf("unexpected spec (-want +got):\n%s", diff)
			}
		})
	}
}
