// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/registry/backing"
)

// table shows Spaces as kubectl prints them.
type table struct {
	clock clock.PassiveClock
}

func newTable(now clock.PassiveClock) rest.TableConvertor {
	return backing.Table{Columns: columns, Cells: table{clock: now}.cells}
}

var columns = []metav1.TableColumnDefinition{
	{Name: "Name", Type: "string", Format: "name", Description: metav1.ObjectMeta{}.SwaggerDoc()["name"]},
	{Name: "Account", Type: "string", Description: "The account that the Space is charged to."},
	{Name: "Phase", Type: "string", Description: "Where the Space stands between its creation and its end."},
	{Name: "Expires", Type: "string", Description: "In how much time the Space is deleted."},
	{Name: "Age", Type: "string", Description: metav1.ObjectMeta{}.SwaggerDoc()["creationTimestamp"]},
	{Name: "Owner", Type: "string", Priority: 1, Description: "The user who created the Space."},
	{Name: "TTL", Type: "string", Priority: 1, Description: "How long the Space lives, from its creation, from the last change of this, or from when it was renewed last."},
}

func (t table) cells(object runtime.Object, _ metav1.Object, name, age string) ([]any, error) {
	space, ok := object.(*spaces.Space)
	if !ok {
		return nil, errNotASpace(object)
	}
	return []any{
		name,
		orNone(space.Spec.Account),
		string(space.Status.Phase),
		t.expires(space),
		age,
		orNone(space.Status.CreatedBy),
		ttl(space),
	}, nil
}

// roundedAbove is from when on nobody counts the seconds.
const roundedAbove = 10 * time.Minute

const (
	none  = "<none>"
	never = "<never>"
)

func (t table) expires(space *spaces.Space) string {
	if space.Status.ExpiresAt == nil {
		return never
	}
	left := max(0, space.Status.ExpiresAt.Sub(t.clock.Now())).Round(time.Second)
	if left > roundedAbove {
		left = left.Round(time.Minute) // a ttl of 12h is 12h, not 11h, when it is first looked at
	}
	return duration.HumanDuration(left)
}

func ttl(space *spaces.Space) string {
	if space.Spec.TTL == nil {
		return none
	}
	return string(*space.Spec.TTL)
}

func orNone(text string) string {
	if text == "" {
		return none
	}
	return text
}
