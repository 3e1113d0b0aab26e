// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

const askForLess = "ask for less, or ask its administrator for more"

// tolerance is by how much an expiry may be later than a lifetime ends: it is rounded up, and what stamps the creation
// has a clock of its own.
const tolerance = time.Minute

// Check returns where a Space goes beyond the ceilings of the policy, whose source the errors name. Old is the Space
// before an update, and nil where it is created. What has not changed is not wrong, as a ceiling may be newer than the
// Space; but a Space that changes its account is checked as a whole, and so is the TTL of one that expires at another time
// than before. Of an update, the time of creation and the present expiry are taken from old.
func Check(space, old *spaces.Space, p spaces.SpacePolicy, source Source, now time.Time) field.ErrorList {
	r := request{space: space, old: old, now: now}
	var errs field.ErrorList
	if r.isNew() || r.changesTTL() {
		errs = checkTTL(r, source.maxTTL(p), source.maxLifetime(p))
	}
	return append(errs, checkQuota(r, hard(p.MaxQuota), source)...)
}

func checkTTL(r request, maxTTL, maxLifetime ceiling) field.ErrorList {
	ttl := r.space.Spec.TTL
	if length(ttl) == forever {
		return checkNever(maxTTL, maxLifetime)
	}
	var errs field.ErrorList
	if length(ttl) > maxTTL.length() {
		errs = append(errs, ttlForbidden("%s is longer than %s: %s", *ttl, maxTTL, askForLess))
	}
	if maxLifetime.length() != forever && r.outlives(maxLifetime.length()) {
		errs = append(errs, beyondLifetime(r, maxLifetime))
	}
	return errs
}

// checkNever refuses a Space that never expires, where there is a ceiling.
func checkNever(maxTTL, maxLifetime ceiling) field.ErrorList {
	lowest := maxTTL
	if maxLifetime.length() < maxTTL.length() {
		lowest = maxLifetime
	}
	if lowest.length() == forever {
		return nil
	}
	return field.ErrorList{ttlForbidden("the Space would never expire, which is longer than %s: %s", lowest, askForLess)}
}

func beyondLifetime(r request, maxLifetime ceiling) *field.Error {
	left := maxLifetime.length() - r.age()
	switch {
	case r.old == nil:
		return ttlForbidden("%s is longer than %s: %s", *r.space.Spec.TTL, maxLifetime, askForLess)
	case left < time.Second:
		return ttlForbidden("nothing is left of %s: ask its administrator for more", maxLifetime)
	default:
		return ttlForbidden("the Space would expire in %v, and %v is left of %s: %s",
			r.remaining().Truncate(time.Second), left.Truncate(time.Second), maxLifetime, askForLess)
	}
}

func ttlForbidden(format string, args ...any) *field.Error {
	return field.Forbidden(field.NewPath("spec", "ttl"), fmt.Sprintf(format, args...))
}

func checkQuota(r request, ceilings corev1.ResourceList, source Source) field.ErrorList {
	var errs field.ErrorList
	for _, name := range slices.Sorted(maps.Keys(ceilings)) {
		if !r.isNew() && !r.changesQuota(name) {
			continue
		}
		highest := ceilings[name]
		asked, named := hard(r.space.Spec.Quota)[name]
		path, ceiling := field.NewPath("spec", "quota", "hard").Key(string(name)), source.maxQuota(name, highest.String())
		switch {
		case !named:
			errs = append(errs, field.Required(path, fmt.Sprintf("ask for at most %s, or ask its administrator for more", ceiling)))
		case asked.Cmp(highest) > 0:
			errs = append(errs, field.Forbidden(path, fmt.Sprintf("%s is more than %s: %s", asked.String(), ceiling, askForLess)))
		}
	}
	return errs
}

// request is to make a Space of old, which is nil if there is none yet.
type request struct {
	space, old *spaces.Space
	now        time.Time
}

// isNew tells whether the account has not had the Space before.
func (r request) isNew() bool {
	return r.old == nil || r.old.Spec.Account != r.space.Spec.Account
}

func (r request) changesTTL() bool {
	return r.old == nil || !ptr.Equal(r.old.Spec.TTL, r.space.Spec.TTL) || r.renews()
}

// renews tells whether the time of the Space counts anew, though its TTL may be the same.
func (r request) renews() bool {
	expires := r.space.Status.ExpiresAt
	return expires != nil && !expires.Equal(r.old.Status.ExpiresAt)
}

func (r request) changesQuota(name corev1.ResourceName) bool {
	before, had := hard(r.old.Spec.Quota)[name]
	after, has := hard(r.space.Spec.Quota)[name]
	return had != has || before.Cmp(after) != 0
}

// age is how long the Space has been there.
func (r request) age() time.Duration {
	if r.old == nil {
		return 0
	}
	return r.now.Sub(r.old.CreationTimestamp.Time)
}

// keepsExpiry tells whether the Space expires when it did before. Its TTL counts from now only if it changes, or the
// Space is renewed.
func (r request) keepsExpiry() bool {
	return !r.changesTTL() && r.old.Status.ExpiresAt != nil
}

// remaining is how long the Space will be there.
func (r request) remaining() time.Duration {
	if r.keepsExpiry() {
		return r.old.Status.ExpiresAt.Sub(r.now)
	}
	return length(r.space.Spec.TTL)
}

// outlives tells whether the Space would be there for longer than the lifetime.
func (r request) outlives(lifetime time.Duration) bool {
	if r.keepsExpiry() {
		lifetime += tolerance
	}
	return r.remaining() > lifetime-r.age()
}
