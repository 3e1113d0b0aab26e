// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// world makes random policies, with few enough values that they meet each other.
type world struct{ *rand.Rand }

func (w world) maybe() bool { return w.IntN(2) == 0 }

func (w world) ttl() *spaces.Duration {
	texts := []spaces.Duration{"0", "0s", "1s", "59m", "60m", "1h", "1h0m0s", "2h", "87600h"}
	if w.maybe() {
		return nil
	}
	return new(texts[w.IntN(len(texts))])
}

func (w world) quota() *spaces.Quota {
	if w.IntN(4) == 0 {
		return nil
	}
	names := []corev1.ResourceName{"pods", "requests.cpu", "requests.memory", "count/jobs.batch"}
	amounts := []string{"0", "1", "1000m", "1500m", "2", "1Ki", "1k", "9223372036854775807"}
	hard := corev1.ResourceList{}
	for range w.IntN(4) {
		hard[names[w.IntN(len(names))]] = resource.MustParse(amounts[w.IntN(len(amounts))])
	}
	return &spaces.Quota{Hard: hard}
}

func (w world) policy() spaces.SpacePolicy {
	p := spaces.SpacePolicy{
		DefaultTTL: w.ttl(), MaxTTL: w.ttl(), MaxLifetime: w.ttl(),
		DefaultQuota: w.quota(), MaxQuota: w.quota(),
		ClusterRole: []string{"", "edit", "view"}[w.IntN(3)],
		PodSecurity: []spaces.PodSecurityLevel{"", "privileged", "restricted"}[w.IntN(3)],
	}
	if w.maybe() {
		p.Access = []spaces.Access{{ClusterRole: "edit", Subjects: []rbacv1.Subject{{Name: []string{"a", "b"}[w.IntN(2)]}}}}
	}
	if w.maybe() {
		p.Propagate = &spaces.Propagate{Labels: []string{"a", "b"}[w.IntN(2):]}
	}
	if w.maybe() {
		p.NetworkIsolation = new(w.maybe())
	}
	return p
}

// eachWorld runs the check with the worlds of many seeds, or with more of them if it fuzzes.
func eachWorld(f *testing.F, check func(*testing.T, world)) {
	f.Helper()
	for seed := range uint64(1000) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { check(t, world{rand.New(rand.NewPCG(seed, 0))}) })
}

func FuzzMergeIsAssociative(f *testing.F) {
	eachWorld(f, func(t *testing.T, w world) {
		a, b, c := w.policy(), w.policy(), w.policy()
		if diff := cmp.Diff(Merge(Merge(a, b), c), Merge(a, Merge(b, c))); diff != "" {
			t.Errorf("(a b) c is not a (b c) (-left +right):\n%s", diff)
		}
	})
}

func FuzzMergeWithNothingChangesNothing(f *testing.F) {
	eachWorld(f, func(t *testing.T, w world) {
		p := w.policy()
		for _, merged := range []spaces.SpacePolicy{Merge(p, spaces.SpacePolicy{}), Merge(spaces.SpacePolicy{}, p), Merge(p, p)} {
			if diff := cmp.Diff(p, merged); diff != "" {
				t.Errorf("unexpected policy (-want +got):\n%s", diff)
			}
		}
	})
}

func FuzzCompleteLeavesNothingOpen(f *testing.F) {
	eachWorld(f, func(t *testing.T, w world) {
		p := Complete(w.policy())
		if p.ClusterRole == "" || p.PodSecurity == "" || p.NetworkIsolation == nil {
			t.Errorf("something is open still: %+v", p)
		}
		if diff := cmp.Diff(p, Complete(p)); diff != "" {
			t.Errorf("completing it again changes it (-once +twice):\n%s", diff)
		}
	})
}

// A caller who asks for nothing gets a Space, whatever the policies are.
func FuzzDefaultsAreWithinTheCeilings(f *testing.F) {
	eachWorld(f, func(t *testing.T, w world) {
		account := w.policy()
		p := Merge(w.policy(), account)
		space := &spaces.Space{}
		Default(&space.Spec, p)
		if errs := Check(space, nil, p, Source{Account: "a", Policy: account}, noon); len(errs) > 0 {
			t.Errorf("the policy %+v refuses what it gives, which is %+v: %v", p, space.Spec, errs)
		}
		once := space.DeepCopy()
		Default(&space.Spec, p)
		if diff := cmp.Diff(once, space); diff != "" {
			t.Errorf("filling it in again changes it (-once +twice):\n%s", diff)
		}
	})
}

func FuzzDefaultKeepsWhatWasAskedFor(f *testing.F) {
	eachWorld(f, func(t *testing.T, w world) {
		asked := spaces.SpaceSpec{Account: "a", TTL: w.ttl(), Quota: w.quota()}
		spec := asked.DeepCopy()
		Default(spec, w.policy())
		if spec.Account != "a" || (asked.TTL != nil && *spec.TTL != *asked.TTL) {
			t.Errorf("%+v was asked for, and became %+v", asked, spec)
		}
		for name, amount := range hard(asked.Quota) {
			if got := spec.Quota.Hard[name]; got.Cmp(amount) != 0 {
				t.Errorf("%s of %s was asked for, and became %s", amount.String(), name, got.String())
			}
		}
	})
}

// A Space that is there can be labelled, and whatever else leaves its spec as it is.
func FuzzWhatHasNotChangedIsNotWrong(f *testing.F) {
	eachWorld(f, func(t *testing.T, w world) {
		old := sixHoursOld(spaces.SpaceSpec{Account: "a", TTL: w.ttl(), Quota: w.quota()})
		if errs := Check(old.DeepCopy(), old, w.policy(), Source{}, noon); len(errs) > 0 {
			t.Errorf("unexpected errors for %+v: %v", old.Spec, errs)
		}
	})
}

// Check against what the ceilings mean, from the Space's end on.
func FuzzCheckMeansWhatItSays(f *testing.F) {
	eachWorld(f, func(t *testing.T, w world) {
		p := w.policy()
		space := &spaces.Space{Spec: spaces.SpaceSpec{TTL: w.ttl(), Quota: w.quota()}}
		refused := len(Check(space, nil, p, Source{}, noon)) > 0
		if want := !within(space.Spec, p); refused != want {
			t.Errorf("want it refused: %v, got %v, for %+v under %+v", want, refused, space.Spec, p)
		}
	})
}

func within(spec spaces.SpaceSpec, p spaces.SpacePolicy) bool {
	end := func(d *spaces.Duration) (time.Time, bool) {
		if d == nil || *d == "0" || *d == "0s" {
			return time.Time{}, false
		}
		value, err := time.ParseDuration(string(*d))
		return noon.Add(value), err == nil
	}
	expiry, expires := end(spec.TTL)
	for _, ceiling := range []*spaces.Duration{p.MaxTTL, p.MaxLifetime} {
		if latest, is := end(ceiling); is && (!expires || expiry.After(latest)) {
			return false
		}
	}
	if p.MaxQuota == nil {
		return true
	}
	for name, highest := range p.MaxQuota.Hard {
		if spec.Quota == nil {
			return false
		}
		if asked, ok := spec.Quota.Hard[name]; !ok || asked.AsDec().Cmp(highest.AsDec()) > 0 {
			return false
		}
	}
	return true
}

// What one function returns may be changed without anybody noticing.
func FuzzMemoryIsNotShared(f *testing.F) {
	eachWorld(f, func(t *testing.T, w world) {
		a, b := w.policy(), w.policy()
		before := []*spaces.SpacePolicy{a.DeepCopy(), b.DeepCopy()}
		for _, p := range []spaces.SpacePolicy{Merge(a, b), Complete(a)} {
			var spec spaces.SpaceSpec
			Default(&spec, p)
			kept := spec.DeepCopy()
			scribble(&p)
			if diff := cmp.Diff(kept, &spec); diff != "" {
				t.Errorf("the spec shares memory with its policy (-want +got):\n%s", diff)
			}
		}
		if diff := cmp.Diff(before, []*spaces.SpacePolicy{&a, &b}); diff != "" {
			t.Errorf("the policy shares memory with what it was merged from (-want +got):\n%s", diff)
		}
	})
}

// scribble changes all that the policy points to.
func scribble(p *spaces.SpacePolicy) {
	for _, d := range []*spaces.Duration{p.DefaultTTL, p.MaxTTL, p.MaxLifetime} {
		if d != nil {
			*d = "7ms"
		}
	}
	for _, q := range []*spaces.Quota{p.DefaultQuota, p.MaxQuota} {
		for name := range hard(q) {
			q.Hard[name] = resource.MustParse("7")
		}
	}
	for i := range p.Access {
		p.Access[i].Subjects[0].Name, p.Access[i].ClusterRole = "scribbled", "scribbled"
	}
	if p.Propagate != nil {
		p.Propagate.Labels[0] = "scribbled"
	}
	if p.NetworkIsolation != nil {
		*p.NetworkIsolation = !*p.NetworkIsolation
	}
}
