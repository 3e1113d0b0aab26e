// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	testingclock "k8s.io/utils/clock/testing"
	"k8s.io/utils/ptr"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

func expiring(left time.Duration) *spaces.Space {
	space := spaceWith(nil)
	space.Status.ExpiresAt = at(noon.Add(left))
	return space
}

func TestTable(t *testing.T) {
	clock := testingclock.NewFakePassiveClock(noon)
	space := spaceWith(ptr.To(spaces.Duration("2h")))
	space.Status = spaces.SpaceStatus{Phase: spaces.SpaceActive, CreatedBy: "alice", ExpiresAt: at(noon.Add(90 * time.Minute))}
	overdue := spaceWith(nil)
	overdue.Status.ExpiresAt = at(noon.Add(-time.Hour))
	for name, tc := range map[string]struct {
		space *spaces.Space
		want  []any
	}{
		"all set":          {space: space, want: []any{"a", none, "Active", "90m", "<unknown>", "alice", "2h"}},
		"a moment old":     {space: expiring(12*time.Hour - time.Second), want: []any{"a", none, "", "12h", "<unknown>", none, none}},
		"in a moment":      {space: expiring(time.Minute - time.Second), want: []any{"a", none, "", "59s", "<unknown>", none, none}},
		"nothing set":      {space: spaceWith(nil), want: []any{"a", none, "", never, "<unknown>", none, none}},
		"overdue by hours": {space: overdue, want: []any{"a", none, "", "0s", "<unknown>", none, none}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := newTable(clock).ConvertToTable(t.Context(), tc.space, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got.Rows[0].Cells); diff != "" {
				t.Errorf("cells (-want +got):\n%s", diff)
			}
			if len(got.ColumnDefinitions) != len(got.Rows[0].Cells) {
				t.Errorf("%d columns of %d cells", len(got.ColumnDefinitions), len(got.Rows[0].Cells))
			}
		})
	}
}

func TestTableOfAListHasItsMetadata(t *testing.T) {
	list := &spaces.SpaceList{
		ListMeta: metav1.ListMeta{ResourceVersion: "7", Continue: "token", RemainingItemCount: new(int64(3))},
		Items:    []spaces.Space{*spaceWith(nil), *spaceWith(nil)},
	}
	got, err := newTable(testingclock.NewFakePassiveClock(noon)).ConvertToTable(t.Context(), list, &metav1.TableOptions{NoHeaders: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(list.ListMeta, got.ListMeta); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
	if shown := fmt.Sprint(len(got.Rows), len(got.ColumnDefinitions)); shown != "2 0" {
		t.Errorf("rows and headers: %s, want 2 and none", shown)
	}
}
