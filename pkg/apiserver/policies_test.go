// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/policy"
	"tenancy.example.io/spaces/pkg/registry/spacetemplate"
)

func lasting(ttl spacesapi.Duration) spacesapi.SpacePolicy {
	return spacesapi.SpacePolicy{MaxTTL: &ttl}
}

func TestPoliciesFor(t *testing.T) {
	red := spacesapi.SpacePolicy{ClusterRole: "edit"}
	home := homeOf(t, "red", spacesapi.AccountSpec{Space: red})
	both := lasting("4h")
	both.ClusterRole = "edit"
	for name, tc := range map[string]struct {
		namespaces []*corev1.Namespace
		account    string
		want       spacesapi.SpacePolicy
		wantSource policy.Source
		fails      func(error) bool
	}{
		"nobody, where nobody has said anything": {},
		"nobody, where the system says nothing":  {namespaces: []*corev1.Namespace{bare(spacesapi.SystemNamespace)}},
		"nobody":                                 {namespaces: []*corev1.Namespace{systemWith(t, lasting("4h")), home}, want: lasting("4h")},
		"an account":                             {namespaces: []*corev1.Namespace{home}, account: "red", want: red, wantSource: policy.Source{Account: "red", Policy: red}},
		"an account of a cluster that has a say": {namespaces: []*corev1.Namespace{systemWith(t, lasting("4h")), home}, account: "red", want: both, wantSource: policy.Source{Account: "red", Policy: red}},
		"an account that is not there":           {namespaces: []*corev1.Namespace{home}, account: "blue", fails: apierrors.IsNotFound},
		"a namespace that is no account":         {namespaces: []*corev1.Namespace{bare("account-blue"), bare("blue")}, account: "blue", fails: apierrors.IsNotFound},
		"an account that cannot be read":         {namespaces: []*corev1.Namespace{spoilt("account-red")}, account: "red", fails: apierrors.IsForbidden},
		"nobody, where the cluster cannot be":    {namespaces: []*corev1.Namespace{spoilt(spacesapi.SystemNamespace)}, fails: apierrors.IsForbidden},
		"an account, where the cluster cannot":   {namespaces: []*corev1.Namespace{spoilt(spacesapi.SystemNamespace), home}, account: "red", fails: apierrors.IsForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			got, source, err := following(t, tc.namespaces...).For(tc.account)
			if (err != nil) != (tc.fails != nil) || (err != nil && !tc.fails(err)) {
				t.Fatalf("error: %v", err)
			}
			if err != nil {
				return
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("policy (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.wantSource, source); diff != "" {
				t.Errorf("source (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlan(t *testing.T) {
	devs := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: "devs"}}
	home := homeOf(t, "red", spacesapi.AccountSpec{Subjects: devs, Space: spacesapi.SpacePolicy{ClusterRole: "edit"}})
	cluster := systemWith(t, spacesapi.SpacePolicy{PodSecurity: spacesapi.PodSecurityRestricted})
	complete := func(role string, level spacesapi.PodSecurityLevel) spacesapi.SpacePolicy {
		return policy.Complete(spacesapi.SpacePolicy{ClusterRole: role, PodSecurity: level})
	}
	for name, tc := range map[string]struct {
		namespaces   []*corev1.Namespace
		account      string
		want         spacesapi.SpacePolicy
		wantSubjects []rbacv1.Subject
		fails        bool
	}{
		"a Space of no account":                {want: complete(spacesapi.ClusterRoleOwner, spacesapi.PodSecurityBaseline)},
		"a Space of an account":                {namespaces: []*corev1.Namespace{home, cluster}, account: "red", want: complete("edit", spacesapi.PodSecurityRestricted), wantSubjects: devs},
		"a Space of an account that is gone":   {namespaces: []*corev1.Namespace{cluster}, account: "red", want: complete(spacesapi.ClusterRoleOwner, spacesapi.PodSecurityRestricted)},
		"no Space of one that cannot be read":  {namespaces: []*corev1.Namespace{spoilt("account-red")}, account: "red", fails: true},
		"no Space where the cluster cannot be": {namespaces: []*corev1.Namespace{spoilt(spacesapi.SystemNamespace)}, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			one := &spacesapi.Space{Spec: spacesapi.SpaceSpec{Account: tc.account}}
			plan, err := following(t, tc.namespaces...).planOf(one)
			if (err != nil) != tc.fails {
				t.Fatalf("error: %v, want one: %v", err, tc.fails)
			}
			if diff := cmp.Diff(tc.want, plan.Policy); diff != "" {
				t.Errorf("policy (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.wantSubjects, plan.Subjects); diff != "" || plan.Space != one {
				t.Errorf("of %v; subjects (-want +got):\n%s", plan.Space, diff)
			}
		})
	}
}

func TestPoliciesTemplate(t *testing.T) {
	mapping := spacetemplate.NewMapping(codec())
	value, err := mapping.Encode(&spacesapi.SpaceTemplate{Spec: spacesapi.SpaceTemplateSpec{Reapply: true}}, nil)
	must(t, err)
	p := following(t)
	must(t, fedByConfigMaps{p.feeds.templates}.Replace([]any{configMapOf("red", value, "1"), configMapOf("spoilt", "{", "2")}, "10"))
	for name, fails := range map[string]func(error) bool{
		"red":    nil,
		"blue":   apierrors.IsNotFound,
		"spoilt": apierrors.IsForbidden,
	} {
		t.Run(name, func(t *testing.T) {
			got, err := p.template(name)
			if (err != nil) != (fails != nil) || (err != nil && !fails(err)) {
				t.Fatalf("error: %v", err)
			}
			if err == nil && (got.Name != name || !got.Spec.Reapply) {
				t.Errorf("have %+v", got)
			}
		})
	}
}
