// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apiserver/pkg/authentication/serviceaccount"
	"k8s.io/apiserver/pkg/authentication/user"
)

// subject is a user or a group. A ServiceAccount is the user that its tokens authenticate as.
type subject struct {
	group bool
	name  string
}

func (s subject) compare(other subject) int {
	switch {
	case s.group == other.group:
		return strings.Compare(s.name, other.name)
	case s.group:
		return 1
	default:
		return -1
	}
}

// means tells whether the subject means the caller.
func (s subject) means(caller user.Info) bool {
	if s.group {
		return slices.Contains(caller.GetGroups(), s.name)
	}
	return s.name == caller.GetName()
}

// masters is the group that the kube-apiserver authorizes for everything, before it looks at any role.
var masters = subject{group: true, name: user.SystemPrivilegedGroup}

// eachSubject calls visit with everything that a binding may name to mean the caller, until visit returns false.
func eachSubject(caller user.Info, visit func(subject) bool) {
	if !visit(subject{name: caller.GetName()}) {
		return
	}
	for _, group := range caller.GetGroups() {
		if !visit(subject{group: true, name: group}) {
			return
		}
	}
}

// party is a subject that bindings name. The index has one party for each subject.
type party struct {
	subject
	named int // by how many subjects of bindings
	listing
}

// parties are those of an index, by subject. They need a lock.
type parties map[subject]*party

// name returns the parties that a binding in the namespace names, which forget takes back; in a ClusterRoleBinding
// namespace is "". A subject that means nobody, as a ServiceAccount without a namespace does, is left out.
func (p parties) name(namespace string, named []rbacv1.Subject) []*party {
	list := make([]*party, 0, len(named))
	for _, n := range named {
		if s, ok := subjectOf(namespace, n); ok {
			list = append(list, p.get(s))
		}
	}
	return list
}

func (p parties) get(s subject) *party {
	one := p[s]
	if one == nil {
		one = &party{subject: s}
		p[s] = one
	}
	one.named++
	return one
}

// again returns the list, as named by another binding.
func again(list []*party) []*party {
	for _, one := range list {
		one.named++
	}
	return list
}

func (p parties) forget(list []*party) {
	for _, one := range list {
		if one.named--; one.named == 0 {
			delete(p, one.subject)
		}
	}
}

// Means tells whether the subject, as named by a RoleBinding in the namespace, is the caller or a group of the caller's.
func Means(named rbacv1.Subject, namespace string, caller user.Info) bool {
	who, ok := subjectOf(namespace, named)
	return ok && who.means(caller)
}

func subjectOf(namespace string, named rbacv1.Subject) (subject, bool) {
	switch named.Kind {
	case rbacv1.UserKind:
		return subject{name: named.Name}, true
	case rbacv1.GroupKind:
		return subject{group: true, name: named.Name}, true
	case rbacv1.ServiceAccountKind:
		if named.Namespace != "" {
			namespace = named.Namespace
		}
		return subject{name: serviceaccount.MakeUsername(namespace, named.Name)}, namespace != ""
	default:
		return subject{}, false
	}
}
