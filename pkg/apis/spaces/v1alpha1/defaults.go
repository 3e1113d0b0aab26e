// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// addDefaultingFuncs registers the defaults of this version. They are those that need nothing but the object itself; a
// default that an administrator can set is not among them.
func addDefaultingFuncs(scheme *runtime.Scheme) error {
	return RegisterDefaults(scheme)
}

// SetDefaults_AccountSpec completes the subjects as RBAC does.
func SetDefaults_AccountSpec(spec *AccountSpec) { //nolint:revive // the generator wants this name
	defaultSubjects(spec.Subjects)
}

// SetDefaults_Access completes the subjects as RBAC does.
func SetDefaults_Access(access *Access) { //nolint:revive // the generator wants this name
	defaultSubjects(access.Subjects)
}

func defaultSubjects(subjects []rbacv1.Subject) {
	for i := range subjects {
		if subjects[i].APIGroup == "" && subjects[i].Kind != rbacv1.ServiceAccountKind {
			subjects[i].APIGroup = rbacv1.GroupName
		}
	}
}
