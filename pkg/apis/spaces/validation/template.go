// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"maps"
	"slices"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// maxParameters is how many parameters a Space may give.
const maxParameters = 100

var spaceTemplateKind = kind{
	name:  "a SpaceTemplate",
	names: apivalidation.NameIsDNSLabel,
}

// ValidateSpaceTemplate returns what is wrong with the metadata of a template that is to be created. What is wrong with
// its spec is said by the package that fills it.
func ValidateSpaceTemplate(template *spaces.SpaceTemplate) field.ErrorList {
	return spaceTemplateKind.validateNewMetadata(&template.ObjectMeta, ReservedNames{})
}

// ValidateSpaceTemplateUpdate returns what is wrong with the metadata of a template that is to take the place of old.
// What has not changed is not wrong: it may be older than a rule.
func ValidateSpaceTemplateUpdate(template, old *spaces.SpaceTemplate) field.ErrorList {
	return spaceTemplateKind.validateChangedMetadata(&template.ObjectMeta, &old.ObjectMeta)
}

// validateTemplateName lets no name at all pass.
func validateTemplateName(name string, path *field.Path) field.ErrorList {
	if name == "" {
		return nil
	}
	var errs field.ErrorList
	for _, problem := range apivalidation.NameIsDNSLabel(name, false) {
		errs = append(errs, field.Invalid(path, name, problem))
	}
	return errs
}

// validateParameters checks the parameters that old does not have as well. How large they are together is for
// validateSpecSize to say, and what they are is for their template.
func validateParameters(parameters, old map[string]string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if count := len(parameters); count > maxParameters && count > len(old) {
		errs = append(errs, field.TooMany(path, count, maxParameters))
	}
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		if _, had := old[name]; !had && !spaces.IsParameterName(name) {
			errs = append(errs, field.Invalid(path.Key(name), name,
				`must be the name of a parameter: letters, digits, "-" and "_", with a letter first, and no more than 63 of them`))
		}
	}
	return errs
}
