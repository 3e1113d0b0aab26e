// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

func TestValidateSpace(t *testing.T) {
	testCases := map[string]struct {
		change func(*spaces.Space)
		want   []string
	}{
		"a name is all it takes": {
			change: func(*spaces.Space) {},
		},
		"a name may have 63 characters": {
			change: func(s *spaces.Space) { s.Name = strings.Repeat("a", 63) },
		},
		"a name cannot have 64 characters": {
			change: func(s *spaces.Space) { s.Name = strings.Repeat("a", 64) },
			want:   []string{"metadata.name: Invalid value: must be no more than 63 characters"},
		},
		"a name cannot have a dot": {
			change: func(s *spaces.Space) { s.Name = "a.b" },
			want:   []string{"metadata.name: Invalid value: must not contain dots"},
		},
		"a name is needed": {
			change: func(s *spaces.Space) { s.Name = "" },
			want:   []string{"metadata.name: Required value: name or generateName is required"},
		},
		"a generated name may begin with what ends in a dash": {
			change: func(s *spaces.Space) { s.GenerateName, s.Name = "ci-", "ci-x7k2p" },
		},
		"a generated name cannot begin with a dot in it": {
			change: func(s *spaces.Space) { s.GenerateName, s.Name = "c.i-", "ci-x7k2p" },
			want:   []string{"metadata.generateName: Invalid value: must not contain dots"},
		},
		"a reserved name is refused with its pattern": {
			change: func(s *spaces.Space) { s.Name = "kube-dev" },
			want:   []string{`metadata.name: Forbidden: "kube-dev" is reserved for the platform (by the pattern "kube-*"): choose another name`},
		},
		"a generated name that is reserved is refused": {
			change: func(s *spaces.Space) { s.GenerateName, s.Name = "account-", "account-x7k2p" },
			want:   []string{`metadata.name: Forbidden: "account-x7k2p" is reserved for the platform (by the pattern "account-*")`},
		},
		"a namespace makes no sense": {
			change: func(s *spaces.Space) { s.Namespace = "x" },
			want:   []string{"metadata.namespace: Forbidden: not allowed on this type"},
		},
		"a ttl may be long": {
			change: func(s *spaces.Space) { s.Spec.TTL = new(spaces.Duration("87600h")) },
		},
		"a ttl of zero is never": {
			change: func(s *spaces.Space) { s.Spec.TTL = new(spaces.Duration("0s")) },
		},
		"a ttl cannot be longer than ten years": {
			change: func(s *spaces.Space) { s.Spec.TTL = new(spaces.Duration("87600h1s")) },
			want:   []string{`spec.ttl: Invalid value: must not be longer than 87600h (ten years); write "0s" for a Space that never expires`},
		},
		"a ttl cannot be negative": {
			change: func(s *spaces.Space) { s.Spec.TTL = new(spaces.Duration("-1s")) },
			want:   []string{`spec.ttl: Invalid value: must not be negative; write "0s" for a Space that never expires`},
		},
		"a ttl has no days": {
			change: func(s *spaces.Space) { s.Spec.TTL = new(spaces.Duration("1d")) },
			want:   []string{`spec.ttl: Invalid value: must be a duration such as "2h", "1h30m" or "90s"; h is the largest unit, so write "24h" for a day`},
		},
		"a ttl cannot be empty text": {
			change: func(s *spaces.Space) { s.Spec.TTL = new(spaces.Duration("")) },
			want:   []string{`spec.ttl: Invalid value: must be a duration`},
		},
		"a ttl cannot overflow": {
			change: func(s *spaces.Space) { s.Spec.TTL = new(spaces.Duration("9999999999h")) },
			want:   []string{`spec.ttl: Invalid value: must be a duration`},
		},
		"an account may be named": {
			change: func(s *spaces.Space) { s.Spec.Account = "team-a" },
		},
		"an account has the name of one": {
			change: func(s *spaces.Space) { s.Spec.Account = "Team A" },
			want:   []string{"spec.account: Invalid value: a lowercase RFC 1123 label must"},
		},
		"a quota may be asked for": {
			change: func(s *spaces.Space) { s.Spec.Quota = quota("pods", "20", "requests.cpu", "500m") },
		},
		"a quota must be one": {
			change: func(s *spaces.Space) { s.Spec.Quota = quota("pods", "-1", "spaces", "1") },
			want: []string{
				"spec.quota.hard[pods]: Invalid value: must not be negative",
				"spec.quota.hard[spaces]: Invalid value: must be a resource inside a Space",
			},
		},
		"a template may be named, and have parameters": {
			change: func(s *spaces.Space) {
				s.Spec.Template, s.Spec.Parameters = "web-1", map[string]string{"image": "nginx", "a-b_C9": ""}
			},
		},
		"a template has the name of one": {
			change: func(s *spaces.Space) { s.Spec.Template = "web.v1" },
			want:   []string{"spec.template: Invalid value: must not contain dots"},
		},
		"a parameter has the name of one": {
			change: func(s *spaces.Space) {
				s.Spec.Parameters = map[string]string{"": "a", "a b": "c", "${a}": "d", strings.Repeat("a", 64): "e", strings.Repeat("a", 63): "f"}
			},
			want: []string{
				`spec.parameters[]: Invalid value: must be the name of a parameter: letters, digits, "-" and "_", with a letter first, and no more than 63 of them`,
				"spec.parameters[${a}]: Invalid value: ",
				"spec.parameters[a b]: Invalid value: ",
				"spec.parameters[" + strings.Repeat("a", 64) + "]: Invalid value: ",
			},
		},
		"there may be a hundred parameters": {
			change: func(s *spaces.Space) { s.Spec.Parameters = manyParameters(100) },
		},
		"there cannot be more parameters": {
			change: func(s *spaces.Space) { s.Spec.Parameters = manyParameters(101) },
			want:   []string{"spec.parameters: Too many: must have at most 100 items"},
		},
		"parameters cannot be too large": {
			change: func(s *spaces.Space) {
				s.Spec.Parameters = map[string]string{"a": strings.Repeat("x", MaxSpecBytes/2), "b": strings.Repeat("x", MaxSpecBytes/2)}
			},
			want: []string{"spec: Too long: spec takes 32"},
		},
		"a spec cannot be too large": {
			change: func(s *spaces.Space) { s.Spec.Quota = manyResources(MaxSpecBytes + 100) },
			want:   []string{"spec: Too long: spec takes 32"},
		},
		"the status is not looked at": {
			change: func(s *spaces.Space) { s.Status.Phase = "Nonsense" },
		},
		"everything wrong is told at once": {
			change: func(s *spaces.Space) {
				s.Name, s.Finalizers, s.Spec.TTL = "default", []string{"a/b"}, new(spaces.Duration("x"))
			},
			want: []string{
				"metadata.name: Forbidden: ",
				"metadata.finalizers: Forbidden: ",
				"spec.ttl: Invalid value: ",
			},
		},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			space := newSpace()
			tc.change(space)
			expectErrors(t, tc.want, ValidateSpace(space, defaultOptions(t)))
		})
	}
}

func TestValidateSpaceUpdate(t *testing.T) {
	testCases := map[string]struct {
		old    func(*spaces.Space)
		change func(*spaces.Space)
		want   []string
	}{
		"nothing needs to change": {
			change: func(*spaces.Space) {},
		},
		"a ttl may be changed": {
			change: func(s *spaces.Space) { s.Spec.TTL = new(spaces.Duration("4h")) },
		},
		"a ttl may be removed": {
			old:    func(s *spaces.Space) { s.Spec.TTL = new(spaces.Duration("4h")) },
			change: func(s *spaces.Space) { s.Spec.TTL = nil },
		},
		"a ttl is checked when it changes": {
			old:    func(s *spaces.Space) { s.Spec.TTL = new(spaces.Duration("4h")) },
			change: func(s *spaces.Space) { s.Spec.TTL = new(spaces.Duration("-4h")) },
			want:   []string{"spec.ttl: Invalid value: must not be negative"},
		},
		"a ttl that is older than the rule may stay": {
			old:    func(s *spaces.Space) { s.Spec.TTL = new(spaces.Duration("forever")) },
			change: func(s *spaces.Space) { s.Labels = map[string]string{"team": "a"} },
		},
		"an account that is older than the rule may stay": {
			old:    func(s *spaces.Space) { s.Spec.Account = "Team A" },
			change: func(s *spaces.Space) { s.Labels = map[string]string{"team": "a"} },
		},
		"an account is checked when it changes": {
			old:    func(s *spaces.Space) { s.Spec.Account = "Team A" },
			change: func(s *spaces.Space) { s.Spec.Account = "Team B" },
			want:   []string{"spec.account: Invalid value: "},
		},
		"an account may be removed": {
			old:    func(s *spaces.Space) { s.Spec.Account = "Team A" },
			change: func(s *spaces.Space) { s.Spec.Account = "" },
		},
		"a quota is checked where it changes": {
			old:    func(s *spaces.Space) { s.Spec.Quota = quota("pod", "1", "pods", "1") },
			change: func(s *spaces.Space) { s.Spec.Quota = quota("pod", "1", "pods", "-1") },
			want:   []string{"spec.quota.hard[pods]: Invalid value: must not be negative"},
		},
		"a template that is older than the rule may stay": {
			old:    func(s *spaces.Space) { s.Spec.Template = "Web" },
			change: func(s *spaces.Space) { s.Labels = map[string]string{"team": "a"} },
		},
		"a template is checked when it changes": {
			old:    func(s *spaces.Space) { s.Spec.Template = "Web" },
			change: func(s *spaces.Space) { s.Spec.Template = "Other" },
			want:   []string{"spec.template: Invalid value: a lowercase RFC 1123 label must"},
		},
		"a template may be removed": {
			old:    func(s *spaces.Space) { s.Spec.Template = "Web" },
			change: func(s *spaces.Space) { s.Spec.Template = "" },
		},
		"a parameter that is older than the rule may stay, and get another value": {
			old:    func(s *spaces.Space) { s.Spec.Parameters = map[string]string{"a b": "c"} },
			change: func(s *spaces.Space) { s.Spec.Parameters["a b"] = "d" },
		},
		"a parameter is checked when it joins": {
			old:    func(s *spaces.Space) { s.Spec.Parameters = map[string]string{"a b": "c"} },
			change: func(s *spaces.Space) { s.Spec.Parameters["b c"] = "d" },
			want:   []string{"spec.parameters[b c]: Invalid value: must be the name of a parameter"},
		},
		"too many parameters may become fewer": {
			old:    func(s *spaces.Space) { s.Spec.Parameters = manyParameters(120) },
			change: func(s *spaces.Space) { s.Spec.Parameters = manyParameters(110) },
		},
		"a spec that is too large may stay": {
			old:    func(s *spaces.Space) { s.Spec.Quota = manyResources(MaxSpecBytes + 1000) },
			change: func(s *spaces.Space) { s.Labels = map[string]string{"team": "a"} },
		},
		"a name that is reserved since may stay": {
			old:    func(s *spaces.Space) { s.Name = "kube-dev" },
			change: func(s *spaces.Space) { s.Spec.TTL = new(spaces.Duration("4h")) },
		},
		"a name cannot change": {
			change: func(s *spaces.Space) { s.Name = "other" },
			want:   []string{"metadata.name: Invalid value: field is immutable"},
		},
		"a uid cannot change": {
			change: func(s *spaces.Space) { s.UID = "other" },
			want:   []string{"metadata.uid: Invalid value: field is immutable"},
		},
		"a resourceVersion is needed": {
			change: func(s *spaces.Space) { s.ResourceVersion = "" },
			want:   []string{"metadata.resourceVersion: Invalid value: must be specified for an update"},
		},
		"a label must be one": {
			change: func(s *spaces.Space) { s.Labels = map[string]string{"team": "a b"} },
			want:   []string{"metadata.labels: Invalid value: a valid label must be"},
		},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			old := newSpace()
			if tc.old != nil {
				tc.old(old)
			}
			space := old.DeepCopy()
			tc.change(space)
			expectErrors(t, tc.want, ValidateSpaceUpdate(space, old))
		})
	}
}

// manyResources returns a quota of about so many bytes as JSON, all of it valid.
func manyResources(bytes int) *spaces.Quota {
	many := quota()
	for i := range bytes / 50 {
		many.Hard[corev1.ResourceName(fmt.Sprintf("count/%04d%s", i, strings.Repeat("x", 33)))] = resource.MustParse("1")
	}
	return many
}

func manyParameters(count int) map[string]string {
	many := map[string]string{}
	for i := range count {
		many[fmt.Sprintf("p%d", i)] = ""
	}
	return many
}

func newSpace() *spaces.Space {
	return &spaces.Space{ObjectMeta: metav1.ObjectMeta{Name: "dev", UID: "u", ResourceVersion: "1"}}
}

func defaultOptions(t *testing.T) Options {
	t.Helper()
	reserved, err := NewReservedNames(DefaultReservedNames())
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
	return Options{ReservedNames: reserved}
}

// expectErrors fails the test unless there is one error for each text that is wanted, in their order, with the text at its
// beginning: the field, the type and the detail, but not the value.
func expectErrors(t *testing.T, want []string, errs field.ErrorList) {
	t.Helper()
	var got []string
	for i, err := range errs {
		text := err.Field + ": " + err.Type.String() + ": " + err.Detail
		if i < len(want) && strings.HasPrefix(text, want[i]) {
			text = want[i]
		}
		got = append(got, text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("unexpected errors (-want +got):\n%s", diff)
	}
}
