// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/registry/backing"
)

func testStrategy() strategy {
	scheme, _ := testScheme()
	return strategy{backing.NewStrategy(scheme)}
}

func asAlice(ctx context.Context) context.Context {
	return request.WithUser(ctx, &user.DefaultInfo{Name: "alice"})
}

func users(names ...string) []rbacv1.Subject {
	var subjects []rbacv1.Subject
	for _, name := range names {
		subjects = append(subjects, rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name})
	}
	return subjects
}

// budgetOf returns a budget of so many Spaces.
func budgetOf(count string) *spaces.QuotaStatus {
	return &spaces.QuotaStatus{Hard: corev1.ResourceList{spaces.ResourceSpaces: resource.MustParse(count)}}
}

func TestStrategyCreate(t *testing.T) {
	for name, tc := range map[string]struct {
		ctx  func(context.Context) context.Context
		want spaces.AccountStatus
	}{
		"the status is ours": {ctx: asAlice, want: spaces.AccountStatus{CreatedBy: "alice"}},
		"nobody has made it": {ctx: func(ctx context.Context) context.Context { return ctx }},
	} {
		t.Run(name, func(t *testing.T) {
			account := accountNamed("a")
			account.Generation = 7
			account.Status = spaces.AccountStatus{CreatedBy: "root", Spaces: 9, Quota: budgetOf("99"), Conditions: []metav1.Condition{{Type: "Ready"}}}
			testStrategy().PrepareForCreate(tc.ctx(t.Context()), account)
			if diff := cmp.Diff(tc.want, account.Status); diff != "" || account.Generation != 1 {
				t.Errorf("generation %d; status (-want +got):\n%s", account.Generation, diff)
			}
		})
	}
}

func TestStrategyUpdate(t *testing.T) {
	for name, tc := range map[string]struct {
		change     func(*spaces.Account)
		generation int64
	}{
		"what changes nothing":          {change: func(*spaces.Account) {}, generation: 3},
		"a label is not of the spec":    {change: func(a *spaces.Account) { a.Labels = map[string]string{"team": "red"} }, generation: 3},
		"others have other subjects":    {change: func(a *spaces.Account) { a.Spec.Subjects = users("bob") }, generation: 4},
		"another policy":                {change: func(a *spaces.Account) { a.Spec.Space.ClusterRole = "edit" }, generation: 4},
		"a generation is not for sale":  {change: func(a *spaces.Account) { a.Generation = 99 }, generation: 3},
		"nor is a status for the asker": {change: func(a *spaces.Account) { a.Status.CreatedBy = "mallory" }, generation: 3},
		"nor is what is charged":        {change: func(a *spaces.Account) { a.Status.Spaces, a.Status.Quota = 0, budgetOf("99") }, generation: 3},
		"another budget":                {change: func(a *spaces.Account) { a.Spec.Quota = &spaces.Quota{Hard: budgetOf("99").Hard} }, generation: 4},
	} {
		t.Run(name, func(t *testing.T) {
			old := accountNamed("a")
			old.Generation, old.Spec.Subjects = 3, users("alice")
			old.Status = spaces.AccountStatus{CreatedBy: "alice", Spaces: 2, Quota: budgetOf("10"), Conditions: []metav1.Condition{{Type: "Ready", ObservedGeneration: 3}}}
			account := old.DeepCopy()
			tc.change(account)
			testStrategy().PrepareForUpdate(t.Context(), account, old)
			want := old.Status.DeepCopy()
			want.Conditions[0].ObservedGeneration = tc.generation
			if diff := cmp.Diff(*want, account.Status); diff != "" || account.Generation != tc.generation {
				t.Errorf("generation %d, want %d; status (-want +got):\n%s", account.Generation, tc.generation, diff)
			}
		})
	}
}

// However long what a name begins with, the home of the account can have it, and it is not always the same.
func TestStrategyGeneratesNames(t *testing.T) {
	long := strings.Repeat("a", 55)
	for base, wantBase := range map[string]string{"team-": "team-", long[:50]: long[:50], long: long[:50]} {
		one, other := accountNamed(testStrategy().GenerateName(base)), testStrategy().GenerateName(base)
		if !strings.HasPrefix(one.Name, wantBase) || len(one.Name) != len(wantBase)+5 || one.Name == other {
			t.Errorf("of %q are generated %q and %q, want five characters behind %q", base, one.Name, other, wantBase)
		}
		if errs := testStrategy().Validate(t.Context(), one); len(errs) > 0 {
			t.Errorf("the name %q is wrong: %v", one.Name, errs)
		}
	}
}

func TestStrategyValidates(t *testing.T) {
	good, bad := accountNamed("a"), accountNamed("a")
	bad.Spec.Subjects = []rbacv1.Subject{{Kind: "Robot", Name: "r2"}}
	for name, account := range map[string]*spaces.Account{"what is right": good, "what is wrong": bad} {
		t.Run(name, func(t *testing.T) {
			old := good.DeepCopy()
			old.ResourceVersion = "1"
			changed := account.DeepCopy()
			changed.ResourceVersion = "1"
			created, updated := testStrategy().Validate(t.Context(), account), testStrategy().ValidateUpdate(t.Context(), changed, old)
			if wrong := account == bad; (len(created) > 0) != wrong || (len(updated) > 0) != wrong {
				t.Errorf("errors: %v and %v", created, updated)
			}
		})
	}
}

func TestTable(t *testing.T) {
	for name, tc := range map[string]struct {
		subjects []rbacv1.Subject
		want     string
	}{
		"nobody":        {want: "<none>"},
		"one":           {subjects: []rbacv1.Subject{{Kind: "Group", Name: "devs"}}, want: "Group/devs"},
		"as many as go": {subjects: users("a", "b", "c"), want: "User/a,User/b,User/c"},
		"more than go":  {subjects: users("a", "b", "c", "d", "e"), want: "User/a,User/b,User/c + 2 more..."},
	} {
		t.Run(name, func(t *testing.T) {
			account := accountNamed("a")
			account.Spec.Subjects = tc.subjects
			account.Status.Spaces, account.Status.Quota = 2, budgetOf("10")
			got, err := newTable().ConvertToTable(t.Context(), account, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]any{"a", tc.want, "2/10", "<none>", "<none>", "<none>", "<unknown>"}, got.Rows[0].Cells); diff != "" {
				t.Errorf("cells (-want +got):\n%s", diff)
			}
			if len(got.ColumnDefinitions) != len(got.Rows[0].Cells) {
				t.Errorf("%d columns of %d cells", len(got.ColumnDefinitions), len(got.Rows[0].Cells))
			}
		})
	}
}
