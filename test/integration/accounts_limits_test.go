// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

// An account gives to its Spaces what they do not ask for, and what they ask for up to its ceilings, in whatever way it comes.
func TestAccountsLimitTheirSpaces(t *testing.T) {
	t.Parallel()
	name := unique("accounts-limit")
	createAccount(t, shared.Admin(t), name, withSubjects(group(name)), withPolicy(v1alpha1.SpacePolicy{
		DefaultTTL: new(v1alpha1.Duration("2h")), MaxTTL: new(v1alpha1.Duration("4h")),
		DefaultQuota: quota("pods", "5"), MaxQuota: quota("pods", "10", "requests.cpu", "2"),
	}))
	tenant := newTenant(t, name+"-tenant", name)
	for what, tc := range map[string]struct {
		spec      members
		wantTTL   string
		wantQuota map[string]string
	}{
		"nothing":            {wantTTL: "2h", wantQuota: pairs("pods", "5", "requests.cpu", "2")},
		"as much as allowed": {spec: members{"ttl": "240m", "quota": hard("pods", "10", "requests.cpu", "2000m")}, wantTTL: "240m", wantQuota: pairs("pods", "10", "requests.cpu", "2")},
		"less, and more of what has no ceiling": {spec: members{"ttl": "1s1h", "quota": hard("pods", "0", "secrets", "1000")},
			wantTTL: "1s1h", wantQuota: pairs("pods", "0", "requests.cpu", "2", "secrets", "1k")},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			for _, way := range ways {
				got := tenant.asks(t, way, name, tc.spec)
				if space := got.space(t); !got.fine() || ttl(space) != tc.wantTTL || cmp.Diff(tc.wantQuota, amounts(space.Spec.Quota)) != "" {
					t.Errorf("%s: want ttl %s and quota %v, have %d %s", way.name, tc.wantTTL, tc.wantQuota, got.code, got.body)
				}
			}
		})
	}
}

func hard(resourcesAndAmounts ...string) members {
	return members{"hard": pairs(resourcesAndAmounts...)}
}

// asks has a Space of the account be like that. It is created before if the way needs it.
func (c caller) asks(t *testing.T, how way, account string, spec members) reply {
	t.Helper()
	name, asked := unique("accounts-limit"), members{}
	if !how.creates {
		c.space(t, name)
		asked["account"] = account // which a PUT has to say
	}
	maps.Copy(asked, spec)
	return c.do(t, how.call(name, spaceFields(name, nil, asked)))
}

// However often a ttl is renewed, there is an end.
func TestAccountsLimitLifetimes(t *testing.T) {
	t.Parallel()
	name := unique("accounts-life")
	createAccount(t, shared.Admin(t), name, withSubjects(group(name)), withPolicy(v1alpha1.SpacePolicy{MaxLifetime: new(v1alpha1.Duration("1h"))}))
	tenant := newTenant(t, name+"-tenant", name)
	lifetime := fmt.Sprintf("1h, the maxLifetime of account %q", name)
	tooLong := invalid("spec.ttl", "61m is longer than "+lifetime)
	if got := ttl(tenant.space(t, name)); got != "1h" {
		t.Errorf("want a Space that lives as long as it may, have %q", got)
	}
	tenant.do(t, call{method: "POST", body: spaceFields(name+"-2", nil, members{"ttl": "61m"}).String()}).refused(t, tooLong)
	for _, step := range []struct {
		ttl  any
		want refusal
	}{
		{ttl: "10m"},
		{ttl: "50m"},
		{ttl: "60m", want: invalid("spec.ttl", "the Space would expire in 1h0m0s, and 59m", " is left of "+lifetime)},
		{ttl: "0s", want: invalid("spec.ttl", "the Space would never expire, which is longer than "+lifetime)},
		{ttl: "59m"},
	} {
		got := tenant.do(t, merge(spacesPath+"/"+name, members{"spec": members{"ttl": step.ttl}}.String()))
		if step.want.code != 0 {
			got.refused(t, step.want)
		} else if !got.fine() {
			t.Errorf("%v: %d %s", step.ttl, got.code, got.body)
		}
	}
}

// What holds for all Spaces, holds for those of accounts that do not say otherwise.
func TestClusterQuotaLimitsAllSpaces(t *testing.T) {
	t.Parallel()
	c := cluster.ForTest(t)
	admin, alice := c.Admin(t), c.As(t, "alice", devs)
	createAccount(t, admin, "strict", withSubjects(user("alice")))
	createAccount(t, admin, "lenient", withPolicy(v1alpha1.SpacePolicy{MaxTTL: new(v1alpha1.Duration("0s")), PodSecurity: v1alpha1.PodSecurityPrivileged}))
	create := func(user cluster.Clients, name, account string, ttl v1alpha1.Duration) error {
		space := newSpace(name, withAccount(account))
		if ttl != "" {
			space.Spec.TTL = &ttl
		}
		_, err := spacesOf(user).Create(t.Context(), space, metav1.CreateOptions{})
		return err
	}
	check(t, create(admin, "older", "", ""))
	check(t, create(admin, "privileged", "lenient", ""))
	patched := runKubectl(t, c, "admin", "patch", "clusterquota", "cluster", "--type=merge", "--patch",
		`{"spec":{"space":{"defaultTTL":"1h","maxTTL":"2h","podSecurity":"restricted","networkIsolation":false}}}`)
	contains(t, patched, "clusterquota.spaces.tenancy.example.io/cluster patched")
	matches(t, runKubectl(t, c, "admin", "get", "clusterquotas", "--no-headers"), `cluster +1h +2h +\d+ +\S+ +\S+ +\S+\n`)

	for what, tc := range map[string]struct {
		user    cluster.Clients
		account string
		ttl     v1alpha1.Duration
		says    string
	}{
		"without an account":            {user: admin, ttl: "3h", says: `3h is longer than 2h, the maxTTL of ClusterQuota "cluster"`},
		"with one that says nothing":    {user: alice, account: "strict", ttl: "0s", says: `never expire, which is longer than 2h, the maxTTL of ClusterQuota "cluster"`},
		"with one that lifts a ceiling": {user: admin, account: "lenient", ttl: "0s"},
		"up to the ceiling":             {user: admin, ttl: "120m"},
		"without a ttl":                 {user: alice, account: "strict"},
	} {
		err := create(tc.user, unique("quota"), tc.account, tc.ttl)
		if tc.says == "" && err != nil || tc.says != "" && !apierrors.IsInvalid(err) {
			t.Errorf("%s: %v", what, err)
		} else if tc.says != "" {
			contains(t, err.Error(), tc.says)
		}
	}
	eventually(t, "the Spaces there were are as it says", func(ctx context.Context) error {
		return errors.Join(wantGuards(ctx, admin, "older", "restricted", 0), wantGuards(ctx, admin, "privileged", "privileged", 0))
	})
	runKubectl(t, c, "admin", "patch", "clusterquota", "cluster", "--type=merge", "--patch", `{"spec":{"space":null}}`)
	eventually(t, "the Spaces are as they were", func(ctx context.Context) error {
		return errors.Join(wantGuards(ctx, admin, "older", "baseline", 4), wantGuards(ctx, admin, "privileged", "privileged", 4))
	})
}

// wantGuards tells whether the namespace has this level of Pod Security, and so many NetworkPolicies.
func wantGuards(ctx context.Context, admin cluster.Clients, name, level string, policies int) error {
	behind, err := admin.Kube.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	var list *networkingv1.NetworkPolicyList
	if list, err = admin.Kube.NetworkingV1().NetworkPolicies(name).List(ctx, metav1.ListOptions{}); err != nil {
		return err
	}
	if got := behind.Labels["pod-security.kubernetes.io/enforce"]; got != level || len(list.Items) != policies {
		return fmt.Errorf("%s has the level %q and %d NetworkPolicies, want %q and %d", name, got, len(list.Items), level, policies)
	}
	return nil
}

func runKubectl(t *testing.T, c *cluster.Cluster, user string, args ...string) string {
	t.Helper()
	stdout, stderr, err := c.Run(t.Context(), user, append([]string{"--cache-dir=" + t.TempDir()}, args...)...)
	if err != nil {
		t.Fatal(err, stderr)
	}
	return stdout
}
