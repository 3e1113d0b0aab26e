// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
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

// subjectsOf returns the subjects that a binding in the namespace names; in a ClusterRoleBinding namespace is "". A
// subject that means nobody, as a ServiceAccount without a namespace does, is left out.
func subjectsOf(namespace string, named []rbacv1.Subject) []subject {
	subjects := make([]subject, 0, len(named))
	for _, n := range named {
		if s, ok := subjectOf(namespace, n); ok {
			subjects = append(subjects, s)
		}
	}
	return subjects
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
