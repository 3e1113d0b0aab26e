// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"fmt"
	"slices"
	"strings"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
)

// ReservedNames are the names that nobody can give a Space. The zero value reserves none. It does not change once made,
// and is safe for concurrent use.
type ReservedNames struct {
	patterns []string
}

// DefaultReservedNames returns the patterns that are reserved unless an administrator chooses others: the namespaces of
// Kubernetes and of OpenShift, the homes of accounts, and the platform's own namespace.
func DefaultReservedNames() []string {
	return []string{"default", "kube-*", "openshift-*", "account-*", "spaces-system"}
}

// NewReservedNames makes ReservedNames from patterns. A pattern is a name, or the beginning of names with a "*" behind
// it. It is an error if a pattern can match no name at all, or every one.
func NewReservedNames(patterns []string) (ReservedNames, error) {
	for _, pattern := range patterns {
		if err := checkPattern(pattern); err != nil {
			return ReservedNames{}, err
		}
	}
	return ReservedNames{patterns: slices.Clone(patterns)}, nil
}

func checkPattern(pattern string) error {
	prefix, isPrefix := strings.CutSuffix(pattern, "*")
	if problems := apivalidation.NameIsDNSLabel(prefix, isPrefix); len(problems) > 0 {
		return fmt.Errorf("%q is no pattern for reserved names: without a trailing *, %s", pattern, strings.Join(problems, "; "))
	}
	return nil
}

// Match returns the first pattern that reserves the name, and whether there is one.
func (r ReservedNames) Match(name string) (pattern string, reserved bool) {
	for _, pattern := range r.patterns {
		prefix, isPrefix := strings.CutSuffix(pattern, "*")
		if name == pattern || (isPrefix && strings.HasPrefix(name, prefix)) {
			return pattern, true
		}
	}
	return "", false
}
