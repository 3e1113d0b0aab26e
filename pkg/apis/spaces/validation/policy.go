// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"fmt"
	"slices"
	"strings"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// validatePolicy checks what differs from old, which is empty for the policy of a new object.
func validatePolicy(policy, old *spaces.SpacePolicy, path *field.Path) field.ErrorList {
	errs := validateLengths(policy, old, path)
	errs = append(errs, validateQuotas(policy, old, path)...)
	if policy.ClusterRole != old.ClusterRole {
		errs = append(errs, validateClusterRole(policy.ClusterRole, path.Child("clusterRole"))...)
	}
	if policy.KubeconfigClusterRole != old.KubeconfigClusterRole {
		errs = append(errs, validateClusterRole(policy.KubeconfigClusterRole, path.Child("kubeconfigClusterRole"))...)
	}
	errs = append(errs, validateAccess(policy.Access, old.Access, path.Child("access"))...)
	if policy.Template != old.Template {
		errs = append(errs, validateTemplateName(policy.Template, path.Child("template"))...)
	}
	return append(errs, validatePropagate(policy.Propagate, old.Propagate, path.Child("propagate"))...)
}

func validateLengths(policy, old *spaces.SpacePolicy, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, length := range []struct {
		name, zero   string
		value, older *spaces.Duration
	}{
		{"defaultTTL", "a Space that never expires", policy.DefaultTTL, old.DefaultTTL},
		{"maxTTL", "no ceiling", policy.MaxTTL, old.MaxTTL},
		{"maxLifetime", "no ceiling", policy.MaxLifetime, old.MaxLifetime},
	} {
		if !ptr.Equal(length.value, length.older) {
			errs = append(errs, validateDuration(length.value, length.zero, path.Child(length.name))...)
		}
	}
	if !ptr.Equal(policy.DefaultTTL, old.DefaultTTL) || !ptr.Equal(policy.MaxTTL, old.MaxTTL) {
		errs = append(errs, validateDefaultTTL(policy.DefaultTTL, policy.MaxTTL, path.Child("defaultTTL"))...)
	}
	return errs
}

// validateDefaultTTL refuses a default that is longer than the longest of the same policy. It has nothing to say about
// what is no duration, nor about a longest of zero, which is no ceiling.
func validateDefaultTTL(value, longest *spaces.Duration, path *field.Path) field.ErrorList {
	if value == nil || longest == nil {
		return nil
	}
	length, err := value.Value()
	ceiling, noCeiling := longest.Value()
	if err != nil || noCeiling != nil || ceiling <= 0 {
		return nil
	}
	switch {
	case length == 0:
		return invalidDuration(path, *value, fmt.Sprintf("must not be never, which is longer than %s, the maxTTL", *longest))
	case length > ceiling:
		return invalidDuration(path, *value, fmt.Sprintf("must not be longer than %s, the maxTTL", *longest))
	default:
		return nil
	}
}

func validateQuotas(policy, old *spaces.SpacePolicy, path *field.Path) field.ErrorList {
	errs := validateQuota(policy.DefaultQuota, old.DefaultQuota, path.Child("defaultQuota"))
	errs = append(errs, validateQuota(policy.MaxQuota, old.MaxQuota, path.Child("maxQuota"))...)
	if apiequality.Semantic.DeepEqual(policy.DefaultQuota, old.DefaultQuota) && apiequality.Semantic.DeepEqual(policy.MaxQuota, old.MaxQuota) {
		return errs
	}
	return append(errs, validateFit(policy.DefaultQuota, policy.MaxQuota, path.Child("defaultQuota"))...)
}

// validateClusterRole lets no name at all pass: where one is required, the type says so.
func validateClusterRole(name string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, problem := range content.IsPathSegmentName(name) {
		errs = append(errs, field.Invalid(path, name, problem))
	}
	return errs
}

// validateAccess checks the entries that are not among old.
func validateAccess(access, old []spaces.Access, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, entry := range access {
		if slices.ContainsFunc(old, func(o spaces.Access) bool { return apiequality.Semantic.DeepEqual(entry, o) }) {
			continue
		}
		errs = append(errs, validateClusterRole(entry.ClusterRole, path.Index(i).Child("clusterRole"))...)
		errs = append(errs, validateSubjects(entry.Subjects, nil, path.Index(i).Child("subjects"))...)
	}
	return errs
}

func validatePropagate(propagate, old *spaces.Propagate, path *field.Path) field.ErrorList {
	now, before := ptr.Deref(propagate, spaces.Propagate{}), ptr.Deref(old, spaces.Propagate{})
	errs := validatePatterns(now.Labels, before.Labels, path.Child("labels"))
	return append(errs, validatePatterns(now.Annotations, before.Annotations, path.Child("annotations"))...)
}

// validatePatterns checks the patterns that are not among old.
func validatePatterns(patterns, old []string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, pattern := range patterns {
		if !slices.Contains(old, pattern) {
			errs = append(errs, validatePattern(pattern, path.Index(i))...)
		}
	}
	return errs
}

// validatePattern ignores case, since the keys of annotations may be written in any.
func validatePattern(pattern string, path *field.Path) field.ErrorList {
	prefix, isPrefix := strings.CutSuffix(strings.ToLower(pattern), "*")
	if kept := keptKey(prefix, isPrefix); kept != "" {
		return field.ErrorList{field.Forbidden(path, fmt.Sprintf(
			"%q matches %q, which is not for Spaces to set on a namespace: choose keys beside it", pattern, kept))}
	}
	key := prefix
	if isPrefix {
		key += "a" // so that it is one of the keys that begin like this
	}
	if problems := content.IsLabelKey(key); len(problems) > 0 {
		return field.ErrorList{field.Invalid(path, pattern,
			`must be a key, or the beginning of keys with a "*" behind it: `+strings.Join(problems, "; "))}
	}
	return nil
}

// keptKey returns what a pattern matches of the keys that only the platform or Kubernetes itself sets: a key, or the
// beginning of keys, which ends in "/". It returns "" for a pattern that matches none.
func keptKey(prefix string, isPrefix bool) string {
	for _, kept := range []string{spaces.ReservedKeyPrefix, "pod-security.kubernetes.io/", "kubernetes.io/metadata.name"} {
		covers := isPrefix && strings.HasPrefix(kept, prefix)
		isOne := prefix == kept || (strings.HasSuffix(kept, "/") && strings.HasPrefix(prefix, kept))
		if covers || isOne {
			return kept
		}
	}
	return ""
}
