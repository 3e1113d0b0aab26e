// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"math/rand/v2"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

func TestHash(t *testing.T) {
	testCases := map[string]struct {
		reapply     bool
		change      func(spec *spaces.SpaceTemplateSpec, space *spaces.Space)
		wantChange  bool
		wantCurrent bool
	}{
		"nothing needs to change":          {wantCurrent: true, change: func(*spaces.SpaceTemplateSpec, *spaces.Space) {}},
		"a parameter changes it":           {wantChange: true, change: func(_ *spaces.SpaceTemplateSpec, s *spaces.Space) { s.Spec.Parameters["s"] = "b" }},
		"a parameter less changes it":      {wantChange: true, change: func(_ *spaces.SpaceTemplateSpec, s *spaces.Space) { s.Spec.Parameters = nil }},
		"the account changes it":           {wantChange: true, change: func(_ *spaces.SpaceTemplateSpec, s *spaces.Space) { s.Spec.Account = "other" }},
		"the name of the Space changes it": {wantChange: true, change: func(_ *spaces.SpaceTemplateSpec, s *spaces.Space) { s.Name = "other" }},
		"other fields do not": {wantCurrent: true, change: func(_ *spaces.SpaceTemplateSpec, s *spaces.Space) {
			s.Labels, s.Generation = map[string]string{"a": "b"}, 7
		}},
		"a template that is not applied again":   {wantCurrent: true, change: func(s *spaces.SpaceTemplateSpec, _ *spaces.Space) { s.Objects = nil }},
		"a template that is from now on":         {wantChange: true, change: func(s *spaces.SpaceTemplateSpec, _ *spaces.Space) { s.Reapply = true }},
		"a template that is not any more":        {reapply: true, wantChange: true, wantCurrent: true, change: func(s *spaces.SpaceTemplateSpec, _ *spaces.Space) { s.Reapply, s.Objects = false, nil }},
		"a template that is, with other objects": {reapply: true, wantChange: true, change: func(s *spaces.SpaceTemplateSpec, _ *spaces.Space) { s.Objects = s.Objects[:1] }},
		"a template that is, in another order": {reapply: true, wantChange: true, change: func(s *spaces.SpaceTemplateSpec, _ *spaces.Space) {
			s.Objects[0], s.Objects[1] = s.Objects[1], s.Objects[0]
		}},
		"a template that is, with another default":  {reapply: true, wantChange: true, change: func(s *spaces.SpaceTemplateSpec, _ *spaces.Space) { s.Parameters[0].Default = new("") }},
		"a template that is, without that default":  {reapply: true, wantChange: true, change: func(s *spaces.SpaceTemplateSpec, _ *spaces.Space) { s.Parameters[0].Default = nil }},
		"a template that is, with other parameters": {reapply: true, wantChange: true, change: func(_ *spaces.SpaceTemplateSpec, s *spaces.Space) { s.Spec.Parameters["s"] = "b" }},
		"a template that is, written differently": {reapply: true, wantCurrent: true, change: func(s *spaces.SpaceTemplateSpec, _ *spaces.Space) {
			s.Objects[0].Raw = []byte(` { "metadata" : {"name":"\u0061"}, "kind":"ConfigMap", "data":{}, "apiVersion":"v1"}`)
		}},
		"a template that is, and no manifest": {reapply: true, wantChange: true, change: func(s *spaces.SpaceTemplateSpec, _ *spaces.Space) { s.Objects[0].Raw = []byte("{") }},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			spec, space := specOf(configMap("a", ""), configMap("b", "")), spaceWith(map[string]string{"s": "a"})
			spec.Reapply = tc.reapply
			before := Hash("web", spec, space)
			tc.change(spec, space)
			after := Hash("web", spec, space)
			if changed := before != after; changed != tc.wantChange {
				t.Errorf("want a change: %v, got %q and %q", tc.wantChange, before, after)
			}
			if current := Current(before, after); current != tc.wantCurrent {
				t.Errorf("want it current: %v, got %q and %q", tc.wantCurrent, before, after)
			}
		})
	}
}

// inputs are what a hash is of.
type inputs struct {
	name  string
	spec  *spaces.SpaceTemplateSpec
	space *spaces.Space
}

// newInputs makes random ones, with few enough texts that they meet each other, and with those that look like what is
// between them.
func newInputs(r *rand.Rand) inputs {
	text := func() string {
		return []string{"", "a", `"`, `" "`, "a b", "\n", "map[]", `a":"a`, "\xff", "\xfe"}[r.IntN(10)]
	}
	in := inputs{name: text(), spec: &spaces.SpaceTemplateSpec{Reapply: r.IntN(2) == 0}, space: spaceWith(nil)}
	in.space.Name, in.space.Spec.Account = text(), text()
	for range r.IntN(3) {
		if in.space.Spec.Parameters == nil {
			in.space.Spec.Parameters = map[string]string{}
		}
		in.space.Spec.Parameters[text()] = text()
	}
	for range r.IntN(3) {
		p := spaces.TemplateParameter{Name: text(), Description: text(), Type: spaces.ParameterType(text()), Pattern: text()}
		if r.IntN(2) == 0 {
			p.Default = new(text())
		}
		in.spec.Parameters = append(in.spec.Parameters, p)
	}
	for range r.IntN(3) {
		in.spec.Objects = append(in.spec.Objects, runtime.RawExtension{Raw: []byte(text())})
	}
	return in
}

// mutate changes one thing, or nothing.
func (in inputs) mutate(r *rand.Rand) inputs {
	out := inputs{name: in.name, spec: in.spec.DeepCopy(), space: in.space.DeepCopy()}
	other := newInputs(r)
	switch r.IntN(8) {
	case 0:
		out.name = other.name
	case 1:
		out.space.Name = other.space.Name
	case 2:
		out.space.Spec.Account = other.space.Spec.Account
	case 3:
		out.space.Spec.Parameters = other.space.Spec.Parameters
	case 4:
		out.spec.Parameters = other.spec.Parameters
	case 5:
		out.spec.Objects = other.spec.Objects
	case 6:
		out.spec.Reapply = other.spec.Reapply
	}
	return out
}

// counts returns what makes a difference.
func (in inputs) counts() any {
	spec := in.spec.DeepCopy()
	if !spec.Reapply {
		spec = &spaces.SpaceTemplateSpec{}
	}
	parameters := in.space.Spec.Parameters
	if len(parameters) == 0 {
		parameters = nil
	}
	return []any{in.name, in.space.Name, in.space.Spec.Account, parameters, spec}
}

func FuzzHashDiffersWhereItsInputsDo(f *testing.F) {
	for seed := range uint64(2000) {
		f.Add(seed)
	}
	format := regexp.MustCompile("^([0-9a-f]{16}|[0-9a-f]{32})$")
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 0))
		a := newInputs(r)
		b := a.mutate(r)
		hashA, hashB := Hash(a.name, a.spec, a.space), Hash(b.name, b.spec, b.space)
		if diff := cmp.Diff(a.counts(), b.counts()); (diff == "") != (hashA == hashB) {
			t.Errorf("the hashes are %s and %s, and the inputs differ by:\n%s", hashA, hashB, diff)
		}
		if again := Hash(a.name, a.spec, a.space); again != hashA || !format.MatchString(hashA) {
			t.Errorf("the hash is %q once, and %q again", hashA, again)
		}
	})
}
