// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// Options are what an administrator decides about the objects that are accepted.
type Options struct {
	// ReservedNames are the names that no new Space can have.
	ReservedNames ReservedNames
}

// ValidateSpace returns what is wrong with a Space that is to be created. It does not look at the status, which is not
// the caller's to set.
func ValidateSpace(space *spaces.Space, opts Options) field.ErrorList {
	errs := validateNewMetadata(&space.ObjectMeta, opts.ReservedNames)
	return append(errs, validateTTL(space.Spec.TTL, field.NewPath("spec", "ttl"))...)
}

// ValidateSpaceUpdate returns what is wrong with a Space that is to take the place of old. What has not changed is not
// wrong: it may be older than a rule, or come from the namespace. It needs no Options, since a name cannot change.
func ValidateSpaceUpdate(space, old *spaces.Space) field.ErrorList {
	errs := validateChangedMetadata(&space.ObjectMeta, &old.ObjectMeta)
	if !ptr.Equal(space.Spec.TTL, old.Spec.TTL) {
		errs = append(errs, validateTTL(space.Spec.TTL, field.NewPath("spec", "ttl"))...)
	}
	return errs
}

// validateTTL accepts no TTL at all, and every length from none, which means never, to spaces.MaxDuration.
func validateTTL(ttl *spaces.Duration, path *field.Path) field.ErrorList {
	if ttl == nil {
		return nil
	}
	value, err := ttl.Value()
	if err != nil {
		return invalidTTL(path, *ttl, `must be a duration such as "2h", "1h30m" or "90s"; h is the largest unit, so write "24h" for a day`)
	}
	if value < 0 {
		return invalidTTL(path, *ttl, `must not be negative; write "0s" for a Space that never expires`)
	}
	if value > spaces.MaxDuration {
		return invalidTTL(path, *ttl, fmt.Sprintf(`must not be longer than %.0fh (ten years); write "0s" for a Space that never expires`, spaces.MaxDuration.Hours()))
	}
	return nil
}

func invalidTTL(path *field.Path, ttl spaces.Duration, detail string) field.ErrorList {
	return field.ErrorList{field.Invalid(path, string(ttl), detail)}
}
