// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"fmt"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// Options are what an administrator decides about the objects that are accepted.
type Options struct {
	// ReservedNames are the names that no new Space can have.
	ReservedNames ReservedNames
}

var spaceKind = kind{
	name:          "a Space",
	names:         apivalidation.NameIsDNSLabel,
	forFinalizers: ", or set them on an object inside the Space, which holds its deletion up as well",
	forOwners:     ", and delete the Space itself or let it expire by spec.ttl",
}

// ValidateSpace returns what is wrong with a Space that is to be created. It does not look at the status, which is not
// the caller's to set.
func ValidateSpace(space *spaces.Space, opts Options) field.ErrorList {
	errs := spaceKind.validateNewMetadata(&space.ObjectMeta, opts.ReservedNames)
	return append(errs, validateSpaceSpec(&space.Spec, &spaces.SpaceSpec{})...)
}

// ValidateSpaceUpdate returns what is wrong with a Space that is to take the place of old. What has not changed is not
// wrong: it may be older than a rule, or come from the namespace. It needs no Options, since a name cannot change.
func ValidateSpaceUpdate(space, old *spaces.Space) field.ErrorList {
	errs := spaceKind.validateChangedMetadata(&space.ObjectMeta, &old.ObjectMeta)
	return append(errs, validateSpaceSpec(&space.Spec, &old.Spec)...)
}

// validateSpaceSpec checks what differs from old, which is empty for a new Space.
func validateSpaceSpec(spec, old *spaces.SpaceSpec) field.ErrorList {
	path := field.NewPath("spec")
	var errs field.ErrorList
	if spec.Account != "" && spec.Account != old.Account {
		for _, problem := range apivalidation.NameIsDNSLabel(spec.Account, false) {
			errs = append(errs, field.Invalid(path.Child("account"), spec.Account, problem))
		}
	}
	if !ptr.Equal(spec.TTL, old.TTL) {
		errs = append(errs, validateDuration(spec.TTL, "a Space that never expires", path.Child("ttl"))...)
	}
	errs = append(errs, validateQuota(spec.Quota, old.Quota, path.Child("quota"))...)
	if spec.Template != old.Template {
		errs = append(errs, validateTemplateName(spec.Template, path.Child("template"))...)
	}
	errs = append(errs, validateParameters(spec.Parameters, old.Parameters, path.Child("parameters"))...)
	return append(errs, validateSpecSize(spec, old)...)
}

// validateDuration accepts none at all, and every length from zero to spaces.MaxDuration. Zero is what its messages say
// that zero stands for.
func validateDuration(duration *spaces.Duration, zero string, path *field.Path) field.ErrorList {
	if duration == nil {
		return nil
	}
	value, err := duration.Value()
	if err != nil {
		return invalidDuration(path, *duration, `must be a duration such as "2h", "1h30m" or "90s"; h is the largest unit, so write "24h" for a day`)
	}
	if value < 0 {
		return invalidDuration(path, *duration, `must not be negative; write "0s" for `+zero)
	}
	if value > spaces.MaxDuration {
		return invalidDuration(path, *duration, fmt.Sprintf(`must not be longer than %.0fh (ten years); write "0s" for %s`, spaces.MaxDuration.Hours(), zero))
	}
	return nil
}

func invalidDuration(path *field.Path, duration spaces.Duration, detail string) field.ErrorList {
	return field.ErrorList{field.Invalid(path, string(duration), detail)}
}

// ValidateAdoption returns what is wrong with a namespace that is to become a Space: those of the platform cannot.
func ValidateAdoption(space *spaces.Space, opts Options) field.ErrorList {
	if pattern, ok := opts.ReservedNames.Match(space.Name); ok {
		return field.ErrorList{field.Forbidden(field.NewPath("spec", "account"),
			fmt.Sprintf("%q is reserved for the platform (by the pattern %q), and cannot become a Space", space.Name, pattern))}
	}
	return nil
}
