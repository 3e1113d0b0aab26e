// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spacepolicy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

func TestAdmitFillsInNewSpaces(t *testing.T) {
	for name, tc := range map[string]struct {
		chosen chosen
		spec   spaces.SpaceSpec
		want   spaces.SpaceSpec
		says   string
	}{
		"what is open":                         {spec: spaces.SpaceSpec{Account: "red"}, want: spaces.SpaceSpec{Account: "red", TTL: ttl("1h"), Quota: pods("5", "secrets", "2")}},
		"what is open besides":                 {spec: spaces.SpaceSpec{Account: "red", Quota: pods("9")}, want: spaces.SpaceSpec{Account: "red", TTL: ttl("1h"), Quota: pods("9", "secrets", "2")}},
		"nothing that is asked for":            {spec: spaces.SpaceSpec{Account: "red", TTL: ttl("99h"), Quota: pods("99", "secrets", "9")}, want: spaces.SpaceSpec{Account: "red", TTL: ttl("99h"), Quota: pods("99", "secrets", "9")}},
		"the account that is chosen":           {chosen: "red", want: spaces.SpaceSpec{Account: "red", TTL: ttl("1h"), Quota: pods("5", "secrets", "2")}},
		"no other account than is asked for":   {chosen: "red", spec: spaces.SpaceSpec{Account: "blue"}, want: spaces.SpaceSpec{Account: "blue"}},
		"no account if there is none":          {want: spaces.SpaceSpec{TTL: ttl("8h")}},
		"nothing for who can use nothing":      {chosen: "none", says: "you can use no account"},
		"nothing before the door has its say":  {spec: spaces.SpaceSpec{Account: "gone"}, want: spaces.SpaceSpec{Account: "gone"}},
		"no chosen account that is not needed": {chosen: "none", spec: spaces.SpaceSpec{Account: "blue"}, want: spaces.SpaceSpec{Account: "blue"}},
	} {
		t.Run(name, func(t *testing.T) {
			plugin := initialized(t, policies{"red": bounded(), "blue": {}, "": {DefaultTTL: ttl("8h")}}, tc.chosen)
			space := theirs(tc.spec)
			err := plugin.Admit(t.Context(), attributes(space, nil), nil)
			if (err == nil) != (tc.says == "") || (err != nil && !strings.Contains(err.Error(), tc.says)) {
				t.Fatalf("error: %v, want that it says %q", err, tc.says)
			}
			if diff := cmp.Diff(tc.want, space.Spec); diff != "" {
				t.Errorf("spec (-want +got):\n%s", diff)
			}
		})
	}
}

// A Space may be older than its policy: whoever changes something else is not given what was never there.
func TestAdmitFillsInWhatAnUpdateRemoves(t *testing.T) {
	red := func(ttl *spaces.Duration, quota *spaces.Quota) spaces.SpaceSpec {
		return spaces.SpaceSpec{Account: "red", TTL: ttl, Quota: quota}
	}
	for name, tc := range map[string]struct {
		old        *spaces.Space
		spec, want spaces.SpaceSpec
	}{
		"what was never there":                 {old: ours(red(nil, nil)), spec: red(nil, nil), want: red(nil, nil)},
		"what is there":                        {old: ours(red(ttl("2h"), pods("9"))), spec: red(ttl("3h"), pods("8")), want: red(ttl("3h"), pods("8"))},
		"a ttl that is removed":                {old: ours(red(ttl("2h"), nil)), spec: red(nil, nil), want: red(ttl("1h"), nil)},
		"a quota that is removed":              {old: ours(red(nil, pods("9"))), spec: red(nil, nil), want: red(nil, pods("5"))},
		"a quota that is emptied":              {old: ours(red(nil, pods("9"))), spec: red(nil, &spaces.Quota{}), want: red(nil, pods("5"))},
		"a resource that is removed":           {old: ours(red(nil, pods("9", "secrets", "9", "services", "9"))), spec: red(nil, pods("9")), want: red(nil, pods("9", "secrets", "2"))},
		"a resource that was never there":      {old: ours(red(nil, pods("9"))), spec: red(nil, pods("9")), want: red(nil, pods("9"))},
		"a resource that nobody has a say in":  {old: ours(red(nil, &spaces.Quota{Hard: corev1.ResourceList{"services": resource.MustParse("1")}})), spec: red(nil, nil), want: red(nil, nil)},
		"all that a new account wants":         {old: ours(spaces.SpaceSpec{Account: "blue"}), spec: red(nil, nil), want: red(ttl("1h"), pods("5", "secrets", "2"))},
		"all that an adopted namespace lacks":  {old: theirs(spaces.SpaceSpec{}), spec: red(nil, nil), want: red(ttl("1h"), pods("5", "secrets", "2"))},
		"nothing of a namespace of others":     {old: theirs(spaces.SpaceSpec{}), spec: spaces.SpaceSpec{}, want: spaces.SpaceSpec{}},
		"no account for a Space that has none": {old: ours(spaces.SpaceSpec{TTL: ttl("2h")}), spec: spaces.SpaceSpec{}, want: spaces.SpaceSpec{TTL: ttl("8h")}},
	} {
		t.Run(name, func(t *testing.T) {
			plugin := initialized(t, policies{"red": bounded(), "": {DefaultTTL: ttl("8h"), DefaultQuota: pods("1")}}, chosen("none"))
			space := tc.old.DeepCopy()
			space.Spec = tc.spec
			if err := plugin.Admit(t.Context(), attributes(space, tc.old), nil); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, space.Spec); diff != "" {
				t.Errorf("spec (-want +got):\n%s", diff)
			}
		})
	}
}

// What is filled in is the Space's own: the policy is in a cache, and stays as it is.
func TestAdmitSharesNoMemoryWithThePolicy(t *testing.T) {
	all := policies{"red": bounded()}
	plugin := initialized(t, all, chosen(""))
	space := theirs(spaces.SpaceSpec{Account: "red"})
	if err := plugin.Admit(t.Context(), attributes(space, nil), nil); err != nil {
		t.Fatal(err)
	}
	*space.Spec.TTL = "9h"
	space.Spec.Quota.Hard[corev1.ResourcePods] = resource.MustParse("99")
	if diff := cmp.Diff(bounded(), all["red"]); diff != "" {
		t.Errorf("policy (-before +after):\n%s", diff)
	}
}
