// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/access"
	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	accountcontroller "tenancy.example.io/spaces/pkg/controller/account"
	"tenancy.example.io/spaces/pkg/controller/expiry"
	"tenancy.example.io/spaces/pkg/controller/repair"
	spacecontroller "tenancy.example.io/spaces/pkg/controller/space"
	"tenancy.example.io/spaces/pkg/registry/spacetemplate"
)

// asked is what controllers ask about: it has no deadlines, nothing to complete, and needs no repair.
type asked struct {
	lock     sync.Mutex
	expiry   []string
	complete []string
	repair   []string
	end      []string
}

func (a *asked) note(list *[]string, name string) {
	a.lock.Lock()
	defer a.lock.Unlock()
	*list = append(*list, name)
}

func (a *asked) Deadline(name string) (expiry.Deadline, bool) {
	a.note(&a.expiry, name)
	return expiry.Deadline{}, false
}

func (*asked) Delete(context.Context, string, metav1.Preconditions) error { return nil }

func (a *asked) Incomplete(name string) bool {
	a.note(&a.complete, name)
	return false
}

func (*asked) Complete(context.Context, string) error { return nil }

func (a *asked) Ensure(_ context.Context, namespace string) error {
	a.note(&a.repair, namespace)
	return nil
}

// unlimited is a cluster in which nothing expires.
type unlimited struct{}

func (unlimited) Deadline(string) (expiry.Deadline, bool) { return expiry.Deadline{}, false }

func (*asked) TellOverdue(context.Context, string, error) error { return nil }

func (*asked) Contest(context.Context, string, bool) error { return nil }

func (a *asked) Ending(name string) bool {
	a.note(&a.end, name)
	return false
}

func (*asked) End(context.Context, string) (bool, error) { return true, nil }

// take returns what was asked since it was called last, by name.
func (a *asked) take() looks {
	a.lock.Lock()
	defer a.lock.Unlock()
	taken := looks{}
	for _, list := range []struct{ from, to *[]string }{{&a.expiry, &taken.Expiry}, {&a.complete, &taken.Complete}, {&a.repair, &taken.Repair}, {&a.end, &taken.End}} {
		*list.to = slices.Sorted(slices.Values(*list.from))
		*list.from = nil
	}
	return taken
}

// looks are the namespaces that controllers have looked at.
type looks struct{ Expiry, Complete, Repair, End []string }

// observing returns a Server whose controllers run until the test ends. It is to be called in a bubble.
func observing(t *testing.T) (*Server, *asked) {
	t.Helper()
	a := &asked{}
	s := &Server{changed: map[string]time.Time{}, clock: clock.RealClock{}, index: access.NewIndex(), feeds: newFeeds(10, clock.RealClock{})}
	s.policies = policies{accounts: s.feeds.accounts, quotas: s.feeds.quotas}
	s.expiry = expiry.New(a, a, clock.RealClock{})
	s.warner = expiry.NewWarner(unlimited{}, nil, nil, clock.RealClock{})
	s.completer = spacecontroller.New(a, clock.RealClock{})
	s.repairer = repair.New(a, clock.RealClock{})
	s.ender = accountcontroller.New(a, clock.RealClock{})
	s.feeds.spaces.Observe(s.observe)
	s.feeds.accounts.Observe(s.observeHome)
	s.feeds.quotas.Observe(s.observeQuota)
	s.feeds.templates.Observe(s.observeTemplate)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { s.expiry.Run(ctx, 1) })
	running.Go(func() { s.warner.Run(ctx) })
	running.Go(func() { s.completer.Run(ctx, 1) })
	running.Go(func() { s.repairer.Run(ctx, 1) })
	running.Go(func() { s.ender.Run(ctx, 1) })
	running.Go(func() { s.resume(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return s, a
}

func ofRed(s *spacesapi.Space) { s.Spec.Account, s.Labels = "red", map[string]string{"env": "prod"} }

func beginning(s *spacesapi.Space) { ofRed(s); s.Status.Phase = spacesapi.SpaceProvisioning }

// inhabited is a cluster in which there is one of everything.
func inhabited(t *testing.T) []*corev1.Namespace {
	t.Helper()
	return []*corev1.Namespace{
		placed(t, "a", ofRed), placed(t, "b", nil), placed(t, "begun", beginning), bare("others"),
		homeOf(t, "red", spacesapi.AccountSpec{}), bare("account-others"), systemWith(t, spacesapi.SpacePolicy{}),
	}
}

// Somebody may have changed what is there while nobody watched: it is looked at, a little at a time.
func TestWhatIsThereIsLookedAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, a := observing(t)
		must(t, told(s.feeds).Replace(listed(inhabited(t)...), "1000"))
		time.Sleep(2*resumeEvery + 1)
		soon := a.take()
		if diff := cmp.Diff([]string{"a", "b"}, soon.Repair); diff != "" {
			t.Errorf("looked at soon (-want +got):\n%s", diff)
		}
		time.Sleep(time.Minute)
		later := a.take()
		if diff := cmp.Diff([]string{"account-red"}, later.Repair); diff != "" {
			t.Errorf("looked at later (-want +got):\n%s", diff)
		}
		all := []string{"a", "b", "begun", "others"}
		if diff := cmp.Diff(looks{Expiry: all, Complete: all}, looks{Expiry: soon.Expiry, Complete: later.Complete}); diff != "" {
			t.Errorf("looked at (-want +got):\n%s", diff)
		}
	})
}

// changed returns the namespace after the change.
func changed(namespace *corev1.Namespace, change func(*corev1.Namespace)) *corev1.Namespace {
	after := namespace.DeepCopy()
	change(after)
	return after
}

func deletion(namespace *corev1.Namespace) { namespace.DeletionTimestamp = new(metav1.Now()) }

// recorded is the change of what says which metadata of the namespace is ours.
func recorded(namespace *corev1.Namespace) {
	namespace.Annotations[spacesapi.AnnotationMetadata] = "{}"
}

func labelled(value string) func(*corev1.Namespace) {
	return func(namespace *corev1.Namespace) { namespace.Labels = map[string]string{"env": value} }
}

func TestChangesAreRolledOut(t *testing.T) {
	users := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "bob"}}
	one := func(name string) looks { return looks{Expiry: []string{name}, Complete: []string{name}} }
	repaired := func(name string) looks {
		return looks{Expiry: []string{name}, Complete: []string{name}, Repair: []string{name}}
	}
	for name, tc := range map[string]struct {
		namespace *corev1.Namespace
		want      looks
	}{
		"a Space with another spec": {
			placed(t, "a", func(s *spacesapi.Space) { ofRed(s); s.Spec.TTL = new(spacesapi.Duration("1h")) }), one("a"),
		},
		"a Space with another quota": {
			placed(t, "a", func(s *spacesapi.Space) { ofRed(s); s.Spec.Quota = &spacesapi.Quota{} }), repaired("a"),
		},
		"a Space of another template": {
			placed(t, "a", func(s *spacesapi.Space) { ofRed(s); s.Spec.Template = "small" }), repaired("a"),
		},
		"a Space with other parameters": {
			placed(t, "a", func(s *spacesapi.Space) { ofRed(s); s.Spec.Parameters = map[string]string{"size": "2"} }), repaired("a"),
		},
		"a Space of another account": {
			placed(t, "a", func(s *spacesapi.Space) { s.Spec.Account = "blue" }), repaired("a"),
		},
		"a Space with other labels": {
			placed(t, "a", func(s *spacesapi.Space) { ofRed(s); s.Labels = nil }), one("a"),
		},
		"a Space with other annotations": {
			placed(t, "a", func(s *spacesapi.Space) { ofRed(s); s.Annotations = map[string]string{"cost": "low"} }), one("a"),
		},
		"a namespace with another label":              {changed(placed(t, "b", nil), labelled("test")), one("b")},
		"a namespace with a label that does not show": {changed(placed(t, "a", ofRed), labelled("test")), one("a")},
		"a namespace with another level of security": {changed(placed(t, "b", nil), func(n *corev1.Namespace) {
			n.Labels = map[string]string{"pod-security.kubernetes.io/enforce": "privileged"}
		}), repaired("b")},
		"a Space with another status": {
			placed(t, "a", func(s *spacesapi.Space) {
				ofRed(s)
				s.Status.Conditions = []metav1.Condition{{Type: "Ready", Reason: "Contested"}}
			}), one("a"),
		},
		"a Space with another record":       {changed(placed(t, "a", ofRed), recorded), repaired("a")},
		"a Space that is complete":          {placed(t, "begun", ofRed), one("begun")},
		"a Space that is new":               {placed(t, "new", beginning), one("new")},
		"a Space that is adopted":           {placed(t, "others", beginning), looks{Expiry: []string{"others"}, Complete: []string{"others", "others"}}},
		"a namespace of others":             {changed(bare("others"), labelled("test")), one("others")},
		"a Space that cannot be read":       {spoilt("a"), one("a")},
		"a Space that is being deleted":     {changed(placed(t, "a", ofRed), deletion), looks{}},
		"an account that is being deleted":  {changed(homeOf(t, "red", spacesapi.AccountSpec{Subjects: users}), deletion), looks{End: []string{"red"}}},
		"an account with the same spec":     {changed(homeOf(t, "red", spacesapi.AccountSpec{}), labelled("test")), looks{}},
		"an account with other subjects":    {homeOf(t, "red", spacesapi.AccountSpec{Subjects: users}), looks{Repair: []string{"a", "account-red", "begun"}}},
		"an account with another policy":    {homeOf(t, "red", spacesapi.AccountSpec{Space: lasting("4h")}), looks{Repair: []string{"a", "account-red", "begun"}}},
		"an account that is new":            {homeOf(t, "blue", spacesapi.AccountSpec{Space: lasting("4h")}), looks{Repair: []string{"account-blue"}}},
		"another policy of the cluster":     {systemWith(t, lasting("4h")), looks{Repair: []string{"a", "b", "begun"}}},
		"the same policy of the cluster":    {changed(systemWith(t, spacesapi.SpacePolicy{}), labelled("test")), looks{}},
		"a namespace that nobody is behind": {changed(bare("account-others"), labelled("test")), looks{}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, a := observing(t)
				must(t, told(s.feeds).Replace(listed(inhabited(t)...), "1000"))
				time.Sleep(time.Minute)
				a.take()
				tc.namespace.ResourceVersion = "1001"
				must(t, told(s.feeds).Update(tc.namespace))
				time.Sleep(time.Minute)
				if diff := cmp.Diff(tc.want, a.take()); diff != "" {
					t.Errorf("looked at (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// A template that is applied again concerns those Spaces in place that are filled from it.
func TestTemplatesAreRolledOut(t *testing.T) {
	ofTemplate := func(name string) func(*spacesapi.Space) {
		return func(s *spacesapi.Space) { s.Spec.Template = name }
	}
	encoded := func(spec spacesapi.SpaceTemplateSpec) string {
		value, err := spacetemplate.NewMapping(codec()).Encode(&spacesapi.SpaceTemplate{Spec: spec}, nil)
		must(t, err)
		return value
	}
	for name, tc := range map[string]struct {
		value string
		gone  bool
		want  []string
	}{
		"one that is applied again": {value: encoded(reapplied()), want: []string{"a", "b"}},
		"one that is not":           {value: encoded(greeting())},
		"one that cannot be read":   {value: "{"},
		"one that is deleted":       {value: encoded(reapplied()), gone: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, a := observing(t)
				templates := fedByConfigMaps{s.feeds.templates}
				must(t, templates.Replace([]any{configMapOf("small", encoded(greeting()), "1")}, "1000"))
				begun := func(one *spacesapi.Space) { ofTemplate("small")(one); one.Status.Phase = spacesapi.SpaceProvisioning }
				must(t, told(s.feeds).Replace(listed(placed(t, "a", ofTemplate("small")), placed(t, "b", ofTemplate("small")), placed(t, "c", ofTemplate("large")),
					placed(t, "d", nil), placed(t, "begun", begun), bare("others")), "1000"))
				time.Sleep(time.Minute)
				a.take()
				changed := configMapOf("small", tc.value, "1001")
				if tc.gone {
					must(t, templates.Delete(changed))
				} else {
					must(t, templates.Update(changed))
				}
				time.Sleep(time.Minute)
				if diff := cmp.Diff(looks{Repair: tc.want}, a.take()); diff != "" {
					t.Errorf("looked at (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// What is gone concerns nobody but the index, which forgets who saw it.
func TestWhatIsGoneIsNotLookedAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, a := observing(t)
		all := inhabited(t)
		must(t, told(s.feeds).Replace(listed(all...), "1000"))
		time.Sleep(time.Minute)
		a.take()
		for _, namespace := range all {
			namespace.ResourceVersion = "1001"
			must(t, told(s.feeds).Delete(namespace))
		}
		time.Sleep(time.Minute)
		if diff := cmp.Diff(looks{}, a.take()); diff != "" {
			t.Errorf("looked at (-want +got):\n%s", diff)
		}
	})
}
