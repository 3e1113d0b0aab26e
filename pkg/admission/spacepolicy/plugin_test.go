// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spacepolicy

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/admission"
	testingclock "k8s.io/utils/clock/testing"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/policy"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// policies are those of accounts, and that of "" for all others; where there is none, it fails.
type policies map[string]spaces.SpacePolicy

func (p policies) For(account string) (spaces.SpacePolicy, policy.Source, error) {
	found, ok := p[account]
	if !ok {
		return spaces.SpacePolicy{}, policy.Source{}, apierrors.NewNotFound(spaces.Resource("accounts"), account)
	}
	return found, policy.Source{Account: account, Policy: found}, nil
}

// Budgets says that the account "frugal" has a budget of secrets, and the cluster none.
func (p policies) Budgets(account string) ([]policy.Budget, error) {
	if account == "frugal" {
		return []policy.Budget{{Account: account, Resources: []corev1.ResourceName{corev1.ResourceSecrets}}, {}}, nil
	}
	return []policy.Budget{{}}, nil
}

// Open says that nothing can be charged to the account "ending".
func (p policies) Open(account string) error {
	if account == "ending" {
		return apierrors.NewConflict(spaces.Resource("accounts"), account, errors.New("it is being deleted"))
	}
	_, _, err := p.For(account)
	return err
}

// chosen is the account that is chosen for everybody, and "none" stands for an error.
type chosen string

func (c chosen) Choose(context.Context, string) (string, error) {
	if c == "none" {
		return "", apierrors.NewForbidden(spaces.Resource("spaces"), "a", errors.New("you can use no account"))
	}
	return string(c), nil
}

// budget has room for so many pods in a Space, but for all if it is 0.
type budget int64

func (b budget) Check(space *spaces.Space) error {
	if space.Spec.Quota == nil || b == 0 || space.Spec.Quota.Hard.Pods().Value() <= int64(b) {
		return nil
	}
	return apierrors.NewForbidden(spaces.Resource("spaces"), space.Name, errors.New("exceeded quota"))
}

// renewed returns the Space with a time that has begun anew.
func renewed(space *spaces.Space) *spaces.Space {
	space.Status.ExpiresAt = new(metav1.NewTime(noon.Add(time.Hour)))
	return space
}

// initialized returns the plugin as a server makes it.
func initialized(t *testing.T, p Policies, a Accounts) *Plugin {
	t.Helper()
	plugins := admission.NewPlugins()
	Register(plugins)
	made, err := plugins.InitPlugin(PluginName, nil, Initializer{p, a, shelf{}, budget(0), testingclock.NewFakePassiveClock(noon)})
	if err != nil {
		t.Fatal(err)
	}
	return made.(*Plugin)
}

func ttl(text spaces.Duration) *spaces.Duration { return new(text) }

// pods is a quota of pods, and of what else is named.
func pods(amount string, more ...string) *spaces.Quota {
	hard := corev1.ResourceList{corev1.ResourcePods: resource.MustParse(amount)}
	for i := 0; i < len(more); i += 2 {
		hard[corev1.ResourceName(more[i])] = resource.MustParse(more[i+1])
	}
	return &spaces.Quota{Hard: hard}
}

// bounded has both defaults and ceilings.
func bounded() spaces.SpacePolicy {
	return spaces.SpacePolicy{
		DefaultTTL: ttl("1h"), MaxTTL: ttl("4h"), DefaultQuota: pods("5", "secrets", "2"), MaxQuota: pods("10"),
	}
}

// ours returns a Space that alice has made.
func ours(spec spaces.SpaceSpec) *spaces.Space {
	return &spaces.Space{
		ObjectMeta: metav1.ObjectMeta{Name: "a", CreationTimestamp: metav1.NewTime(noon)}, Spec: spec,
		Status: spaces.SpaceStatus{CreatedBy: "alice"},
	}
}

// theirs returns a namespace that is none of ours.
func theirs(spec spaces.SpaceSpec) *spaces.Space {
	return &spaces.Space{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: spec}
}

// attributes are those of the request that makes the Space of old, which is nil if it is new.
func attributes(space, old runtime.Object) admission.Attributes {
	operation := admission.Create
	if old != nil {
		operation = admission.Update
	}
	kind, resource := spaces.SchemeGroupVersion.WithKind("Space"), spaces.SchemeGroupVersion.WithResource("spaces")
	return admission.NewAttributesRecord(space, old, kind, "", "a", resource, "", operation, nil, false, nil)
}

func TestValidate(t *testing.T) {
	red := func(ttl *spaces.Duration) spaces.SpaceSpec {
		return spaces.SpaceSpec{Account: "red", TTL: ttl, Quota: pods("5")}
	}
	for name, tc := range map[string]struct {
		old   *spaces.Space
		space *spaces.Space
		want  metav1.StatusReason
		says  string
	}{
		"a new Space within the ceilings":                        {space: theirs(red(ttl("2h")))},
		"a new Space beyond them":                                {space: theirs(red(ttl("5h"))), want: metav1.StatusReasonInvalid, says: `Space.spaces.tenancy.example.io "a" is invalid: spec.ttl: Forbidden: 5h is longer than 4h, the maxTTL of account "red"`},
		"a new Space without an account":                         {space: theirs(spaces.SpaceSpec{}), want: metav1.StatusReasonInvalid, says: `the maxTTL of ClusterQuota "cluster"`},
		"a new Space of no account there is":                     {space: theirs(spaces.SpaceSpec{Account: "gone"}), want: metav1.StatusReasonNotFound, says: `"gone" not found`},
		"an update within the ceilings":                          {old: ours(red(ttl("2h"))), space: ours(red(ttl("3h")))},
		"an update beyond them":                                  {old: ours(red(ttl("2h"))), space: ours(red(ttl("5h"))), want: metav1.StatusReasonInvalid, says: "5h is longer than 4h"},
		"an update that changes none of it":                      {old: ours(red(ttl("99h"))), space: ours(red(ttl("99h")))},
		"a renewal is, though the spec stays":                    {old: ours(red(ttl("5h"))), space: renewed(ours(red(ttl("5h")))), want: metav1.StatusReasonInvalid, says: "5h is longer than 4h"},
		"a transfer is checked as a whole":                       {old: ours(spaces.SpaceSpec{Account: "blue", TTL: ttl("99h")}), space: ours(red(ttl("99h"))), want: metav1.StatusReasonInvalid, says: "99h is longer than 4h"},
		"an adoption is checked as a whole":                      {old: theirs(spaces.SpaceSpec{}), space: theirs(spaces.SpaceSpec{Account: "red"}), want: metav1.StatusReasonInvalid, says: "never expire"},
		"a namespace of others":                                  {old: theirs(spaces.SpaceSpec{TTL: ttl("1h")}), space: theirs(spaces.SpaceSpec{TTL: ttl("99h")})},
		"a new Space of an account that is being deleted":        {space: theirs(spaces.SpaceSpec{Account: "ending"}), want: metav1.StatusReasonConflict, says: "being deleted"},
		"a transfer to one":                                      {old: ours(spaces.SpaceSpec{Account: "blue"}), space: ours(spaces.SpaceSpec{Account: "ending"}), want: metav1.StatusReasonConflict},
		"an update in one":                                       {old: ours(spaces.SpaceSpec{Account: "ending"}), space: ours(spaces.SpaceSpec{Account: "ending", TTL: ttl("1h")})},
		"an update in one that is gone is held to the cluster's": {old: ours(spaces.SpaceSpec{Account: "gone"}), space: ours(spaces.SpaceSpec{Account: "gone", TTL: ttl("9h")}), want: metav1.StatusReasonInvalid, says: `the maxTTL of ClusterQuota "cluster"`},
	} {
		t.Run(name, func(t *testing.T) {
			plugin := initialized(t, policies{"red": bounded(), "blue": {}, "ending": {}, "": {MaxTTL: ttl("8h")}}, chosen("none"))
			var old runtime.Object
			if tc.old != nil {
				old = tc.old
			}
			before := tc.space.DeepCopy()
			err := plugin.Validate(t.Context(), attributes(tc.space, old), nil)
			if got := apierrors.ReasonForError(err); (err == nil) != (tc.want == "") || (err != nil && got != tc.want) {
				t.Fatalf("%v (%s), want %q", err, got, tc.want)
			}
			if err != nil && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("it says %q, want that it says %q", err, tc.says)
			}
			if diff := cmp.Diff(before, tc.space); diff != "" {
				t.Errorf("it has changed (-before +after):\n%s", diff)
			}
		})
	}
}

// brokenPolicies fail in a way that is none for callers.
type brokenPolicies struct{}

func (brokenPolicies) For(string) (spaces.SpacePolicy, policy.Source, error) {
	return spaces.SpacePolicy{}, policy.Source{}, errors.New("nobody knows")
}

func (brokenPolicies) Budgets(string) ([]policy.Budget, error) {
	return nil, errors.New("nobody knows")
}

func (brokenPolicies) Open(string) error { return errors.New("nobody knows") }

func TestWhatCannotBeDecidedIsForbidden(t *testing.T) {
	plugin := initialized(t, brokenPolicies{}, chosen(""))
	err := plugin.Validate(t.Context(), attributes(theirs(spaces.SpaceSpec{}), nil), nil)
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "nobody knows") {
		t.Errorf("error: %v", err)
	}
}

// Whatever is no Space is not looked at, not even if it cannot be decided about.
func TestOtherRequestsPass(t *testing.T) {
	group := spaces.SchemeGroupVersion
	space, account := theirs(spaces.SpaceSpec{Account: "gone"}), &spaces.Account{}
	for name, a := range map[string]admission.Attributes{
		"a subresource":       admission.NewAttributesRecord(space, space, group.WithKind("Space"), "", "a", group.WithResource("spaces"), "status", admission.Update, nil, false, nil),
		"another kind":        admission.NewAttributesRecord(account, nil, group.WithKind("Account"), "", "a", group.WithResource("accounts"), "", admission.Create, nil, false, nil),
		"a kind of the group": admission.NewAttributesRecord(&corev1.Pod{}, nil, corev1.SchemeGroupVersion.WithKind("Pod"), "", "a", corev1.SchemeGroupVersion.WithResource("spaces"), "", admission.Create, nil, false, nil),
	} {
		t.Run(name, func(t *testing.T) {
			plugin := initialized(t, brokenPolicies{}, chosen("none"))
			if err := errors.Join(plugin.Admit(t.Context(), a, nil), plugin.Validate(t.Context(), a, nil)); err != nil {
				t.Errorf("refused: %v", err)
			}
		})
	}
}

func TestWhatIsNoSpaceIsAnError(t *testing.T) {
	for name, a := range map[string]admission.Attributes{
		"what is new": attributes(&spaces.Account{}, nil),
		"what was":    attributes(theirs(spaces.SpaceSpec{}), &spaces.Account{}),
	} {
		t.Run(name, func(t *testing.T) {
			plugin := initialized(t, policies{"": {}}, chosen(""))
			if err := plugin.Admit(t.Context(), a, nil); !apierrors.IsInternalError(err) {
				t.Errorf("admit: %v", err)
			}
			if err := plugin.Validate(t.Context(), a, nil); !apierrors.IsInternalError(err) {
				t.Errorf("validate: %v", err)
			}
		})
	}
}

func TestPluginHandles(t *testing.T) {
	plugin := initialized(t, policies{}, chosen(""))
	for operation, want := range map[admission.Operation]bool{
		admission.Create: true, admission.Update: true, admission.Delete: false, admission.Connect: false,
	} {
		if got := plugin.Handles(operation); got != want {
			t.Errorf("handles %s: %v, want %v", operation, got, want)
		}
	}
}

func TestPluginNeedsWhatItWorksBy(t *testing.T) {
	clock := testingclock.NewFakePassiveClock(noon)
	for name, initializer := range map[string]Initializer{
		"policies":  {Accounts: chosen(""), Templates: shelf{}, Budgets: budget(0), Clock: clock},
		"accounts":  {Policies: policies{}, Templates: shelf{}, Budgets: budget(0), Clock: clock},
		"templates": {Policies: policies{}, Accounts: chosen(""), Budgets: budget(0), Clock: clock},
		"budgets":   {Policies: policies{}, Accounts: chosen(""), Templates: shelf{}, Clock: clock},
		"a clock":   {Policies: policies{}, Accounts: chosen(""), Templates: shelf{}, Budgets: budget(0)},
	} {
		t.Run(name, func(t *testing.T) {
			plugin := &Plugin{}
			initializer.Initialize(plugin)
			initializer.Initialize(nil) // other plugins are not its own
			if plugin.ValidateInitialization() == nil {
				t.Error("it does without")
			}
		})
	}
}
