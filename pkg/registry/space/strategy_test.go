// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"
	testingclock "k8s.io/utils/clock/testing"
	"k8s.io/utils/ptr"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/apis/spaces/validation"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func testStrategy(now time.Time) strategy {
	scheme, _ := testScheme()
	return newStrategy(scheme, validation.Options{}, testingclock.NewFakePassiveClock(now))
}

func spaceWith(ttl *spaces.Duration) *spaces.Space {
	return &spaces.Space{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: spaces.SpaceSpec{TTL: ttl}}
}

func at(t time.Time) *metav1.Time { return new(metav1.NewTime(t)) }

func TestStrategyCreate(t *testing.T) {
	for name, tc := range map[string]struct {
		now  time.Time
		ttl  *spaces.Duration
		want *metav1.Time
	}{
		"no ttl never expires":        {now: noon},
		"0s never expires":            {now: noon, ttl: ptr.To(spaces.Duration("0s"))},
		"a ttl counts from now":       {now: noon, ttl: ptr.To(spaces.Duration("2h")), want: at(noon.Add(2 * time.Hour))},
		"it is not cut short":         {now: noon.Add(time.Millisecond), ttl: ptr.To(spaces.Duration("1s")), want: at(noon.Add(2 * time.Second))},
		"what is no ttl sets nothing": {now: noon, ttl: ptr.To(spaces.Duration("soon"))},
		"a negative ttl sets nothing": {now: noon, ttl: ptr.To(spaces.Duration("-1s"))},
		"a too long ttl sets nothing": {now: noon, ttl: ptr.To(spaces.Duration("99999h"))},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := request.WithUser(t.Context(), &user.DefaultInfo{Name: "alice"})
			space := spaceWith(tc.ttl)
			space.Generation = 7
			space.Status = spaces.SpaceStatus{CreatedBy: "root", Phase: spaces.SpaceActive}
			testStrategy(tc.now).PrepareForCreate(ctx, space)
			want := spaces.SpaceStatus{CreatedBy: "alice", Phase: spaces.SpaceProvisioning, ExpiresAt: tc.want}
			if diff := cmp.Diff(want, space.Status); diff != "" || space.Generation != 1 {
				t.Errorf("generation %d; status (-want +got):\n%s", space.Generation, diff)
			}
		})
	}
}

func TestStrategyUpdate(t *testing.T) {
	for name, tc := range map[string]struct {
		ttl        *spaces.Duration
		expires    *metav1.Time
		generation int64
	}{
		"the same ttl changes nothing":         {ttl: ptr.To(spaces.Duration("2h")), expires: at(noon), generation: 1},
		"another ttl counts from now":          {ttl: ptr.To(spaces.Duration("1h")), expires: at(noon.Add(time.Hour)), generation: 2},
		"written anew it counts from now, too": {ttl: ptr.To(spaces.Duration("120m")), expires: at(noon.Add(2 * time.Hour)), generation: 2},
		"without ttl it never expires":         {generation: 2},
	} {
		t.Run(name, func(t *testing.T) {
			old := spaceWith(ptr.To(spaces.Duration("2h")))
			old.Generation = 1
			old.Status = spaces.SpaceStatus{CreatedBy: "alice", Phase: spaces.SpaceActive, ExpiresAt: at(noon)}
			space := spaceWith(tc.ttl)
			space.Status = spaces.SpaceStatus{CreatedBy: "mallory"}
			testStrategy(noon).PrepareForUpdate(t.Context(), space, old)
			want := spaces.SpaceStatus{CreatedBy: "alice", Phase: spaces.SpaceActive, ExpiresAt: tc.expires}
			if diff := cmp.Diff(want, space.Status); diff != "" || space.Generation != tc.generation {
				t.Errorf("generation %d, want %d; status (-want +got):\n%s", space.Generation, tc.generation, diff)
			}
		})
	}
}

func TestRenewStrategy(t *testing.T) {
	for name, tc := range map[string]struct {
		ttl        *spaces.Duration
		expires    *metav1.Time
		generation int64
		observed   int64
	}{
		"the same ttl counts from now": {ttl: ptr.To(spaces.Duration("2h")), expires: at(noon.Add(2 * time.Hour)), generation: 1},
		"another ttl does, too":        {ttl: ptr.To(spaces.Duration("1h")), expires: at(noon.Add(time.Hour)), generation: 2, observed: 2},
		"0s never expires":             {ttl: ptr.To(spaces.Duration("0s")), generation: 2, observed: 2},
	} {
		t.Run(name, func(t *testing.T) {
			old := spaceWith(ptr.To(spaces.Duration("2h")))
			old.Generation = 1
			old.Status = spaces.SpaceStatus{CreatedBy: "alice", Phase: spaces.SpaceActive, ExpiresAt: at(noon)}
			old.Status.Conditions = []metav1.Condition{{Type: spaces.ConditionReady}, {Type: spaces.ConditionExpired}}
			space := old.DeepCopy()
			space.Spec.TTL = tc.ttl
			renewStrategy{testStrategy(noon)}.PrepareForUpdate(t.Context(), space, old)
			want := spaces.SpaceStatus{CreatedBy: "alice", Phase: spaces.SpaceActive, ExpiresAt: tc.expires}
			want.Conditions = []metav1.Condition{{Type: spaces.ConditionReady, ObservedGeneration: tc.observed}}
			if diff := cmp.Diff(want, space.Status); diff != "" || space.Generation != tc.generation {
				t.Errorf("generation %d, want %d; status (-want +got):\n%s", space.Generation, tc.generation, diff)
			}
		})
	}
}
