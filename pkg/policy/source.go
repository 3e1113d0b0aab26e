// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// Source says whose ceilings a merged policy has, for messages. The zero value says that all are the ClusterQuota's.
type Source struct {
	// Account is the name of the account that the Space is charged to. Empty means none.
	Account string
	// Policy is what the account itself says. What it does not say, the ClusterQuota does.
	Policy spaces.SpacePolicy
}

// of names who has set a ceiling, as kind and name.
func (s Source) of(account bool) string {
	if account && s.Account != "" {
		return fmt.Sprintf("account %q", s.Account)
	}
	return fmt.Sprintf("ClusterQuota %q", spaces.ClusterQuotaName)
}

func (s Source) maxTTL(p spaces.SpacePolicy) ceiling {
	return ceiling{value: p.MaxTTL, name: "maxTTL", source: s.of(s.Policy.MaxTTL != nil)}
}

func (s Source) maxLifetime(p spaces.SpacePolicy) ceiling {
	return ceiling{value: p.MaxLifetime, name: "maxLifetime", source: s.of(s.Policy.MaxLifetime != nil)}
}

// maxQuota describes the ceiling of a resource, as ceiling.String does.
func (s Source) maxQuota(name corev1.ResourceName, amount string) string {
	_, account := hard(s.Policy.MaxQuota)[name]
	return fmt.Sprintf("%s, the maxQuota of %s", amount, s.of(account))
}

// ceiling is how long something may be at most, and who says so.
type ceiling struct {
	value        *spaces.Duration
	name, source string
}

func (c ceiling) length() time.Duration { return length(c.value) }

// String describes a ceiling that is there, such as: 4h, the maxTTL of account "team-a".
func (c ceiling) String() string {
	return fmt.Sprintf("%s, the %s of %s", *c.value, c.name, c.source)
}
