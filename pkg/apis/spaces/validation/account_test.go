// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"fmt"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

func TestValidateAccount(t *testing.T) {
	const wantShort = `metadata.name: Invalid value: must be no more than 55 characters, so that "account-" and the name are the name of a namespace`
	const wantPrintable = "metadata.annotations[spaces.tenancy.example.io/contact]: Invalid value: must be of printable characters"
	testCases := map[string]struct {
		change func(*spaces.Account)
		want   []string
	}{
		"a name is all it takes": {
			change: func(*spaces.Account) {},
		},
		"a name may have 55 characters": {
			change: func(a *spaces.Account) { a.Name = strings.Repeat("a", 55) },
		},
		"a name cannot have 56 characters": {
			change: func(a *spaces.Account) { a.Name = strings.Repeat("a", 56) },
			want:   []string{wantShort},
		},
		"a name cannot have a dot": {
			change: func(a *spaces.Account) { a.Name = "a.b" },
			want:   []string{"metadata.name: Invalid value: must not contain dots"},
		},
		"a name cannot begin with a dash, though its home could": {
			change: func(a *spaces.Account) { a.Name = "-a" },
			want:   []string{"metadata.name: Invalid value: a lowercase RFC 1123 label must"},
		},
		"a name is needed": {
			change: func(a *spaces.Account) { a.Name = "" },
			want:   []string{"metadata.name: Required value: name or generateName is required"},
		},
		"no name is reserved": {
			change: func(a *spaces.Account) { a.Name = "kube-system" },
		},
		"a generated name may begin with what ends in a dash": {
			change: func(a *spaces.Account) { a.GenerateName, a.Name = "ci-", "ci-x7k2p" },
		},
		"a generated name must be short as well": {
			change: func(a *spaces.Account) {
				a.GenerateName = strings.Repeat("a", 51)
				a.Name = a.GenerateName + "x7k2p"
			},
			want: []string{wantShort},
		},
		"a namespace makes no sense": {
			change: func(a *spaces.Account) { a.Namespace = "x" },
			want:   []string{"metadata.namespace: Forbidden: not allowed on this type"},
		},
		"finalizers are refused": {
			change: func(a *spaces.Account) { a.Finalizers = []string{"example.com/keep"} },
			want:   []string{"metadata.finalizers: Forbidden: an Account has no finalizers: remove them, or set them on an object inside its home, which holds its deletion up as well"},
		},
		"owners are refused": {
			change: func(a *spaces.Account) { a.OwnerReferences = []metav1.OwnerReference{{}} },
			want:   []string{"metadata.ownerReferences: Forbidden: an Account has no owners: remove them, and delete the Account itself"},
		},
		"a budget may count Spaces": {
			change: func(a *spaces.Account) { a.Spec.Quota = quota("spaces", "10", "requests.cpu", "20") },
		},
		"a budget is checked": {
			change: func(a *spaces.Account) { a.Spec.Quota = quota("spaces", "-1", "cups", "20") },
			want: []string{
				"spec.quota.hard[cups]: Invalid value: must be a resource that a ResourceQuota limits",
				"spec.quota.hard[spaces]: Invalid value: must not be negative",
			},
		},
		"it may be said whom to ask": {
			change: func(a *spaces.Account) { a.Annotations = contact("sre@example.org, #sre") },
		},
		"but not to a machine": {
			change: func(a *spaces.Account) { a.Annotations = contact("sre\x00") },
			want:   []string{wantPrintable},
		},
		"the status is not looked at": {
			change: func(a *spaces.Account) { a.Status.Conditions = []metav1.Condition{{Type: "Nonsense"}} },
		},
		"everything wrong is told at once": {
			change: func(a *spaces.Account) {
				a.Name, a.Labels = "A", map[string]string{"spaces.tenancy.example.io/a": "b"}
				a.Spec.Subjects = []rbacv1.Subject{{Kind: "Robot", Name: "a"}}
				a.Spec.Space.MaxTTL = new(spaces.Duration("x"))
			},
			want: []string{
				"metadata.name: Invalid value: ",
				"metadata.labels[spaces.tenancy.example.io/a]: Forbidden: ",
				"spec.subjects[0].kind: Unsupported value: ",
				"spec.space.maxTTL: Invalid value: ",
			},
		},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			account := newAccount()
			tc.change(account)
			expectErrors(t, tc.want, ValidateAccount(account))
		})
	}
}

func TestValidateAccountUpdate(t *testing.T) {
	testCases := map[string]struct {
		old    func(*spaces.Account)
		change func(*spaces.Account)
		want   []string
	}{
		"nothing needs to change": {
			change: func(*spaces.Account) {},
		},
		"a name that is longer than the rule may stay": {
			old:    func(a *spaces.Account) { a.Name = strings.Repeat("a", 60) },
			change: func(a *spaces.Account) { a.Labels = map[string]string{"team": "a"} },
		},
		"a budget that is older than a rule may stay": {
			old:    func(a *spaces.Account) { a.Spec.Quota = quota("cups", "1") },
			change: func(a *spaces.Account) { a.Spec.Quota = quota("cups", "1", "pods", "1") },
		},
		"a budget that is changed is checked": {
			change: func(a *spaces.Account) { a.Spec.Quota = quota("spaces", "1.5") },
			want:   []string{"spec.quota.hard[spaces]: Invalid value: must be a whole number, since it counts"},
		},
		"a contact that is older than a rule may stay": {
			old:    func(a *spaces.Account) { a.Annotations = contact("a\nb") },
			change: func(a *spaces.Account) { a.Labels = map[string]string{"team": "a"} },
		},
		"a name cannot change": {
			change: func(a *spaces.Account) { a.Name = "other" },
			want:   []string{"metadata.name: Invalid value: field is immutable"},
		},
		"finalizers that are there may stay": {
			old:    func(a *spaces.Account) { a.Finalizers = []string{"example.com/keep"} },
			change: func(a *spaces.Account) { a.Labels = map[string]string{"team": "a"} },
		},
		"subjects that are there may stay, and move": {
			old: func(a *spaces.Account) { a.Spec.Subjects = []rbacv1.Subject{{Kind: "Robot"}} },
			change: func(a *spaces.Account) {
				a.Spec.Subjects = []rbacv1.Subject{{Kind: "User", APIGroup: rbacv1.GroupName, Name: "alice"}, {Kind: "Robot"}}
			},
		},
		"subjects are checked when they join": {
			old: func(a *spaces.Account) { a.Spec.Subjects = []rbacv1.Subject{{Kind: "Robot"}} },
			change: func(a *spaces.Account) {
				a.Spec.Subjects = append(a.Spec.Subjects, rbacv1.Subject{Kind: "Robot", Name: "marvin"})
			},
			want: []string{"spec.subjects[1].kind: Unsupported value: "},
		},
		"a policy is checked where it changes": {
			old: func(a *spaces.Account) { a.Spec.Space.MaxTTL = new(spaces.Duration("1d")) },
			change: func(a *spaces.Account) {
				a.Spec.Space.MaxLifetime = new(spaces.Duration("2d"))
			},
			want: []string{"spec.space.maxLifetime: Invalid value: must be a duration"},
		},
		"a spec cannot become too large": {
			change: func(a *spaces.Account) { a.Spec.Subjects = users(600) },
			want:   []string{"spec: Too long: spec takes "},
		},
		"a spec that is too large may shrink": {
			old:    func(a *spaces.Account) { a.Spec.Subjects = users(600) },
			change: func(a *spaces.Account) { a.Spec.Subjects = users(599) },
		},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			old := newAccount()
			if tc.old != nil {
				tc.old(old)
			}
			account := old.DeepCopy()
			tc.change(account)
			expectErrors(t, tc.want, ValidateAccountUpdate(account, old))
		})
	}
}

func TestSubjects(t *testing.T) {
	const rbac = rbacv1.GroupName
	testCases := map[string]struct {
		subject rbacv1.Subject
		want    []string
	}{
		"a user":                                 {subject: rbacv1.Subject{Kind: "User", APIGroup: rbac, Name: "alice@example.com"}},
		"a group":                                {subject: rbacv1.Subject{Kind: "Group", APIGroup: rbac, Name: "oidc:devs"}},
		"a ServiceAccount":                       {subject: rbacv1.Subject{Kind: "ServiceAccount", Namespace: "ci", Name: "runner"}},
		"a ServiceAccount may have no namespace": {subject: rbacv1.Subject{Kind: "ServiceAccount", Name: "runner"}},
		"a user has an API group": {
			subject: rbacv1.Subject{Kind: "User", Name: "alice"},
			want:    []string{`spec.subjects[0].apiGroup: Unsupported value: supported values: "rbac.authorization.k8s.io"`},
		},
		"a group has that of RBAC": {
			subject: rbacv1.Subject{Kind: "Group", APIGroup: "v1", Name: "devs"},
			want:    []string{`spec.subjects[0].apiGroup: Unsupported value: supported values: "rbac.authorization.k8s.io"`},
		},
		"a ServiceAccount has none": {
			subject: rbacv1.Subject{Kind: "ServiceAccount", APIGroup: rbac, Name: "runner"},
			want:    []string{`spec.subjects[0].apiGroup: Unsupported value: supported values: ""`},
		},
		"a ServiceAccount has the name of an object": {
			subject: rbacv1.Subject{Kind: "ServiceAccount", Name: "system:serviceaccount:ci:runner"},
			want:    []string{"spec.subjects[0].name: Invalid value: a lowercase RFC 1123 subdomain must"},
		},
		"everybody has a name": {
			subject: rbacv1.Subject{Kind: "ServiceAccount"},
			want:    []string{"spec.subjects[0].name: Required value: "},
		},
		"everybody has a kind": {
			subject: rbacv1.Subject{Name: "alice"},
			want:    []string{`spec.subjects[0].kind: Unsupported value: supported values: "User", "Group", "ServiceAccount"`},
		},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			account := newAccount()
			account.Spec.Subjects = []rbacv1.Subject{tc.subject}
			expectErrors(t, tc.want, ValidateAccount(account))
		})
	}
}

// Whatever name an account has, its home can have it.
func FuzzAccountNameIsThatOfAHome(f *testing.F) {
	for _, name := range []string{"team-a", "", "-", "a-", "A", "a.b", "account-", strings.Repeat("a", 55), strings.Repeat("a", 56)} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if len(accountName(name, false)) > 0 {
			return
		}
		if problems := utilvalidation.IsDNS1123Label(spaces.AccountHomePrefix + name); len(problems) > 0 {
			t.Errorf("%q is the name of an account, but not of a home: %v", name, problems)
		}
	})
}

func newAccount() *spaces.Account {
	return &spaces.Account{ObjectMeta: metav1.ObjectMeta{Name: "team-a", UID: "u", ResourceVersion: "1"}}
}

func users(count int) []rbacv1.Subject {
	var subjects []rbacv1.Subject
	for i := range count {
		subjects = append(subjects, rbacv1.Subject{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: fmt.Sprintf("user-%d", i)})
	}
	return subjects
}
