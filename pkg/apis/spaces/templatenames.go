// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spaces

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// The parameters that every template has. It can declare no others of these names.
const (
	// ParameterSpace is the name of the Space.
	ParameterSpace = "space"
	// ParameterAccount is the name of the account of the Space. It is empty if there is none.
	ParameterAccount = "account"
)

// maxParameterName is how many characters the name of a parameter may have.
const maxParameterName = 63

// IsParameterName tells whether a parameter can have that name: letters, digits, "-" and "_", a letter first, and at
// most 63 of them.
func IsParameterName(name string) bool {
	if name == "" || len(name) > maxParameterName || !isLetter(rune(name[0])) {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return !isLetter(r) && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

func isLetter(r rune) bool { return ('a' <= r && r <= 'z') || ('A' <= r && r <= 'Z') }

// IsPlatformObject tells whether an object inside a Space has a kind and a name that the platform keeps for what it puts
// there itself: the quota and the limits "spaces", the network policies "spaces-…", the ServiceAccount and the binding
// behind kubeconfigs, and the bindings "spaces:…". The guard policy spaces-guard-names says the same to everybody.
func IsPlatformObject(kind schema.GroupKind, name string) bool {
	kinds := []schema.GroupKind{
		{Kind: "ResourceQuota"}, {Kind: "LimitRange"}, {Kind: "ServiceAccount"},
		{Group: "networking.k8s.io", Kind: "NetworkPolicy"}, {Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"},
	}
	return slices.Contains(kinds, kind) &&
		(name == "spaces" || strings.HasPrefix(name, "spaces-") || strings.HasPrefix(name, "spaces:"))
}
