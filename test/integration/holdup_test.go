// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// Whoever sees a Space that does not go is told why, by what the cluster's own controller has found out.
func TestWhatHoldsUpADeletion(t *testing.T) {
	t.Parallel()
	admin, alice := shared.Admin(t), shared.As(t, unique("holdup-alice"), devs)
	for what, tc := range map[string]struct {
		hold func(t *testing.T, name string) (release func())
		want []string
	}{
		"something in it has a finalizer": {
			hold: func(t *testing.T, name string) func() { t.Helper(); return hold(t, admin, name) },
			want: []string{"Something in the Space has finalizers", "example.com/held in 1 resource instances", "configmaps. has 1 resource instances"},
		},
		"its namespace has one": {
			hold: func(t *testing.T, name string) func() {
				t.Helper()
				patchNamespace(t, admin, name, `{"metadata":{"finalizers":["example.com/kept"]}}`)
				return func() { patchNamespace(t, admin, name, `{"metadata":{"finalizers":null}}`) }
			},
			want: []string{"Nothing is left in the Space, but its namespace has the finalizers example.com/kept."},
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			name := unique("holdup")
			createSpace(t, alice, newSpace(name))
			release := tc.hold(t, name)
			check(t, spacesOf(alice).Delete(t.Context(), name, metav1.DeleteOptions{}))
			eventually(t, "the Space says what holds it up", func(ctx context.Context) error {
				space, err := spacesOf(alice).Get(ctx, name, metav1.GetOptions{})
				if err != nil {
					return err
				}
				condition := meta.FindStatusCondition(space.Status.Conditions, v1alpha1.ConditionDeleted)
				for _, text := range tc.want {
					if condition == nil || condition.Reason != "FinalizersRemain" || !strings.Contains(condition.Message, text) {
						return fmt.Errorf("it says %v, want %q", condition, text)
					}
				}
				return nil
			})
			release()
			awaitGone(t, admin, name)
		})
	}
}
