// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
)

// till is a Ledger by which each change costs more. It keeps what the namespace said when it was asked to admit.
type till struct {
	memory  *memory
	refuses error
	asked   map[string]string
}

func (l *till) Cost(*corev1.Namespace, runtime.Object) (Cost, error) {
	return Cost{Claim: "more", Held: new("most")}, nil
}

func (l *till) Reserve(context.Context, *corev1.Namespace, runtime.Object) (func(), error) {
	return func() {}, nil
}

func (l *till) Admit(_ context.Context, name string) error {
	l.asked = l.memory.rows[name].DeepCopy().Annotations
	return l.refuses
}

// What costs more is claimed first, and is there when that is admitted.
func TestGrowthIsClaimed(t *testing.T) {
	for name, tc := range map[string]struct {
		refuses error
		want    map[string]string
	}{
		"granted": {want: map[string]string{"object": "old more", "held": "most"}},
		"refused": {refuses: apierrors.NewForbidden(namespacesResource, "a", errors.New("no room")), want: map[string]string{"object": "old"}},
	} {
		t.Run(name, func(t *testing.T) {
			m, store := newMemory(t, thing("a", "old"))
			l := &till{memory: m, refuses: tc.refuses}
			store.Claims = &Claims{Ledger: l, New: "new", Claim: "claim", Held: "held"}
			err := store.GuaranteedUpdate(as(t.Context(), "eve"), "/things/a", &corev1.Namespace{}, false, nil, say("more"), nil)
			if (tc.refuses != nil) != apierrors.IsForbidden(err) || (tc.refuses == nil && err != nil) {
				t.Errorf("error: %v, want %v", err, tc.refuses)
			}
			if diff := cmp.Diff(map[string]string{"object": "old", "claim": "more"}, l.asked); diff != "" {
				t.Errorf("when it was decided (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.want, m.rows["a"].Annotations); diff != "" {
				t.Errorf("in the end (-want +got):\n%s", diff)
			}
		})
	}
}
