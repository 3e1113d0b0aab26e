// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"fmt"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// maxAccountName is how many characters the name of an account may have: that of its home is a DNS label as well.
const maxAccountName = utilvalidation.DNS1123LabelMaxLength - len(spaces.AccountHomePrefix)

var accountKind = kind{
	name:          "an Account",
	names:         accountName,
	forFinalizers: ", or set them on an object inside its home, which holds its deletion up as well",
	forOwners:     ", and delete the Account itself",
	hasContact:    true,
}

// ValidateAccount returns what is wrong with an account that is to be created. It does not look at the status, which is
// not the caller's to set.
func ValidateAccount(account *spaces.Account) field.ErrorList {
	errs := accountKind.validateNewMetadata(&account.ObjectMeta, ReservedNames{})
	return append(errs, validateAccountSpec(&account.Spec, &spaces.AccountSpec{})...)
}

// ValidateAccountUpdate returns what is wrong with an account that is to take the place of old. What has not changed is
// not wrong: it may be older than a rule.
func ValidateAccountUpdate(account, old *spaces.Account) field.ErrorList {
	errs := accountKind.validateChangedMetadata(&account.ObjectMeta, &old.ObjectMeta)
	return append(errs, validateAccountSpec(&account.Spec, &old.Spec)...)
}

// accountName is an apivalidation.ValidateNameFunc.
func accountName(name string, prefix bool) []string {
	if len(name) > maxAccountName {
		return []string{fmt.Sprintf("must be no more than %d characters, so that %q and the name are the name of a namespace", maxAccountName, spaces.AccountHomePrefix)}
	}
	return apivalidation.NameIsDNSLabel(name, prefix)
}

// validateAccountSpec checks what differs from old, which is empty for a new account.
func validateAccountSpec(spec, old *spaces.AccountSpec) field.ErrorList {
	path := field.NewPath("spec")
	errs := validateSubjects(spec.Subjects, old.Subjects, path.Child("subjects"))
	errs = append(errs, validateBudget(spec.Quota, old.Quota, path.Child("quota"))...)
	errs = append(errs, validatePolicy(&spec.Space, &old.Space, path.Child("space"))...)
	return append(errs, validateSpecSize(spec, old)...)
}

// validateSubjects checks the subjects that are not among old, as Kubernetes does those of a RoleBinding: a
// ServiceAccount may leave its namespace out.
func validateSubjects(subjects, old []rbacv1.Subject, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, subject := range subjects {
		if !slices.Contains(old, subject) {
			errs = append(errs, validateSubject(subject, path.Index(i))...)
		}
	}
	return errs
}

func validateSubject(subject rbacv1.Subject, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if subject.Name == "" {
		errs = append(errs, field.Required(path.Child("name"), ""))
	}
	switch subject.Kind {
	case rbacv1.UserKind, rbacv1.GroupKind:
		return append(errs, validateAPIGroup(subject, rbacv1.GroupName, path)...)
	case rbacv1.ServiceAccountKind:
		errs = append(errs, validateServiceAccountName(subject.Name, path.Child("name"))...)
		return append(errs, validateAPIGroup(subject, "", path)...)
	default:
		kinds := []string{rbacv1.UserKind, rbacv1.GroupKind, rbacv1.ServiceAccountKind}
		return append(errs, field.NotSupported(path.Child("kind"), subject.Kind, kinds))
	}
}

func validateAPIGroup(subject rbacv1.Subject, want string, path *field.Path) field.ErrorList {
	if subject.APIGroup == want {
		return nil
	}
	return field.ErrorList{field.NotSupported(path.Child("apiGroup"), subject.APIGroup, []string{want})}
}

// validateServiceAccountName lets no name at all pass, which is told already.
func validateServiceAccountName(name string, path *field.Path) field.ErrorList {
	if name == "" {
		return nil
	}
	var errs field.ErrorList
	for _, problem := range apivalidation.ValidateServiceAccountName(name, false) {
		errs = append(errs, field.Invalid(path, name, problem))
	}
	return errs
}
