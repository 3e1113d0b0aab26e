// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	applyrbacv1 "k8s.io/client-go/applyconfigurations/rbac/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// grant is a ClusterRole, and who has it in a Space: nobody twice.
type grant struct {
	// name is that of the RoleBinding.
	name, role string
	subjects   []rbacv1.Subject
}

// grants returns what the plan grants, each role once, in the order in which the plan names them. A role that nobody has
// is none of them.
func (p Plan) grants() []grant {
	owners := slices.Clone(p.Subjects)
	if creator := p.Space.Status.CreatedBy; creator != "" {
		// For a ServiceAccount this is the name that it has as a user, which is as good to RBAC.
		owners = append(owners, rbacv1.Subject{Kind: rbacv1.UserKind, Name: creator})
	}
	grants := allow(nil, p.Policy.ClusterRole, owners)
	for _, access := range p.Policy.Access {
		grants = allow(grants, access.ClusterRole, access.Subjects)
	}
	return grants
}

// allow adds the role for these subjects.
func allow(grants []grant, role string, subjects []rbacv1.Subject) []grant {
	if len(subjects) == 0 {
		return grants
	}
	i := slices.IndexFunc(grants, func(g grant) bool { return g.role == role })
	if i < 0 {
		i, grants = len(grants), append(grants, grant{name: spaces.BindingOf(role), role: role})
	}
	for _, subject := range subjects {
		if subject = explicit(subject); !slices.Contains(grants[i].subjects, subject) {
			grants[i].subjects = append(grants[i].subjects, subject)
		}
	}
	return grants
}

// explicit returns the subject as the kube-apiserver stores it.
func explicit(subject rbacv1.Subject) rbacv1.Subject {
	if subject.APIGroup == "" && subject.Kind != rbacv1.ServiceAccountKind {
		subject.APIGroup = rbacv1.GroupName
	}
	return subject
}

func (g grant) roleRef() rbacv1.RoleRef {
	return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: g.role}
}

// binding returns the RoleBinding that grants it.
func (g grant) binding(namespace string) *applyrbacv1.RoleBindingApplyConfiguration {
	ref := g.roleRef()
	binding := applyrbacv1.RoleBinding(g.name, namespace).
		WithLabels(ourLabels()).
		WithRoleRef(applyrbacv1.RoleRef().WithAPIGroup(ref.APIGroup).WithKind(ref.Kind).WithName(ref.Name))
	for _, s := range g.subjects {
		subject := applyrbacv1.Subject().WithKind(s.Kind).WithName(s.Name)
		if s.APIGroup != "" {
			subject.WithAPIGroup(s.APIGroup)
		}
		if s.Namespace != "" {
			subject.WithNamespace(s.Namespace)
		}
		binding.WithSubjects(subject)
	}
	return binding
}

// rest returns those of the binding's subjects whom the grants let keep what they have by it.
func rest(binding *rbacv1.RoleBinding, grants []grant) []rbacv1.Subject {
	i := slices.IndexFunc(grants, func(g grant) bool { return g.name == binding.Name })
	if i < 0 || binding.RoleRef != grants[i].roleRef() {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(binding.Subjects), func(subject rbacv1.Subject) bool {
		return !slices.Contains(grants[i].subjects, subject)
	})
}
